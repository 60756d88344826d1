// Generated from schemas/cluster.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/cluster.schema.json","title":"ClusterFile","description":"The rules that the members of a cluster hold to. Each member publishes the ones that she agrees to; those that most of them name hold. What is left out is as documented.","type":"object","additionalProperties":false,"required":["kind","name"],"properties":{"kind":{"title":"Kind","description":"Always Cluster.","const":"Cluster"},"name":{"title":"Name","description":"Name of the cluster, as in the machines' own lists of members. It becomes the key of the record.","type":"string","minLength":1,"maxLength":63,"examples":["friends"]},"contribution":{"title":"Contribution","description":"What is asked of every member.","type":"object","additionalProperties":false,"properties":{"minimum":{"title":"Minimum","description":"Least share of what one takes that one gives.","type":["string","number"],"examples":["20%"]},"graceDays":{"title":"Grace","description":"Days before the minimum holds for a newcomer.","type":"integer","minimum":0,"maximum":3650,"examples":[30]}}},"freeRiders":{"title":"Free riders","description":"What happens, one after the other, to whoever stays below the minimum.","type":"object","additionalProperties":false,"properties":{"lastInLineDays":{"title":"Last in line","description":"Days that her work is served last.","type":"integer","minimum":1,"maximum":3650,"examples":[14]},"noNewPlacementsDays":{"title":"No new placements","description":"Days without new placements after that.","type":"integer","minimum":1,"maximum":3650,"examples":[14]},"noticeDays":{"title":"Notice","description":"Days from the notice to the drain.","type":"integer","minimum":1,"maximum":3650,"examples":[7]}}},"credit":{"title":"Credit","description":"What a member may owe, in days of the reference machine (4 cores, 8 GiB, 100 GiB).","type":"object","additionalProperties":false,"properties":{"startDays":{"title":"Start","description":"Credit that each member starts with.","type":"integer","minimum":0,"maximum":36500,"examples":[7]},"lendDays":{"title":"Lend","description":"Most credit that a member may lend to newcomers.","type":"integer","minimum":0,"maximum":36500,"examples":[7]}}},"newcomers":{"title":"Newcomers","description":"What a member needs before she may owe as much as the others.","type":"object","additionalProperties":false,"properties":{"sponsors":{"title":"Sponsors","description":"How many members have to lend her some of their credit; also, how many of those who vote for her admission.","type":"integer","minimum":0,"maximum":16,"examples":[1]},"startDays":{"title":"Start","description":"Credit that she starts with until then, in days of the reference machine; 1 when it is left out.","type":"integer","minimum":1,"maximum":36500,"examples":[1]}}},"votes":{"title":"Votes","description":"What it takes to decide about a member.","type":"object","additionalProperties":false,"properties":{"quorum":{"title":"Quorum","description":"Share of those who may vote that must vote, at least half.","type":["string","number"],"examples":["67%"]},"majority":{"title":"Majority","description":"Share of yes and no that must be yes, at least half.","type":["string","number"],"examples":["67%"]},"days":{"title":"Days","description":"Days that a vote is open.","type":"integer","minimum":1,"maximum":366,"examples":[7]},"suspensionDays":{"title":"Suspension","description":"Longest suspension.","type":"integer","minimum":1,"maximum":90,"examples":[7]}}},"disputes":{"title":"Disputes","description":"About what the ledger holds.","type":"object","additionalProperties":false,"properties":{"days":{"title":"Days","description":"Days to have a contested dispute voted on.","type":"integer","minimum":1,"maximum":3650,"examples":[7]}}}}};
export const schema: AnySchemaObject = schema11
import func2Module from 'ajv/dist/runtime/ucs2length.js'
const func2 = func2Module.default ?? func2Module

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/cluster.schema.json" */;
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
if(data.name === undefined){
const err1 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "name"},schema:schema11.required,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
for(const key0 in data){
if(!((((((((key0 === "kind") || (key0 === "name")) || (key0 === "contribution")) || (key0 === "freeRiders")) || (key0 === "credit")) || (key0 === "newcomers")) || (key0 === "votes")) || (key0 === "disputes"))){
const err2 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
}
if(data.kind !== undefined){
let data0 = data.kind;
if("Cluster" !== data0){
const err3 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/const",keyword:"const",params:{allowedValue: "Cluster"},schema:"Cluster",parentSchema:schema11.properties.kind,data:data0};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(func2(data1) > 63){
const err4 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
if(func2(data1) < 1){
const err5 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.name,data:data1};
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
const err6 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.name.type,parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
if(data.contribution !== undefined){
let data2 = data.contribution;
if(data2 && typeof data2 == "object" && !Array.isArray(data2)){
for(const key1 in data2){
if(!((key1 === "minimum") || (key1 === "graceDays"))){
const err7 = {instancePath:instancePath+"/contribution",schemaPath:"#/properties/contribution/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},schema:false,parentSchema:schema11.properties.contribution,data:data2};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data2.minimum !== undefined){
let data3 = data2.minimum;
if((typeof data3 !== "string") && (!((typeof data3 == "number") && (isFinite(data3))))){
const err8 = {instancePath:instancePath+"/contribution/minimum",schemaPath:"#/properties/contribution/properties/minimum/type",keyword:"type",params:{type: schema11.properties.contribution.properties.minimum.type},schema:schema11.properties.contribution.properties.minimum.type,parentSchema:schema11.properties.contribution.properties.minimum,data:data3};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
if(data2.graceDays !== undefined){
let data4 = data2.graceDays;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err9 = {instancePath:instancePath+"/contribution/graceDays",schemaPath:"#/properties/contribution/properties/graceDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.contribution.properties.graceDays.type,parentSchema:schema11.properties.contribution.properties.graceDays,data:data4};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 3650 || isNaN(data4)){
const err10 = {instancePath:instancePath+"/contribution/graceDays",schemaPath:"#/properties/contribution/properties/graceDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},schema:3650,parentSchema:schema11.properties.contribution.properties.graceDays,data:data4};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err11 = {instancePath:instancePath+"/contribution/graceDays",schemaPath:"#/properties/contribution/properties/graceDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.contribution.properties.graceDays,data:data4};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
}
}
else {
const err12 = {instancePath:instancePath+"/contribution",schemaPath:"#/properties/contribution/type",keyword:"type",params:{type: "object"},schema:schema11.properties.contribution.type,parentSchema:schema11.properties.contribution,data:data2};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
if(data.freeRiders !== undefined){
let data5 = data.freeRiders;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
for(const key2 in data5){
if(!(((key2 === "lastInLineDays") || (key2 === "noNewPlacementsDays")) || (key2 === "noticeDays"))){
const err13 = {instancePath:instancePath+"/freeRiders",schemaPath:"#/properties/freeRiders/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},schema:false,parentSchema:schema11.properties.freeRiders,data:data5};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
}
if(data5.lastInLineDays !== undefined){
let data6 = data5.lastInLineDays;
if(!(((typeof data6 == "number") && (!(data6 % 1) && !isNaN(data6))) && (isFinite(data6)))){
const err14 = {instancePath:instancePath+"/freeRiders/lastInLineDays",schemaPath:"#/properties/freeRiders/properties/lastInLineDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.freeRiders.properties.lastInLineDays.type,parentSchema:schema11.properties.freeRiders.properties.lastInLineDays,data:data6};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
if((typeof data6 == "number") && (isFinite(data6))){
if(data6 > 3650 || isNaN(data6)){
const err15 = {instancePath:instancePath+"/freeRiders/lastInLineDays",schemaPath:"#/properties/freeRiders/properties/lastInLineDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},schema:3650,parentSchema:schema11.properties.freeRiders.properties.lastInLineDays,data:data6};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
if(data6 < 1 || isNaN(data6)){
const err16 = {instancePath:instancePath+"/freeRiders/lastInLineDays",schemaPath:"#/properties/freeRiders/properties/lastInLineDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.freeRiders.properties.lastInLineDays,data:data6};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
}
if(data5.noNewPlacementsDays !== undefined){
let data7 = data5.noNewPlacementsDays;
if(!(((typeof data7 == "number") && (!(data7 % 1) && !isNaN(data7))) && (isFinite(data7)))){
const err17 = {instancePath:instancePath+"/freeRiders/noNewPlacementsDays",schemaPath:"#/properties/freeRiders/properties/noNewPlacementsDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.freeRiders.properties.noNewPlacementsDays.type,parentSchema:schema11.properties.freeRiders.properties.noNewPlacementsDays,data:data7};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
if((typeof data7 == "number") && (isFinite(data7))){
if(data7 > 3650 || isNaN(data7)){
const err18 = {instancePath:instancePath+"/freeRiders/noNewPlacementsDays",schemaPath:"#/properties/freeRiders/properties/noNewPlacementsDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},schema:3650,parentSchema:schema11.properties.freeRiders.properties.noNewPlacementsDays,data:data7};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
if(data7 < 1 || isNaN(data7)){
const err19 = {instancePath:instancePath+"/freeRiders/noNewPlacementsDays",schemaPath:"#/properties/freeRiders/properties/noNewPlacementsDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.freeRiders.properties.noNewPlacementsDays,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
}
if(data5.noticeDays !== undefined){
let data8 = data5.noticeDays;
if(!(((typeof data8 == "number") && (!(data8 % 1) && !isNaN(data8))) && (isFinite(data8)))){
const err20 = {instancePath:instancePath+"/freeRiders/noticeDays",schemaPath:"#/properties/freeRiders/properties/noticeDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.freeRiders.properties.noticeDays.type,parentSchema:schema11.properties.freeRiders.properties.noticeDays,data:data8};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
if((typeof data8 == "number") && (isFinite(data8))){
if(data8 > 3650 || isNaN(data8)){
const err21 = {instancePath:instancePath+"/freeRiders/noticeDays",schemaPath:"#/properties/freeRiders/properties/noticeDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},schema:3650,parentSchema:schema11.properties.freeRiders.properties.noticeDays,data:data8};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
if(data8 < 1 || isNaN(data8)){
const err22 = {instancePath:instancePath+"/freeRiders/noticeDays",schemaPath:"#/properties/freeRiders/properties/noticeDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.freeRiders.properties.noticeDays,data:data8};
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
}
else {
const err23 = {instancePath:instancePath+"/freeRiders",schemaPath:"#/properties/freeRiders/type",keyword:"type",params:{type: "object"},schema:schema11.properties.freeRiders.type,parentSchema:schema11.properties.freeRiders,data:data5};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
if(data.credit !== undefined){
let data9 = data.credit;
if(data9 && typeof data9 == "object" && !Array.isArray(data9)){
for(const key3 in data9){
if(!((key3 === "startDays") || (key3 === "lendDays"))){
const err24 = {instancePath:instancePath+"/credit",schemaPath:"#/properties/credit/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},schema:false,parentSchema:schema11.properties.credit,data:data9};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
if(data9.startDays !== undefined){
let data10 = data9.startDays;
if(!(((typeof data10 == "number") && (!(data10 % 1) && !isNaN(data10))) && (isFinite(data10)))){
const err25 = {instancePath:instancePath+"/credit/startDays",schemaPath:"#/properties/credit/properties/startDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.credit.properties.startDays.type,parentSchema:schema11.properties.credit.properties.startDays,data:data10};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
if((typeof data10 == "number") && (isFinite(data10))){
if(data10 > 36500 || isNaN(data10)){
const err26 = {instancePath:instancePath+"/credit/startDays",schemaPath:"#/properties/credit/properties/startDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 36500},schema:36500,parentSchema:schema11.properties.credit.properties.startDays,data:data10};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
if(data10 < 0 || isNaN(data10)){
const err27 = {instancePath:instancePath+"/credit/startDays",schemaPath:"#/properties/credit/properties/startDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.credit.properties.startDays,data:data10};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
}
if(data9.lendDays !== undefined){
let data11 = data9.lendDays;
if(!(((typeof data11 == "number") && (!(data11 % 1) && !isNaN(data11))) && (isFinite(data11)))){
const err28 = {instancePath:instancePath+"/credit/lendDays",schemaPath:"#/properties/credit/properties/lendDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.credit.properties.lendDays.type,parentSchema:schema11.properties.credit.properties.lendDays,data:data11};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
if((typeof data11 == "number") && (isFinite(data11))){
if(data11 > 36500 || isNaN(data11)){
const err29 = {instancePath:instancePath+"/credit/lendDays",schemaPath:"#/properties/credit/properties/lendDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 36500},schema:36500,parentSchema:schema11.properties.credit.properties.lendDays,data:data11};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
if(data11 < 0 || isNaN(data11)){
const err30 = {instancePath:instancePath+"/credit/lendDays",schemaPath:"#/properties/credit/properties/lendDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.credit.properties.lendDays,data:data11};
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
}
else {
const err31 = {instancePath:instancePath+"/credit",schemaPath:"#/properties/credit/type",keyword:"type",params:{type: "object"},schema:schema11.properties.credit.type,parentSchema:schema11.properties.credit,data:data9};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
if(data.newcomers !== undefined){
let data12 = data.newcomers;
if(data12 && typeof data12 == "object" && !Array.isArray(data12)){
for(const key4 in data12){
if(!((key4 === "sponsors") || (key4 === "startDays"))){
const err32 = {instancePath:instancePath+"/newcomers",schemaPath:"#/properties/newcomers/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},schema:false,parentSchema:schema11.properties.newcomers,data:data12};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data12.sponsors !== undefined){
let data13 = data12.sponsors;
if(!(((typeof data13 == "number") && (!(data13 % 1) && !isNaN(data13))) && (isFinite(data13)))){
const err33 = {instancePath:instancePath+"/newcomers/sponsors",schemaPath:"#/properties/newcomers/properties/sponsors/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.newcomers.properties.sponsors.type,parentSchema:schema11.properties.newcomers.properties.sponsors,data:data13};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
if((typeof data13 == "number") && (isFinite(data13))){
if(data13 > 16 || isNaN(data13)){
const err34 = {instancePath:instancePath+"/newcomers/sponsors",schemaPath:"#/properties/newcomers/properties/sponsors/maximum",keyword:"maximum",params:{comparison: "<=", limit: 16},schema:16,parentSchema:schema11.properties.newcomers.properties.sponsors,data:data13};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
if(data13 < 0 || isNaN(data13)){
const err35 = {instancePath:instancePath+"/newcomers/sponsors",schemaPath:"#/properties/newcomers/properties/sponsors/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.newcomers.properties.sponsors,data:data13};
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
if(data12.startDays !== undefined){
let data14 = data12.startDays;
if(!(((typeof data14 == "number") && (!(data14 % 1) && !isNaN(data14))) && (isFinite(data14)))){
const err36 = {instancePath:instancePath+"/newcomers/startDays",schemaPath:"#/properties/newcomers/properties/startDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.newcomers.properties.startDays.type,parentSchema:schema11.properties.newcomers.properties.startDays,data:data14};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
if((typeof data14 == "number") && (isFinite(data14))){
if(data14 > 36500 || isNaN(data14)){
const err37 = {instancePath:instancePath+"/newcomers/startDays",schemaPath:"#/properties/newcomers/properties/startDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 36500},schema:36500,parentSchema:schema11.properties.newcomers.properties.startDays,data:data14};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
if(data14 < 1 || isNaN(data14)){
const err38 = {instancePath:instancePath+"/newcomers/startDays",schemaPath:"#/properties/newcomers/properties/startDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.newcomers.properties.startDays,data:data14};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
}
}
else {
const err39 = {instancePath:instancePath+"/newcomers",schemaPath:"#/properties/newcomers/type",keyword:"type",params:{type: "object"},schema:schema11.properties.newcomers.type,parentSchema:schema11.properties.newcomers,data:data12};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
if(data.votes !== undefined){
let data15 = data.votes;
if(data15 && typeof data15 == "object" && !Array.isArray(data15)){
for(const key5 in data15){
if(!((((key5 === "quorum") || (key5 === "majority")) || (key5 === "days")) || (key5 === "suspensionDays"))){
const err40 = {instancePath:instancePath+"/votes",schemaPath:"#/properties/votes/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},schema:false,parentSchema:schema11.properties.votes,data:data15};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data15.quorum !== undefined){
let data16 = data15.quorum;
if((typeof data16 !== "string") && (!((typeof data16 == "number") && (isFinite(data16))))){
const err41 = {instancePath:instancePath+"/votes/quorum",schemaPath:"#/properties/votes/properties/quorum/type",keyword:"type",params:{type: schema11.properties.votes.properties.quorum.type},schema:schema11.properties.votes.properties.quorum.type,parentSchema:schema11.properties.votes.properties.quorum,data:data16};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data15.majority !== undefined){
let data17 = data15.majority;
if((typeof data17 !== "string") && (!((typeof data17 == "number") && (isFinite(data17))))){
const err42 = {instancePath:instancePath+"/votes/majority",schemaPath:"#/properties/votes/properties/majority/type",keyword:"type",params:{type: schema11.properties.votes.properties.majority.type},schema:schema11.properties.votes.properties.majority.type,parentSchema:schema11.properties.votes.properties.majority,data:data17};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data15.days !== undefined){
let data18 = data15.days;
if(!(((typeof data18 == "number") && (!(data18 % 1) && !isNaN(data18))) && (isFinite(data18)))){
const err43 = {instancePath:instancePath+"/votes/days",schemaPath:"#/properties/votes/properties/days/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.votes.properties.days.type,parentSchema:schema11.properties.votes.properties.days,data:data18};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
if((typeof data18 == "number") && (isFinite(data18))){
if(data18 > 366 || isNaN(data18)){
const err44 = {instancePath:instancePath+"/votes/days",schemaPath:"#/properties/votes/properties/days/maximum",keyword:"maximum",params:{comparison: "<=", limit: 366},schema:366,parentSchema:schema11.properties.votes.properties.days,data:data18};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
if(data18 < 1 || isNaN(data18)){
const err45 = {instancePath:instancePath+"/votes/days",schemaPath:"#/properties/votes/properties/days/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.votes.properties.days,data:data18};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
}
if(data15.suspensionDays !== undefined){
let data19 = data15.suspensionDays;
if(!(((typeof data19 == "number") && (!(data19 % 1) && !isNaN(data19))) && (isFinite(data19)))){
const err46 = {instancePath:instancePath+"/votes/suspensionDays",schemaPath:"#/properties/votes/properties/suspensionDays/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.votes.properties.suspensionDays.type,parentSchema:schema11.properties.votes.properties.suspensionDays,data:data19};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
if((typeof data19 == "number") && (isFinite(data19))){
if(data19 > 90 || isNaN(data19)){
const err47 = {instancePath:instancePath+"/votes/suspensionDays",schemaPath:"#/properties/votes/properties/suspensionDays/maximum",keyword:"maximum",params:{comparison: "<=", limit: 90},schema:90,parentSchema:schema11.properties.votes.properties.suspensionDays,data:data19};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if(data19 < 1 || isNaN(data19)){
const err48 = {instancePath:instancePath+"/votes/suspensionDays",schemaPath:"#/properties/votes/properties/suspensionDays/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.votes.properties.suspensionDays,data:data19};
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
}
else {
const err49 = {instancePath:instancePath+"/votes",schemaPath:"#/properties/votes/type",keyword:"type",params:{type: "object"},schema:schema11.properties.votes.type,parentSchema:schema11.properties.votes,data:data15};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data.disputes !== undefined){
let data20 = data.disputes;
if(data20 && typeof data20 == "object" && !Array.isArray(data20)){
for(const key6 in data20){
if(!(key6 === "days")){
const err50 = {instancePath:instancePath+"/disputes",schemaPath:"#/properties/disputes/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},schema:false,parentSchema:schema11.properties.disputes,data:data20};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
if(data20.days !== undefined){
let data21 = data20.days;
if(!(((typeof data21 == "number") && (!(data21 % 1) && !isNaN(data21))) && (isFinite(data21)))){
const err51 = {instancePath:instancePath+"/disputes/days",schemaPath:"#/properties/disputes/properties/days/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.disputes.properties.days.type,parentSchema:schema11.properties.disputes.properties.days,data:data21};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
if((typeof data21 == "number") && (isFinite(data21))){
if(data21 > 3650 || isNaN(data21)){
const err52 = {instancePath:instancePath+"/disputes/days",schemaPath:"#/properties/disputes/properties/days/maximum",keyword:"maximum",params:{comparison: "<=", limit: 3650},schema:3650,parentSchema:schema11.properties.disputes.properties.days,data:data21};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if(data21 < 1 || isNaN(data21)){
const err53 = {instancePath:instancePath+"/disputes/days",schemaPath:"#/properties/disputes/properties/days/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.disputes.properties.days,data:data21};
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
}
else {
const err54 = {instancePath:instancePath+"/disputes",schemaPath:"#/properties/disputes/type",keyword:"type",params:{type: "object"},schema:schema11.properties.disputes.type,parentSchema:schema11.properties.disputes,data:data20};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
}
else {
const err55 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
