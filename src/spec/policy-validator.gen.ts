// Generated from schemas/policy.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/policy.schema.json","title":"PolicyFile","description":"What the owner of a machine allows to run on it, for whom. Of several rules the most specific one that says something of a matter decides it: one for an owner goes before one for a cluster, that before one for all members; of two of the same kind the first in the file. What no rule says is as documented: members get the restricted level and nothing beyond it, your own work may ask for more.","type":"object","additionalProperties":false,"required":["kind"],"properties":{"kind":{"title":"Kind","description":"Always Policy.","const":"Policy"},"timeZone":{"title":"Time zone","description":"Where the hours of the rules are meant; the machine's own time zone when absent.","type":"string","minLength":1,"maxLength":64,"examples":["Europe/Berlin","UTC"]},"reserve":{"title":"Reserve","description":"What of the offer is kept for your own work: nobody else's gets it.","$ref":"#/definitions/amounts"},"owners":{"title":"Owners","description":"Whose work is never taken, and whose alone, whatever the rules say. Whoever is on both is blocked.","type":"object","additionalProperties":false,"properties":{"block":{"title":"Block","description":"Owners whose work is never taken.","type":"array","maxItems":1000,"items":{"type":"string","minLength":1,"maxLength":2048}},"allow":{"title":"Allow","description":"With this key or allowLists, nobody else's work is taken.","type":"array","maxItems":1000,"items":{"type":"string","minLength":1,"maxLength":2048}},"blockLists":{"title":"Block lists","description":"Files of owners whose work is never taken, as text, CSV or JSON; paths begin at this file.","type":"array","maxItems":64,"items":{"type":"string","minLength":1,"maxLength":4096}},"allowLists":{"title":"Allow lists","description":"The same of owners who are allowed.","type":"array","maxItems":64,"items":{"type":"string","minLength":1,"maxLength":4096}}}},"decisions":{"title":"Decisions","description":"Whether what the members of a cluster vote takes effect on this machine: follow takes nothing new of whom they suspend, and moves away the work of whom they expel; advise only shows it. Nobody is ever let in by a vote.","enum":["follow","advise"],"default":"follow"},"rules":{"title":"Rules","description":"What is allowed to whom.","type":"array","maxItems":256,"items":{"$ref":"#/definitions/rule"}}},"definitions":{"amounts":{"type":"object","additionalProperties":false,"properties":{"cpu":{"title":"CPU","description":"Cores, or thousandths of a core with m.","type":["string","number"],"examples":["500m",2]},"memory":{"title":"Memory","description":"Mi and Gi are powers of 1024, M and G of 1000.","type":["string","number"],"examples":["512Mi","2Gi"]},"storage":{"title":"Storage","description":"Disk space, in the same units.","type":["string","number"],"examples":["10Gi"]}}},"signer":{"type":"object","additionalProperties":false,"properties":{"images":{"title":"Images","description":"For which images this signature counts, in the patterns of images; for all when absent.","type":"array","minItems":1,"maxItems":64,"items":{"type":"string","minLength":1,"maxLength":512}},"issuer":{"title":"Issuer","description":"Who vouches for the identity of a signature without a key: the address of the identity provider.","type":"string","minLength":1,"maxLength":512,"examples":["https://token.actions.githubusercontent.com"]},"subject":{"title":"Subject","description":"Whose identity that is, as in the certificate; * stands for any characters.","type":"string","minLength":1,"maxLength":1024,"examples":["https://github.com/alice/app/.github/workflows/release.yaml@*"]},"key":{"title":"Key","description":"A public key, PEM.","type":"string","minLength":1,"maxLength":4096}}},"rule":{"type":"object","additionalProperties":false,"required":["for"],"properties":{"name":{"title":"Name","description":"What the rule is called in every refusal; its subject when absent.","type":"string","minLength":1,"maxLength":128,"examples":["friends","nights only"]},"for":{"title":"For","description":"Whom the rule is for: an owner's DID, a cluster of this machine by its name, members (everybody but you), or own (you).","type":"string","minLength":1,"maxLength":2048,"examples":["members","own","cluster friends","did:plc:ewvi7nxzyoun6zhxrhs64oiz"]},"allow":{"title":"Allow","description":"False: nothing of theirs runs here.","type":"boolean","default":true},"images":{"title":"Images","description":"Images that may run, by registry and repository: * stands for any characters of one part, ** at the end for any further parts.","type":"array","maxItems":256,"items":{"type":"string","minLength":1,"maxLength":512},"examples":[["ghcr.io/alice/*","docker.io/library/*"]]},"imageSize":{"title":"Image size","description":"Most disk that one image may take, unpacked; unlimited takes the limit away.","type":["string","number"],"examples":["2Gi","unlimited"]},"imageTotal":{"title":"Total of images","description":"Most disk that the images of all whom the rule decides for may take together, unpacked; unlimited takes the limit away.","type":["string","number"],"examples":["10Gi","unlimited"]},"signatures":{"title":"Signatures","description":"Whose signatures count: every image needs one. None is needed when the list is empty.","type":"array","maxItems":32,"items":{"$ref":"#/definitions/signer"}},"security":{"title":"Security","description":"The level that may be asked for.","enum":["restricted","baseline"]},"runtime":{"title":"Runtime","description":"What their containers run in: gvisor (or by the name of its program, runsc) keeps them away from the machine's kernel. With runc a workload may still ask for gvisor itself.","enum":["runc","gvisor","runsc"]},"capabilities":{"title":"Capabilities","description":"Capabilities that may be asked for with capAdd, as far as the level knows them.","type":"array","maxItems":64,"items":{"type":"string","pattern":"^[A-Z][A-Z_]{0,63}$"},"examples":[["NET_BIND_SERVICE"]]},"rootUser":{"title":"Root user","description":"Whether user 0 may be asked for.","type":"boolean"},"writableRoot":{"title":"Writable root","description":"Whether a writable root file system may be asked for with readOnly: false.","type":"boolean"},"egress":{"title":"Egress","description":"How far containers may reach out.","enum":["none","internet"]},"volumes":{"title":"Volumes","description":"Whether volumes may be asked for.","type":"boolean"},"exec":{"title":"Exec","description":"Whether the owner of a workload may run commands inside of its containers, with commune exec.","type":"boolean","default":false},"canary":{"title":"Canary","description":"required: their work runs here only while a trial from inside a container shows that the walls around containers stand. advised: it runs also when they are open or can't be tried; the machine says so.","enum":["required","advised"]},"ports":{"title":"Ports","description":"Ports that may be declared: numbers and ranges.","type":"array","maxItems":64,"items":{"type":["integer","string"]},"examples":[[8080,"9000-9100"]]},"resources":{"title":"Resources","description":"Most that one replica may ask for.","$ref":"#/definitions/amounts"},"total":{"title":"Total","description":"Most that all whom the rule decides for may hold here together.","$ref":"#/definitions/amounts"},"hours":{"title":"Hours","description":"When their work may run. What runs when they are over moves away, with fifteen minutes' notice.","type":"array","maxItems":24,"items":{"type":"string"},"examples":[["22:00-06:00"]]},"standing":{"title":"Standing","description":"How an owner has to stand with her cluster, at least, for new work to be taken. What runs is left alone until the last step, which drains it.","enum":["good","newcomer","last-in-line","no-new-placements","notice","drain"],"default":"last-in-line"}}}}};
export const schema: AnySchemaObject = schema11
const schema12 = {"type":"object","additionalProperties":false,"properties":{"cpu":{"title":"CPU","description":"Cores, or thousandths of a core with m.","type":["string","number"],"examples":["500m",2]},"memory":{"title":"Memory","description":"Mi and Gi are powers of 1024, M and G of 1000.","type":["string","number"],"examples":["512Mi","2Gi"]},"storage":{"title":"Storage","description":"Disk space, in the same units.","type":["string","number"],"examples":["10Gi"]}}};
import func2Module from 'ajv/dist/runtime/ucs2length.js'
const func2 = func2Module.default ?? func2Module
const schema13 = {"type":"object","additionalProperties":false,"required":["for"],"properties":{"name":{"title":"Name","description":"What the rule is called in every refusal; its subject when absent.","type":"string","minLength":1,"maxLength":128,"examples":["friends","nights only"]},"for":{"title":"For","description":"Whom the rule is for: an owner's DID, a cluster of this machine by its name, members (everybody but you), or own (you).","type":"string","minLength":1,"maxLength":2048,"examples":["members","own","cluster friends","did:plc:ewvi7nxzyoun6zhxrhs64oiz"]},"allow":{"title":"Allow","description":"False: nothing of theirs runs here.","type":"boolean","default":true},"images":{"title":"Images","description":"Images that may run, by registry and repository: * stands for any characters of one part, ** at the end for any further parts.","type":"array","maxItems":256,"items":{"type":"string","minLength":1,"maxLength":512},"examples":[["ghcr.io/alice/*","docker.io/library/*"]]},"imageSize":{"title":"Image size","description":"Most disk that one image may take, unpacked; unlimited takes the limit away.","type":["string","number"],"examples":["2Gi","unlimited"]},"imageTotal":{"title":"Total of images","description":"Most disk that the images of all whom the rule decides for may take together, unpacked; unlimited takes the limit away.","type":["string","number"],"examples":["10Gi","unlimited"]},"signatures":{"title":"Signatures","description":"Whose signatures count: every image needs one. None is needed when the list is empty.","type":"array","maxItems":32,"items":{"$ref":"#/definitions/signer"}},"security":{"title":"Security","description":"The level that may be asked for.","enum":["restricted","baseline"]},"runtime":{"title":"Runtime","description":"What their containers run in: gvisor (or by the name of its program, runsc) keeps them away from the machine's kernel. With runc a workload may still ask for gvisor itself.","enum":["runc","gvisor","runsc"]},"capabilities":{"title":"Capabilities","description":"Capabilities that may be asked for with capAdd, as far as the level knows them.","type":"array","maxItems":64,"items":{"type":"string","pattern":"^[A-Z][A-Z_]{0,63}$"},"examples":[["NET_BIND_SERVICE"]]},"rootUser":{"title":"Root user","description":"Whether user 0 may be asked for.","type":"boolean"},"writableRoot":{"title":"Writable root","description":"Whether a writable root file system may be asked for with readOnly: false.","type":"boolean"},"egress":{"title":"Egress","description":"How far containers may reach out.","enum":["none","internet"]},"volumes":{"title":"Volumes","description":"Whether volumes may be asked for.","type":"boolean"},"exec":{"title":"Exec","description":"Whether the owner of a workload may run commands inside of its containers, with commune exec.","type":"boolean","default":false},"canary":{"title":"Canary","description":"required: their work runs here only while a trial from inside a container shows that the walls around containers stand. advised: it runs also when they are open or can't be tried; the machine says so.","enum":["required","advised"]},"ports":{"title":"Ports","description":"Ports that may be declared: numbers and ranges.","type":"array","maxItems":64,"items":{"type":["integer","string"]},"examples":[[8080,"9000-9100"]]},"resources":{"title":"Resources","description":"Most that one replica may ask for.","$ref":"#/definitions/amounts"},"total":{"title":"Total","description":"Most that all whom the rule decides for may hold here together.","$ref":"#/definitions/amounts"},"hours":{"title":"Hours","description":"When their work may run. What runs when they are over moves away, with fifteen minutes' notice.","type":"array","maxItems":24,"items":{"type":"string"},"examples":[["22:00-06:00"]]},"standing":{"title":"Standing","description":"How an owner has to stand with her cluster, at least, for new work to be taken. What runs is left alone until the last step, which drains it.","enum":["good","newcomer","last-in-line","no-new-placements","notice","drain"],"default":"last-in-line"}}};
const schema14 = {"type":"object","additionalProperties":false,"properties":{"images":{"title":"Images","description":"For which images this signature counts, in the patterns of images; for all when absent.","type":"array","minItems":1,"maxItems":64,"items":{"type":"string","minLength":1,"maxLength":512}},"issuer":{"title":"Issuer","description":"Who vouches for the identity of a signature without a key: the address of the identity provider.","type":"string","minLength":1,"maxLength":512,"examples":["https://token.actions.githubusercontent.com"]},"subject":{"title":"Subject","description":"Whose identity that is, as in the certificate; * stands for any characters.","type":"string","minLength":1,"maxLength":1024,"examples":["https://github.com/alice/app/.github/workflows/release.yaml@*"]},"key":{"title":"Key","description":"A public key, PEM.","type":"string","minLength":1,"maxLength":4096}}};
const func12 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp("^[A-Z][A-Z_]{0,63}$", "u");

function validate11(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.for === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "for"},schema:schema13.required,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!(func12.call(schema13.properties, key0))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},schema:false,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.name !== undefined){
let data0 = data.name;
if(typeof data0 === "string"){
if(func2(data0) > 128){
const err2 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 128},schema:128,parentSchema:schema13.properties.name,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(func2(data0) < 1){
const err3 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema13.properties.name,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
else {
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},schema:schema13.properties.name.type,parentSchema:schema13.properties.name,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.for !== undefined){
let data1 = data.for;
if(typeof data1 === "string"){
if(func2(data1) > 2048){
const err5 = {instancePath:instancePath+"/for",schemaPath:"#/properties/for/maxLength",keyword:"maxLength",params:{limit: 2048},schema:2048,parentSchema:schema13.properties.for,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(func2(data1) < 1){
const err6 = {instancePath:instancePath+"/for",schemaPath:"#/properties/for/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema13.properties.for,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
else {
const err7 = {instancePath:instancePath+"/for",schemaPath:"#/properties/for/type",keyword:"type",params:{type: "string"},schema:schema13.properties.for.type,parentSchema:schema13.properties.for,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.allow !== undefined){
let data2 = data.allow;
if(typeof data2 !== "boolean"){
const err8 = {instancePath:instancePath+"/allow",schemaPath:"#/properties/allow/type",keyword:"type",params:{type: "boolean"},schema:schema13.properties.allow.type,parentSchema:schema13.properties.allow,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data.images !== undefined){
let data3 = data.images;
if(Array.isArray(data3)){
if(data3.length > 256){
const err9 = {instancePath:instancePath+"/images",schemaPath:"#/properties/images/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema13.properties.images,data:data3};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
const len0 = data3.length;
for(let i0=0; i0<len0; i0++){
let data4 = data3[i0];
if(typeof data4 === "string"){
if(func2(data4) > 512){
const err10 = {instancePath:instancePath+"/images/" + i0,schemaPath:"#/properties/images/items/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema13.properties.images.items,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(func2(data4) < 1){
const err11 = {instancePath:instancePath+"/images/" + i0,schemaPath:"#/properties/images/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema13.properties.images.items,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
else {
const err12 = {instancePath:instancePath+"/images/" + i0,schemaPath:"#/properties/images/items/type",keyword:"type",params:{type: "string"},schema:schema13.properties.images.items.type,parentSchema:schema13.properties.images.items,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
}
else {
const err13 = {instancePath:instancePath+"/images",schemaPath:"#/properties/images/type",keyword:"type",params:{type: "array"},schema:schema13.properties.images.type,parentSchema:schema13.properties.images,data:data3};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data.imageSize !== undefined){
let data5 = data.imageSize;
if((typeof data5 !== "string") && (!((typeof data5 == "number") && (isFinite(data5))))){
const err14 = {instancePath:instancePath+"/imageSize",schemaPath:"#/properties/imageSize/type",keyword:"type",params:{type: schema13.properties.imageSize.type},schema:schema13.properties.imageSize.type,parentSchema:schema13.properties.imageSize,data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data.imageTotal !== undefined){
let data6 = data.imageTotal;
if((typeof data6 !== "string") && (!((typeof data6 == "number") && (isFinite(data6))))){
const err15 = {instancePath:instancePath+"/imageTotal",schemaPath:"#/properties/imageTotal/type",keyword:"type",params:{type: schema13.properties.imageTotal.type},schema:schema13.properties.imageTotal.type,parentSchema:schema13.properties.imageTotal,data:data6};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
if(data.signatures !== undefined){
let data7 = data.signatures;
if(Array.isArray(data7)){
if(data7.length > 32){
const err16 = {instancePath:instancePath+"/signatures",schemaPath:"#/properties/signatures/maxItems",keyword:"maxItems",params:{limit: 32},schema:32,parentSchema:schema13.properties.signatures,data:data7};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
const len1 = data7.length;
for(let i1=0; i1<len1; i1++){
let data8 = data7[i1];
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
for(const key1 in data8){
if(!((((key1 === "images") || (key1 === "issuer")) || (key1 === "subject")) || (key1 === "key"))){
const err17 = {instancePath:instancePath+"/signatures/" + i1,schemaPath:"#/definitions/signer/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},schema:false,parentSchema:schema14,data:data8};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data8.images !== undefined){
let data9 = data8.images;
if(Array.isArray(data9)){
if(data9.length > 64){
const err18 = {instancePath:instancePath+"/signatures/" + i1+"/images",schemaPath:"#/definitions/signer/properties/images/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema14.properties.images,data:data9};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(data9.length < 1){
const err19 = {instancePath:instancePath+"/signatures/" + i1+"/images",schemaPath:"#/definitions/signer/properties/images/minItems",keyword:"minItems",params:{limit: 1},schema:1,parentSchema:schema14.properties.images,data:data9};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
const len2 = data9.length;
for(let i2=0; i2<len2; i2++){
let data10 = data9[i2];
if(typeof data10 === "string"){
if(func2(data10) > 512){
const err20 = {instancePath:instancePath+"/signatures/" + i1+"/images/" + i2,schemaPath:"#/definitions/signer/properties/images/items/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema14.properties.images.items,data:data10};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if(func2(data10) < 1){
const err21 = {instancePath:instancePath+"/signatures/" + i1+"/images/" + i2,schemaPath:"#/definitions/signer/properties/images/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema14.properties.images.items,data:data10};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/signatures/" + i1+"/images/" + i2,schemaPath:"#/definitions/signer/properties/images/items/type",keyword:"type",params:{type: "string"},schema:schema14.properties.images.items.type,parentSchema:schema14.properties.images.items,data:data10};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
}
else {
const err23 = {instancePath:instancePath+"/signatures/" + i1+"/images",schemaPath:"#/definitions/signer/properties/images/type",keyword:"type",params:{type: "array"},schema:schema14.properties.images.type,parentSchema:schema14.properties.images,data:data9};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data8.issuer !== undefined){
let data11 = data8.issuer;
if(typeof data11 === "string"){
if(func2(data11) > 512){
const err24 = {instancePath:instancePath+"/signatures/" + i1+"/issuer",schemaPath:"#/definitions/signer/properties/issuer/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema14.properties.issuer,data:data11};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
if(func2(data11) < 1){
const err25 = {instancePath:instancePath+"/signatures/" + i1+"/issuer",schemaPath:"#/definitions/signer/properties/issuer/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema14.properties.issuer,data:data11};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
else {
const err26 = {instancePath:instancePath+"/signatures/" + i1+"/issuer",schemaPath:"#/definitions/signer/properties/issuer/type",keyword:"type",params:{type: "string"},schema:schema14.properties.issuer.type,parentSchema:schema14.properties.issuer,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data8.subject !== undefined){
let data12 = data8.subject;
if(typeof data12 === "string"){
if(func2(data12) > 1024){
const err27 = {instancePath:instancePath+"/signatures/" + i1+"/subject",schemaPath:"#/definitions/signer/properties/subject/maxLength",keyword:"maxLength",params:{limit: 1024},schema:1024,parentSchema:schema14.properties.subject,data:data12};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if(func2(data12) < 1){
const err28 = {instancePath:instancePath+"/signatures/" + i1+"/subject",schemaPath:"#/definitions/signer/properties/subject/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema14.properties.subject,data:data12};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
else {
const err29 = {instancePath:instancePath+"/signatures/" + i1+"/subject",schemaPath:"#/definitions/signer/properties/subject/type",keyword:"type",params:{type: "string"},schema:schema14.properties.subject.type,parentSchema:schema14.properties.subject,data:data12};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data8.key !== undefined){
let data13 = data8.key;
if(typeof data13 === "string"){
if(func2(data13) > 4096){
const err30 = {instancePath:instancePath+"/signatures/" + i1+"/key",schemaPath:"#/definitions/signer/properties/key/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema14.properties.key,data:data13};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
if(func2(data13) < 1){
const err31 = {instancePath:instancePath+"/signatures/" + i1+"/key",schemaPath:"#/definitions/signer/properties/key/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema14.properties.key,data:data13};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
else {
const err32 = {instancePath:instancePath+"/signatures/" + i1+"/key",schemaPath:"#/definitions/signer/properties/key/type",keyword:"type",params:{type: "string"},schema:schema14.properties.key.type,parentSchema:schema14.properties.key,data:data13};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
}
else {
const err33 = {instancePath:instancePath+"/signatures/" + i1,schemaPath:"#/definitions/signer/type",keyword:"type",params:{type: "object"},schema:schema14.type,parentSchema:schema14,data:data8};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
}
else {
const err34 = {instancePath:instancePath+"/signatures",schemaPath:"#/properties/signatures/type",keyword:"type",params:{type: "array"},schema:schema13.properties.signatures.type,parentSchema:schema13.properties.signatures,data:data7};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data.security !== undefined){
let data14 = data.security;
if(!((data14 === "restricted") || (data14 === "baseline"))){
const err35 = {instancePath:instancePath+"/security",schemaPath:"#/properties/security/enum",keyword:"enum",params:{allowedValues: schema13.properties.security.enum},schema:schema13.properties.security.enum,parentSchema:schema13.properties.security,data:data14};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
if(data.runtime !== undefined){
let data15 = data.runtime;
if(!(((data15 === "runc") || (data15 === "gvisor")) || (data15 === "runsc"))){
const err36 = {instancePath:instancePath+"/runtime",schemaPath:"#/properties/runtime/enum",keyword:"enum",params:{allowedValues: schema13.properties.runtime.enum},schema:schema13.properties.runtime.enum,parentSchema:schema13.properties.runtime,data:data15};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data.capabilities !== undefined){
let data16 = data.capabilities;
if(Array.isArray(data16)){
if(data16.length > 64){
const err37 = {instancePath:instancePath+"/capabilities",schemaPath:"#/properties/capabilities/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema13.properties.capabilities,data:data16};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
const len3 = data16.length;
for(let i3=0; i3<len3; i3++){
let data17 = data16[i3];
if(typeof data17 === "string"){
if(!pattern0.test(data17)){
const err38 = {instancePath:instancePath+"/capabilities/" + i3,schemaPath:"#/properties/capabilities/items/pattern",keyword:"pattern",params:{pattern: "^[A-Z][A-Z_]{0,63}$"},schema:"^[A-Z][A-Z_]{0,63}$",parentSchema:schema13.properties.capabilities.items,data:data17};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/capabilities/" + i3,schemaPath:"#/properties/capabilities/items/type",keyword:"type",params:{type: "string"},schema:schema13.properties.capabilities.items.type,parentSchema:schema13.properties.capabilities.items,data:data17};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
else {
const err40 = {instancePath:instancePath+"/capabilities",schemaPath:"#/properties/capabilities/type",keyword:"type",params:{type: "array"},schema:schema13.properties.capabilities.type,parentSchema:schema13.properties.capabilities,data:data16};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data.rootUser !== undefined){
let data18 = data.rootUser;
if(typeof data18 !== "boolean"){
const err41 = {instancePath:instancePath+"/rootUser",schemaPath:"#/properties/rootUser/type",keyword:"type",params:{type: "boolean"},schema:schema13.properties.rootUser.type,parentSchema:schema13.properties.rootUser,data:data18};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data.writableRoot !== undefined){
let data19 = data.writableRoot;
if(typeof data19 !== "boolean"){
const err42 = {instancePath:instancePath+"/writableRoot",schemaPath:"#/properties/writableRoot/type",keyword:"type",params:{type: "boolean"},schema:schema13.properties.writableRoot.type,parentSchema:schema13.properties.writableRoot,data:data19};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data.egress !== undefined){
let data20 = data.egress;
if(!((data20 === "none") || (data20 === "internet"))){
const err43 = {instancePath:instancePath+"/egress",schemaPath:"#/properties/egress/enum",keyword:"enum",params:{allowedValues: schema13.properties.egress.enum},schema:schema13.properties.egress.enum,parentSchema:schema13.properties.egress,data:data20};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data.volumes !== undefined){
let data21 = data.volumes;
if(typeof data21 !== "boolean"){
const err44 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/type",keyword:"type",params:{type: "boolean"},schema:schema13.properties.volumes.type,parentSchema:schema13.properties.volumes,data:data21};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
if(data.exec !== undefined){
let data22 = data.exec;
if(typeof data22 !== "boolean"){
const err45 = {instancePath:instancePath+"/exec",schemaPath:"#/properties/exec/type",keyword:"type",params:{type: "boolean"},schema:schema13.properties.exec.type,parentSchema:schema13.properties.exec,data:data22};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data.canary !== undefined){
let data23 = data.canary;
if(!((data23 === "required") || (data23 === "advised"))){
const err46 = {instancePath:instancePath+"/canary",schemaPath:"#/properties/canary/enum",keyword:"enum",params:{allowedValues: schema13.properties.canary.enum},schema:schema13.properties.canary.enum,parentSchema:schema13.properties.canary,data:data23};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data.ports !== undefined){
let data24 = data.ports;
if(Array.isArray(data24)){
if(data24.length > 64){
const err47 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema13.properties.ports,data:data24};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
const len4 = data24.length;
for(let i4=0; i4<len4; i4++){
let data25 = data24[i4];
if((!(((typeof data25 == "number") && (!(data25 % 1) && !isNaN(data25))) && (isFinite(data25)))) && (typeof data25 !== "string")){
const err48 = {instancePath:instancePath+"/ports/" + i4,schemaPath:"#/properties/ports/items/type",keyword:"type",params:{type: schema13.properties.ports.items.type},schema:schema13.properties.ports.items.type,parentSchema:schema13.properties.ports.items,data:data25};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
}
else {
const err49 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/type",keyword:"type",params:{type: "array"},schema:schema13.properties.ports.type,parentSchema:schema13.properties.ports,data:data24};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data.resources !== undefined){
let data26 = data.resources;
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
for(const key2 in data26){
if(!(((key2 === "cpu") || (key2 === "memory")) || (key2 === "storage"))){
const err50 = {instancePath:instancePath+"/resources",schemaPath:"#/definitions/amounts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},schema:false,parentSchema:schema12,data:data26};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data26.cpu !== undefined){
let data27 = data26.cpu;
if((typeof data27 !== "string") && (!((typeof data27 == "number") && (isFinite(data27))))){
const err51 = {instancePath:instancePath+"/resources/cpu",schemaPath:"#/definitions/amounts/properties/cpu/type",keyword:"type",params:{type: schema12.properties.cpu.type},schema:schema12.properties.cpu.type,parentSchema:schema12.properties.cpu,data:data27};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data26.memory !== undefined){
let data28 = data26.memory;
if((typeof data28 !== "string") && (!((typeof data28 == "number") && (isFinite(data28))))){
const err52 = {instancePath:instancePath+"/resources/memory",schemaPath:"#/definitions/amounts/properties/memory/type",keyword:"type",params:{type: schema12.properties.memory.type},schema:schema12.properties.memory.type,parentSchema:schema12.properties.memory,data:data28};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
}
if(data26.storage !== undefined){
let data29 = data26.storage;
if((typeof data29 !== "string") && (!((typeof data29 == "number") && (isFinite(data29))))){
const err53 = {instancePath:instancePath+"/resources/storage",schemaPath:"#/definitions/amounts/properties/storage/type",keyword:"type",params:{type: schema12.properties.storage.type},schema:schema12.properties.storage.type,parentSchema:schema12.properties.storage,data:data29};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
}
else {
const err54 = {instancePath:instancePath+"/resources",schemaPath:"#/definitions/amounts/type",keyword:"type",params:{type: "object"},schema:schema12.type,parentSchema:schema12,data:data26};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data.total !== undefined){
let data30 = data.total;
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
for(const key3 in data30){
if(!(((key3 === "cpu") || (key3 === "memory")) || (key3 === "storage"))){
const err55 = {instancePath:instancePath+"/total",schemaPath:"#/definitions/amounts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},schema:false,parentSchema:schema12,data:data30};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data30.cpu !== undefined){
let data31 = data30.cpu;
if((typeof data31 !== "string") && (!((typeof data31 == "number") && (isFinite(data31))))){
const err56 = {instancePath:instancePath+"/total/cpu",schemaPath:"#/definitions/amounts/properties/cpu/type",keyword:"type",params:{type: schema12.properties.cpu.type},schema:schema12.properties.cpu.type,parentSchema:schema12.properties.cpu,data:data31};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
if(data30.memory !== undefined){
let data32 = data30.memory;
if((typeof data32 !== "string") && (!((typeof data32 == "number") && (isFinite(data32))))){
const err57 = {instancePath:instancePath+"/total/memory",schemaPath:"#/definitions/amounts/properties/memory/type",keyword:"type",params:{type: schema12.properties.memory.type},schema:schema12.properties.memory.type,parentSchema:schema12.properties.memory,data:data32};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
if(data30.storage !== undefined){
let data33 = data30.storage;
if((typeof data33 !== "string") && (!((typeof data33 == "number") && (isFinite(data33))))){
const err58 = {instancePath:instancePath+"/total/storage",schemaPath:"#/definitions/amounts/properties/storage/type",keyword:"type",params:{type: schema12.properties.storage.type},schema:schema12.properties.storage.type,parentSchema:schema12.properties.storage,data:data33};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
}
else {
const err59 = {instancePath:instancePath+"/total",schemaPath:"#/definitions/amounts/type",keyword:"type",params:{type: "object"},schema:schema12.type,parentSchema:schema12,data:data30};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data.hours !== undefined){
let data34 = data.hours;
if(Array.isArray(data34)){
if(data34.length > 24){
const err60 = {instancePath:instancePath+"/hours",schemaPath:"#/properties/hours/maxItems",keyword:"maxItems",params:{limit: 24},schema:24,parentSchema:schema13.properties.hours,data:data34};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
const len5 = data34.length;
for(let i5=0; i5<len5; i5++){
let data35 = data34[i5];
if(typeof data35 !== "string"){
const err61 = {instancePath:instancePath+"/hours/" + i5,schemaPath:"#/properties/hours/items/type",keyword:"type",params:{type: "string"},schema:schema13.properties.hours.items.type,parentSchema:schema13.properties.hours.items,data:data35};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
}
}
else {
const err62 = {instancePath:instancePath+"/hours",schemaPath:"#/properties/hours/type",keyword:"type",params:{type: "array"},schema:schema13.properties.hours.type,parentSchema:schema13.properties.hours,data:data34};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data.standing !== undefined){
let data36 = data.standing;
if(!((((((data36 === "good") || (data36 === "newcomer")) || (data36 === "last-in-line")) || (data36 === "no-new-placements")) || (data36 === "notice")) || (data36 === "drain"))){
const err63 = {instancePath:instancePath+"/standing",schemaPath:"#/properties/standing/enum",keyword:"enum",params:{allowedValues: schema13.properties.standing.enum},schema:schema13.properties.standing.enum,parentSchema:schema13.properties.standing,data:data36};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
}
}
else {
const err64 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema13.type,parentSchema:schema13,data};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
validate11.errors = vErrors;
return errors === 0;
}


function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/policy.schema.json" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
if(data.kind === undefined){
const err0 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "kind"},schema:schema11.required,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
for(const key0 in data){
if(!((((((key0 === "kind") || (key0 === "timeZone")) || (key0 === "reserve")) || (key0 === "owners")) || (key0 === "decisions")) || (key0 === "rules"))){
const err1 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.kind !== undefined){
let data0 = data.kind;
if("Policy" !== data0){
const err2 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/const",keyword:"const",params:{allowedValue: "Policy"},schema:"Policy",parentSchema:schema11.properties.kind,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.timeZone !== undefined){
let data1 = data.timeZone;
if(typeof data1 === "string"){
if(func2(data1) > 64){
const err3 = {instancePath:instancePath+"/timeZone",schemaPath:"#/properties/timeZone/maxLength",keyword:"maxLength",params:{limit: 64},schema:64,parentSchema:schema11.properties.timeZone,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(func2(data1) < 1){
const err4 = {instancePath:instancePath+"/timeZone",schemaPath:"#/properties/timeZone/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.timeZone,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
else {
const err5 = {instancePath:instancePath+"/timeZone",schemaPath:"#/properties/timeZone/type",keyword:"type",params:{type: "string"},schema:schema11.properties.timeZone.type,parentSchema:schema11.properties.timeZone,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
if(data.reserve !== undefined){
let data2 = data.reserve;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!(((key1 === "cpu") || (key1 === "memory")) || (key1 === "storage"))){
const err6 = {instancePath:instancePath+"/reserve",schemaPath:"#/definitions/amounts/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},schema:false,parentSchema:schema12,data:data2};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data2.cpu !== undefined){
let data3 = data2.cpu;
if((typeof data3 !== "string") && (!((typeof data3 == "number") && (isFinite(data3))))){
const err7 = {instancePath:instancePath+"/reserve/cpu",schemaPath:"#/definitions/amounts/properties/cpu/type",keyword:"type",params:{type: schema12.properties.cpu.type},schema:schema12.properties.cpu.type,parentSchema:schema12.properties.cpu,data:data3};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data2.memory !== undefined){
let data4 = data2.memory;
if((typeof data4 !== "string") && (!((typeof data4 == "number") && (isFinite(data4))))){
const err8 = {instancePath:instancePath+"/reserve/memory",schemaPath:"#/definitions/amounts/properties/memory/type",keyword:"type",params:{type: schema12.properties.memory.type},schema:schema12.properties.memory.type,parentSchema:schema12.properties.memory,data:data4};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data2.storage !== undefined){
let data5 = data2.storage;
if((typeof data5 !== "string") && (!((typeof data5 == "number") && (isFinite(data5))))){
const err9 = {instancePath:instancePath+"/reserve/storage",schemaPath:"#/definitions/amounts/properties/storage/type",keyword:"type",params:{type: schema12.properties.storage.type},schema:schema12.properties.storage.type,parentSchema:schema12.properties.storage,data:data5};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
}
else {
const err10 = {instancePath:instancePath+"/reserve",schemaPath:"#/definitions/amounts/type",keyword:"type",params:{type: "object"},schema:schema12.type,parentSchema:schema12,data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.owners !== undefined){
let data6 = data.owners;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
for(const key2 in data6){
if(!((((key2 === "block") || (key2 === "allow")) || (key2 === "blockLists")) || (key2 === "allowLists"))){
const err11 = {instancePath:instancePath+"/owners",schemaPath:"#/properties/owners/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},schema:false,parentSchema:schema11.properties.owners,data:data6};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data6.block !== undefined){
let data7 = data6.block;
if(Array.isArray(data7)){
if(data7.length > 1000){
const err12 = {instancePath:instancePath+"/owners/block",schemaPath:"#/properties/owners/properties/block/maxItems",keyword:"maxItems",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.owners.properties.block,data:data7};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
const len0 = data7.length;
for(let i0=0; i0<len0; i0++){
let data8 = data7[i0];
if(typeof data8 === "string"){
if(func2(data8) > 2048){
const err13 = {instancePath:instancePath+"/owners/block/" + i0,schemaPath:"#/properties/owners/properties/block/items/maxLength",keyword:"maxLength",params:{limit: 2048},schema:2048,parentSchema:schema11.properties.owners.properties.block.items,data:data8};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(func2(data8) < 1){
const err14 = {instancePath:instancePath+"/owners/block/" + i0,schemaPath:"#/properties/owners/properties/block/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.owners.properties.block.items,data:data8};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
else {
const err15 = {instancePath:instancePath+"/owners/block/" + i0,schemaPath:"#/properties/owners/properties/block/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.owners.properties.block.items.type,parentSchema:schema11.properties.owners.properties.block.items,data:data8};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
}
else {
const err16 = {instancePath:instancePath+"/owners/block",schemaPath:"#/properties/owners/properties/block/type",keyword:"type",params:{type: "array"},schema:schema11.properties.owners.properties.block.type,parentSchema:schema11.properties.owners.properties.block,data:data7};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data6.allow !== undefined){
let data9 = data6.allow;
if(Array.isArray(data9)){
if(data9.length > 1000){
const err17 = {instancePath:instancePath+"/owners/allow",schemaPath:"#/properties/owners/properties/allow/maxItems",keyword:"maxItems",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.owners.properties.allow,data:data9};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
const len1 = data9.length;
for(let i1=0; i1<len1; i1++){
let data10 = data9[i1];
if(typeof data10 === "string"){
if(func2(data10) > 2048){
const err18 = {instancePath:instancePath+"/owners/allow/" + i1,schemaPath:"#/properties/owners/properties/allow/items/maxLength",keyword:"maxLength",params:{limit: 2048},schema:2048,parentSchema:schema11.properties.owners.properties.allow.items,data:data10};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(func2(data10) < 1){
const err19 = {instancePath:instancePath+"/owners/allow/" + i1,schemaPath:"#/properties/owners/properties/allow/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.owners.properties.allow.items,data:data10};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
else {
const err20 = {instancePath:instancePath+"/owners/allow/" + i1,schemaPath:"#/properties/owners/properties/allow/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.owners.properties.allow.items.type,parentSchema:schema11.properties.owners.properties.allow.items,data:data10};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
}
}
else {
const err21 = {instancePath:instancePath+"/owners/allow",schemaPath:"#/properties/owners/properties/allow/type",keyword:"type",params:{type: "array"},schema:schema11.properties.owners.properties.allow.type,parentSchema:schema11.properties.owners.properties.allow,data:data9};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data6.blockLists !== undefined){
let data11 = data6.blockLists;
if(Array.isArray(data11)){
if(data11.length > 64){
const err22 = {instancePath:instancePath+"/owners/blockLists",schemaPath:"#/properties/owners/properties/blockLists/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.owners.properties.blockLists,data:data11};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
const len2 = data11.length;
for(let i2=0; i2<len2; i2++){
let data12 = data11[i2];
if(typeof data12 === "string"){
if(func2(data12) > 4096){
const err23 = {instancePath:instancePath+"/owners/blockLists/" + i2,schemaPath:"#/properties/owners/properties/blockLists/items/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.owners.properties.blockLists.items,data:data12};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
if(func2(data12) < 1){
const err24 = {instancePath:instancePath+"/owners/blockLists/" + i2,schemaPath:"#/properties/owners/properties/blockLists/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.owners.properties.blockLists.items,data:data12};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/owners/blockLists/" + i2,schemaPath:"#/properties/owners/properties/blockLists/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.owners.properties.blockLists.items.type,parentSchema:schema11.properties.owners.properties.blockLists.items,data:data12};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/owners/blockLists",schemaPath:"#/properties/owners/properties/blockLists/type",keyword:"type",params:{type: "array"},schema:schema11.properties.owners.properties.blockLists.type,parentSchema:schema11.properties.owners.properties.blockLists,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data6.allowLists !== undefined){
let data13 = data6.allowLists;
if(Array.isArray(data13)){
if(data13.length > 64){
const err27 = {instancePath:instancePath+"/owners/allowLists",schemaPath:"#/properties/owners/properties/allowLists/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.owners.properties.allowLists,data:data13};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
const len3 = data13.length;
for(let i3=0; i3<len3; i3++){
let data14 = data13[i3];
if(typeof data14 === "string"){
if(func2(data14) > 4096){
const err28 = {instancePath:instancePath+"/owners/allowLists/" + i3,schemaPath:"#/properties/owners/properties/allowLists/items/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.owners.properties.allowLists.items,data:data14};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if(func2(data14) < 1){
const err29 = {instancePath:instancePath+"/owners/allowLists/" + i3,schemaPath:"#/properties/owners/properties/allowLists/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.owners.properties.allowLists.items,data:data14};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
else {
const err30 = {instancePath:instancePath+"/owners/allowLists/" + i3,schemaPath:"#/properties/owners/properties/allowLists/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.owners.properties.allowLists.items.type,parentSchema:schema11.properties.owners.properties.allowLists.items,data:data14};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
}
else {
const err31 = {instancePath:instancePath+"/owners/allowLists",schemaPath:"#/properties/owners/properties/allowLists/type",keyword:"type",params:{type: "array"},schema:schema11.properties.owners.properties.allowLists.type,parentSchema:schema11.properties.owners.properties.allowLists,data:data13};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
}
else {
const err32 = {instancePath:instancePath+"/owners",schemaPath:"#/properties/owners/type",keyword:"type",params:{type: "object"},schema:schema11.properties.owners.type,parentSchema:schema11.properties.owners,data:data6};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data.decisions !== undefined){
let data15 = data.decisions;
if(!((data15 === "follow") || (data15 === "advise"))){
const err33 = {instancePath:instancePath+"/decisions",schemaPath:"#/properties/decisions/enum",keyword:"enum",params:{allowedValues: schema11.properties.decisions.enum},schema:schema11.properties.decisions.enum,parentSchema:schema11.properties.decisions,data:data15};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data.rules !== undefined){
let data16 = data.rules;
if(Array.isArray(data16)){
if(data16.length > 256){
const err34 = {instancePath:instancePath+"/rules",schemaPath:"#/properties/rules/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.rules,data:data16};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
const len4 = data16.length;
for(let i4=0; i4<len4; i4++){
if(!(validate11(data16[i4], {instancePath:instancePath+"/rules/" + i4,parentData:data16,parentDataProperty:i4,rootData}))){
vErrors = vErrors === null ? validate11.errors : vErrors.concat(validate11.errors);
errors = vErrors.length;
}
}
}
else {
const err35 = {instancePath:instancePath+"/rules",schemaPath:"#/properties/rules/type",keyword:"type",params:{type: "array"},schema:schema11.properties.rules.type,parentSchema:schema11.properties.rules,data:data16};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
}
else {
const err36 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
