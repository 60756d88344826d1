// Generated from schemas/commune.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/commune.schema.json","title":"CommuneFile","description":"Settings of a folder of workloads, in commune.yaml at its root.","type":"object","additionalProperties":false,"properties":{"set":{"title":"Set","description":"Name of this set of workloads. commune sync --prune removes only what its own set has put there. Derived from the git remote or the folder when absent.","type":"string","minLength":1,"maxLength":512,"pattern":"^\\S*$","examples":["home","example.org/infrastructure"]},"variables":{"title":"Variables","description":"Values for ${NAME} in the workload files. Without this key nothing is replaced there. A variable without a value must be given by an overlay or with --var.","type":"object","propertyNames":{"pattern":"^[A-Za-z_][A-Za-z0-9_]{0,62}$"},"maxProperties":256,"additionalProperties":{"type":["string","number","boolean","null"]},"examples":[{"registry":"ghcr.io/alice","tag":null}]},"overlays":{"title":"Overlays","description":"Files in this folder that say what differs in an environment, by the name that --overlay takes.","type":"object","propertyNames":{"pattern":"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},"maxProperties":64,"additionalProperties":{"type":"string","minLength":1,"maxLength":512},"examples":[{"production":"overlays/production.yaml"}]}}};
export const schema: AnySchemaObject = schema11
import func2Module from 'ajv/dist/runtime/ucs2length.js'
const func2 = func2Module.default ?? func2Module
const pattern0 = new RegExp("^\\S*$", "u");
const pattern1 = new RegExp("^[A-Za-z_][A-Za-z0-9_]{0,62}$", "u");
const pattern2 = new RegExp("^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/commune.schema.json" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(((key0 === "set") || (key0 === "variables")) || (key0 === "overlays"))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.set !== undefined){
let data0 = data.set;
if(typeof data0 === "string"){
if(func2(data0) > 512){
const err1 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema11.properties.set,data:data0};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
if(func2(data0) < 1){
const err2 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.set,data:data0};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if(!pattern0.test(data0)){
const err3 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/pattern",keyword:"pattern",params:{pattern: "^\\S*$"},schema:"^\\S*$",parentSchema:schema11.properties.set,data:data0};
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
const err4 = {instancePath:instancePath+"/set",schemaPath:"#/properties/set/type",keyword:"type",params:{type: "string"},schema:schema11.properties.set.type,parentSchema:schema11.properties.set,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.variables !== undefined){
let data1 = data.variables;
if(data1 && typeof data1 == "object" && !Array.isArray(data1)){
if(Object.keys(data1).length > 256){
const err5 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/maxProperties",keyword:"maxProperties",params:{limit: 256},schema:256,parentSchema:schema11.properties.variables,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
for(const key1 in data1){
const _errs6 = errors;
if(typeof key1 === "string"){
if(!pattern1.test(key1)){
const err6 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[A-Za-z_][A-Za-z0-9_]{0,62}$"},schema:"^[A-Za-z_][A-Za-z0-9_]{0,62}$",parentSchema:schema11.properties.variables.propertyNames,data:key1,propertyName:key1};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
}
var valid1 = _errs6 === errors;
if(!valid1){
const err7 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/propertyNames",keyword:"propertyNames",params:{propertyName: key1},schema:schema11.properties.variables.propertyNames,parentSchema:schema11.properties.variables,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
for(const key2 in data1){
let data2 = data1[key2];
if((((typeof data2 !== "string") && (!((typeof data2 == "number") && (isFinite(data2))))) && (typeof data2 !== "boolean")) && (data2 !== null)){
const err8 = {instancePath:instancePath+"/variables/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/variables/additionalProperties/type",keyword:"type",params:{type: schema11.properties.variables.additionalProperties.type},schema:schema11.properties.variables.additionalProperties.type,parentSchema:schema11.properties.variables.additionalProperties,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
}
}
else {
const err9 = {instancePath:instancePath+"/variables",schemaPath:"#/properties/variables/type",keyword:"type",params:{type: "object"},schema:schema11.properties.variables.type,parentSchema:schema11.properties.variables,data:data1};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
if(data.overlays !== undefined){
let data3 = data.overlays;
if(data3 && typeof data3 == "object" && !Array.isArray(data3)){
if(Object.keys(data3).length > 64){
const err10 = {instancePath:instancePath+"/overlays",schemaPath:"#/properties/overlays/maxProperties",keyword:"maxProperties",params:{limit: 64},schema:64,parentSchema:schema11.properties.overlays,data:data3};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
for(const key3 in data3){
const _errs12 = errors;
if(typeof key3 === "string"){
if(!pattern2.test(key3)){
const err11 = {instancePath:instancePath+"/overlays",schemaPath:"#/properties/overlays/propertyNames/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$"},schema:"^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$",parentSchema:schema11.properties.overlays.propertyNames,data:key3,propertyName:key3};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
}
var valid3 = _errs12 === errors;
if(!valid3){
const err12 = {instancePath:instancePath+"/overlays",schemaPath:"#/properties/overlays/propertyNames",keyword:"propertyNames",params:{propertyName: key3},schema:schema11.properties.overlays.propertyNames,parentSchema:schema11.properties.overlays,data:data3};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
}
for(const key4 in data3){
let data4 = data3[key4];
if(typeof data4 === "string"){
if(func2(data4) > 512){
const err13 = {instancePath:instancePath+"/overlays/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/overlays/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 512},schema:512,parentSchema:schema11.properties.overlays.additionalProperties,data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(func2(data4) < 1){
const err14 = {instancePath:instancePath+"/overlays/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/overlays/additionalProperties/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.overlays.additionalProperties,data:data4};
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
const err15 = {instancePath:instancePath+"/overlays/" + key4.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/overlays/additionalProperties/type",keyword:"type",params:{type: "string"},schema:schema11.properties.overlays.additionalProperties.type,parentSchema:schema11.properties.overlays.additionalProperties,data:data4};
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
const err16 = {instancePath:instancePath+"/overlays",schemaPath:"#/properties/overlays/type",keyword:"type",params:{type: "object"},schema:schema11.properties.overlays.type,parentSchema:schema11.properties.overlays,data:data3};
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
else {
const err17 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
