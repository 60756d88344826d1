// Generated from schemas/overlay.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/overlay.schema.json","title":"OverlayFile","description":"What differs in one environment. commune.yaml at the root of the folder gives it a name.","type":"object","additionalProperties":false,"required":["kind"],"properties":{"kind":{"title":"Kind","description":"Says that this file is no workload.","const":"Overlay"},"set":{"title":"Set","description":"Name of the set in this environment. The set of the folder, # and the name of the overlay when absent.","type":"string","minLength":1,"maxLength":512,"pattern":"^\\S*$"},"variables":{"title":"Variables","description":"Values in this environment of variables that commune.yaml declares.","type":"object","propertyNames":{"pattern":"^[A-Za-z_][A-Za-z0-9_]{0,62}$"},"maxProperties":256,"additionalProperties":{"type":["string","number","boolean","null"]},"examples":[{"registry":"ghcr.io/alice","tag":null}]},"replicas":{"title":"Replicas","description":"How many containers run, by the name of the workload.","type":"object","maxProperties":1000,"additionalProperties":{"anyOf":[{"type":"integer","minimum":0,"maximum":1000},{"const":"everywhere"}]},"examples":[{"web":3}]},"images":{"title":"Images","description":"Images, by the name of the workload.","type":"object","maxProperties":1000,"additionalProperties":{"type":"string"},"examples":[{"web":"ghcr.io/alice/web:1.4"}]},"env":{"title":"Environment","description":"Variables of the container, by the name of the workload. They join those of the file; null removes one.","type":"object","maxProperties":1000,"additionalProperties":{"type":"object","additionalProperties":{"type":["string","number","boolean","null"]}},"examples":[{"web":{"LOG_LEVEL":"warn"}}]},"patches":{"title":"Patches","description":"Anything else, by the name of the workload: mappings are merged, lists and values replaced, null removes a key (RFC 7396).","type":"array","maxItems":1000,"items":{"type":"object","required":["name"],"properties":{"name":{"title":"Name","description":"Name of the workload to change.","type":"string"}},"additionalProperties":true}}}};
export const schema: AnySchemaObject = schema11
import func2Module from 'ajv/dist/runtime/ucs2length.js'
const func2 = func2Module.default ?? func2Module
const pattern0 = new RegExp("^\\S*$", "u");
const pattern1 = new RegExp("^[A-Za-z_][A-Za-z0-9_]{0,62}$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/overlay.schema.json" */;
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
if(!(((((((key0 === "kind") || (key0 === "set")) || (key0 === "variables")) || (key0 === "replicas")) || (key0 === "images")) || (key0 === "env")) || (key0 === "patches"))){
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
if("Overlay" !== data0){
const err2 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/const",keyword:"const",params:{allowedValue: "Overlay"},schema:"Overlay",parentSchema:schema11.properties.kind,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.set !== undefined){
let data1 = data.set;
if(typeof data1 === "string"){
if(func2(data1) > 512){
const err3 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema11.properties.set,data:data1};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(func2(data1) < 1){
const err4 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.set,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(!pattern0.test(data1)){
const err5 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/pattern",keyword:"pattern",params:{pattern: "^\\S*$"},schema:"^\\S*$",parentSchema:schema11.properties.set,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
}
else {
const err6 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/type",keyword:"type",params:{type: "string"},schema:schema11.properties.set.type,parentSchema:schema11.properties.set,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.variables !== undefined){
let data2 = data.variables;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
if(Object.keys(data2).length > 256){
const err7 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/maxProperties",keyword:"maxProperties",params:{limit: 256},schema:256,parentSchema:schema11.properties.variables,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
for(const key1 in data2){
const _errs7 = errors;
if(typeof key1 === "string"){
if(!pattern1.test(key1)){
const err8 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z0-9_]{0,62}$"},schema:"^[A-Za-z_][A-Za-z0-9_]{0,62}$",parentSchema:schema11.properties.variables.propertyNames,data:key1,propertyName:key1};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
var valid1 = _errs7 === errors;
if(!valid1){
const err9 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/propertyNames",keyword:"propertyNames",params:{propertyName: key1},schema:schema11.properties.variables.propertyNames,parentSchema:schema11.properties.variables,data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
for(const key2 in data2){
let data3 = data2[key2];
if((((typeof data3 !== "string") && (!((typeof data3 == "number") && (isFinite(data3))))) && (typeof data3 !== "boolean")) && (data3 !== null)){
const err10 = {instancePath:instancePath+"/variables/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/variables/additionalProperties/type",keyword:"type",params:{type: schema11.properties.variables.additionalProperties.type},schema:schema11.properties.variables.additionalProperties.type,parentSchema:schema11.properties.variables.additionalProperties,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
else {
const err11 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/type",keyword:"type",params:{type: "object"},schema:schema11.properties.variables.type,parentSchema:schema11.properties.variables,data:data2};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
if(data.replicas !== undefined){
let data4 = data.replicas;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(Object.keys(data4).length > 1000){
const err12 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/maxProperties",keyword:"maxProperties",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.replicas,data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
for(const key3 in data4){
let data5 = data4[key3];
const _errs15 = errors;
let valid4 = false;
const _errs16 = errors;
if(!(((typeof data5 == "number") && (!(data5 % 1) && !isNaN(data5))) && (isFinite(data5)))){
const err13 = {instancePath:instancePath+"/replicas/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/replicas/additionalProperties/anyOf/0/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.replicas.additionalProperties.anyOf[0].type,parentSchema:schema11.properties.replicas.additionalProperties.anyOf[0],data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if((typeof data5 == "number") && (isFinite(data5))){
if(data5 > 1000 || isNaN(data5)){
const err14 = {instancePath:instancePath+"/replicas/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/replicas/additionalProperties/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.replicas.additionalProperties.anyOf[0],data:data5};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if(data5 < 0 || isNaN(data5)){
const err15 = {instancePath:instancePath+"/replicas/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/replicas/additionalProperties/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.replicas.additionalProperties.anyOf[0],data:data5};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
var _valid0 = _errs16 === errors;
valid4 = valid4 || _valid0;
if(!valid4){
const _errs18 = errors;
if("everywhere" !== data5){
const err16 = {instancePath:instancePath+"/replicas/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/replicas/additionalProperties/anyOf/1/const",keyword:"const",params:{allowedValue: "everywhere"},schema:"everywhere",parentSchema:schema11.properties.replicas.additionalProperties.anyOf[1],data:data5};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
var _valid0 = _errs18 === errors;
valid4 = valid4 || _valid0;
}
if(!valid4){
const err17 = {instancePath:instancePath+"/replicas/" + key3.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/replicas/additionalProperties/anyOf",keyword:"anyOf",params:{},schema:schema11.properties.replicas.additionalProperties.anyOf,parentSchema:schema11.properties.replicas.additionalProperties,data:data5};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
else {
errors = _errs15;
if(vErrors !== null){
if(_errs15){
vErrors.length = _errs15;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err18 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/type",keyword:"type",params:{type: "object"},schema:schema11.properties.replicas.type,parentSchema:schema11.properties.replicas,data:data4};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data.images !== undefined){
let data6 = data.images;
if(data6 && typeof data6 == "object" && !Array.isArray(data6)){
if(Object.keys(data6).length > 1000){
const err19 = {instancePath:instancePath+"/images",schemaPath:"#/properties/images/maxProperties",keyword:"maxProperties",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.images,data:data6};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
for(const key4 in data6){
let data7 = data6[key4];
if(typeof data7 !== "string"){
const err20 = {instancePath:instancePath+"/images/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/images/additionalProperties/type",keyword:"type",params:{type: "string"},schema:schema11.properties.images.additionalProperties.type,parentSchema:schema11.properties.images.additionalProperties,data:data7};
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
const err21 = {instancePath:instancePath+"/images",schemaPath:"#/properties/images/type",keyword:"type",params:{type: "object"},schema:schema11.properties.images.type,parentSchema:schema11.properties.images,data:data6};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data.env !== undefined){
let data8 = data.env;
if(data8 && typeof data8 == "object" && !Array.isArray(data8)){
if(Object.keys(data8).length > 1000){
const err22 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/maxProperties",keyword:"maxProperties",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.env,data:data8};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
for(const key5 in data8){
let data9 = data8[key5];
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key6 in data9){
let data10 = data9[key6];
if((((typeof data10 !== "string") && (!((typeof data10 == "number") && (isFinite(data10))))) && (typeof data10 !== "boolean")) && (data10 !== null)){
const err23 = {instancePath:instancePath+"/env/" + key5.replace(/~/g, "~0").replace(/\//g, "~1")+"/" + key6.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/additionalProperties/additionalProperties/type",keyword:"type",params:{type: schema11.properties.env.additionalProperties.additionalProperties.type},schema:schema11.properties.env.additionalProperties.additionalProperties.type,parentSchema:schema11.properties.env.additionalProperties.additionalProperties,data:data10};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
}
else {
const err24 = {instancePath:instancePath+"/env/" + key5.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/additionalProperties/type",keyword:"type",params:{type: "object"},schema:schema11.properties.env.additionalProperties.type,parentSchema:schema11.properties.env.additionalProperties,data:data9};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
}
else {
const err25 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "object"},schema:schema11.properties.env.type,parentSchema:schema11.properties.env,data:data8};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.patches !== undefined){
let data11 = data.patches;
if(Array.isArray(data11)){
if(data11.length > 1000){
const err26 = {instancePath:instancePath+"/patches",schemaPath:"#/properties/patches/maxItems",keyword:"maxItems",params:{limit: 1000},schema:1000,parentSchema:schema11.properties.patches,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
const len0 = data11.length;
for(let i0=0; i0<len0; i0++){
let data12 = data11[i0];
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
if(data12.name === undefined){
const err27 = {instancePath:instancePath+"/patches/" + i0,schemaPath:"#/properties/patches/items/required",keyword:"required",params:{missingProperty: "name"},schema:schema11.properties.patches.items.required,parentSchema:schema11.properties.patches.items,data:data12};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
if(data12.name !== undefined){
let data13 = data12.name;
if(typeof data13 !== "string"){
const err28 = {instancePath:instancePath+"/patches/" + i0+"/name",schemaPath:"#/properties/patches/items/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.patches.items.properties.name.type,parentSchema:schema11.properties.patches.items.properties.name,data:data13};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
}
}
else {
const err29 = {instancePath:instancePath+"/patches/" + i0,schemaPath:"#/properties/patches/items/type",keyword:"type",params:{type: "object"},schema:schema11.properties.patches.items.type,parentSchema:schema11.properties.patches.items,data:data12};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
}
else {
const err30 = {instancePath:instancePath+"/patches",schemaPath:"#/properties/patches/type",keyword:"type",params:{type: "array"},schema:schema11.properties.patches.type,parentSchema:schema11.properties.patches,data:data11};
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
const err31 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
