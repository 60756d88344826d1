// Generated from schemas/commune.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/commune.schema.json","title":"CommuneFile","description":"Settings of a folder of workloads, in commune.yaml at its root.","type":"object","additionalProperties":false,"properties":{"set":{"title":"Set","description":"Name of this set of workloads. commune sync --prune removes only what its own set has put there. Derived from the git remote or the folder when absent.","type":"string","minLength":1,"maxLength":512,"pattern":"^\\S*$","examples":["home","example.org/infrastructure"]}}};
export const schema: AnySchemaObject = schema11
import func2Module from 'ajv/dist/runtime/ucs2length.js'
const func2 = func2Module.default ?? func2Module
const pattern0 = new RegExp("^\\S*$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/commune.schema.json" */;
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(key0 === "set")){
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
}
else {
const err5 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
