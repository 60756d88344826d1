// Generated from schemas/workload.schema.json by 'make generate'; change that file instead.
// @ts-nocheck
import type { AnySchemaObject, ValidateFunction } from 'ajv'
export const validate: ValidateFunction = validate10;
const schema11 = {"$schema":"http://json-schema.org/draft-07/schema#","$id":"https://meshlet.farm/schemas/workload.schema.json","title":"WorkloadFile","description":"One workload of a commune: a container that runs for ever (kind: Workload) or to its end (kind: Job), on the machines of members who agree to run it. A file may hold several, separated by lines of three hyphens.","type":"object","additionalProperties":false,"required":["kind","name","image"],"properties":{"kind":{"title":"Kind","description":"Workload runs for ever and is started again when it ends. Job runs to its end, once or on a schedule.","enum":["Workload","Job"],"default":"Workload"},"name":{"title":"Name","description":"Name of the workload, unique among all workloads of its owner: lower-case letters, digits and inner hyphens. It becomes the key of the record.","type":"string","minLength":1,"maxLength":63,"examples":["hello","feed-generator"]},"image":{"title":"Image","description":"Container image. commune sync looks a tag up and pins its digest; an image given by digest is taken as it is.","type":"string","minLength":1,"maxLength":1024,"examples":["traefik/whoami:v1.11","ghcr.io/owner/app:1.2.3"]},"imagePolicy":{"title":"Image policy","description":"pin keeps the digest until the tag in the file changes or you ask for an update. follow looks the tag up at every sync.","enum":["pin","follow"],"default":"pin"},"replicas":{"title":"Replicas","description":"How many containers run, or everywhere for one on every machine that may run it.","anyOf":[{"type":"integer","minimum":0,"maximum":1000},{"const":"everywhere"}],"default":1,"examples":[1,2,3,"everywhere"]},"resources":{"title":"Resources","description":"What one replica may use. Amounts are Kubernetes quantities.","type":"object","additionalProperties":false,"properties":{"cpu":{"title":"CPU","description":"Cores, or thousandths of a core with m.","type":["string","number"],"examples":["100m","250m",0.5,2]},"memory":{"title":"Memory","description":"Memory; the container is stopped when it needs more. Mi and Gi are powers of 1024, M and G of 1000. At least 6Mi.","type":["string","number"],"examples":["64Mi","256Mi","1Gi"]},"storage":{"title":"Storage","description":"Disk space for what the container writes outside its volumes.","type":["string","number"],"examples":["100Mi","1Gi"]}}},"entrypoint":{"title":"Entry point","description":"Replaces the image’s entry point. A list of words; no shell takes part.","type":"array","maxItems":256,"items":{"type":"string","maxLength":32768},"examples":[["/usr/bin/tini","--"]]},"command":{"title":"Command","description":"Replaces the image’s command: what follows the entry point. A list of words; no shell takes part.","type":"array","maxItems":256,"items":{"type":"string","maxLength":32768},"examples":[["/bin/sh","-c","while true; do date; sleep 60; done"]]},"env":{"title":"Environment","description":"Environment variables. Everybody can read them, as all records: passwords belong into secrets.","type":"object","maxProperties":256,"additionalProperties":{"type":["string","number"],"maxLength":32768},"examples":[{"GREETING":"hello","PORT":"8080"}]},"user":{"title":"User","description":"Numeric user, or user and group with a colon. 0 (root) needs security: baseline and a member who allows it.","type":["string","integer"],"examples":["1000","1000:1000"]},"workingDir":{"title":"Working directory","description":"Absolute path in which the command starts; the image’s own when absent.","type":"string","maxLength":4096,"examples":["/app"]},"tmpfs":{"title":"Memory file systems","description":"Writable directories in memory, lost with the container. Absolute paths, with options after a colon.","type":"array","maxItems":32,"items":{"type":"string","maxLength":4096},"examples":[["/tmp"],["/tmp:size=16m","/run"]]},"readOnly":{"title":"Read-only root","description":"false asks for a writable root file system, which needs security: baseline.","type":"boolean","default":true},"security":{"title":"Security","description":"Level of the Pod Security Standards. restricted: no capabilities, not root, read-only. baseline: what the workload asks for with user, capAdd and readOnly, on members who allow it.","enum":["restricted","baseline"],"default":"restricted"},"runtime":{"title":"Runtime","description":"gvisor: runs only in gVisor, which keeps the container away from the machine's kernel, on members who have it. Without it the machine chooses.","enum":["gvisor"]},"capAdd":{"title":"Capabilities","description":"Linux capabilities that the container needs, without CAP_. All but NET_BIND_SERVICE need security: baseline; none beyond these can be had.","type":"array","maxItems":64,"items":{"enum":["AUDIT_WRITE","CHOWN","DAC_OVERRIDE","FOWNER","FSETID","KILL","MKNOD","NET_BIND_SERVICE","SETFCAP","SETGID","SETPCAP","SETUID","SYS_CHROOT"]},"examples":[["CHOWN","SETUID","SETGID"]]},"egress":{"title":"Egress","description":"How far the container may reach out: none, or internet for public addresses.","enum":["none","internet"],"default":"none"},"secrets":{"title":"Secrets","description":"Sealed secrets that the container reads as files.","type":"array","maxItems":64,"items":{"type":"object","additionalProperties":false,"required":["name","file"],"properties":{"name":{"title":"Name","description":"Name of the secret.","type":"string","minLength":1,"maxLength":63,"examples":["db-password"]},"file":{"title":"File","description":"Absolute path of the file in the container.","type":"string","minLength":1,"maxLength":4096,"examples":["/run/secrets/db-password"]}}}},"ports":{"title":"Ports","description":"Ports that the container listens on. Each answers on the loopback address of its machine, on a port that the machine chooses.","type":"array","maxItems":64,"items":{"type":"object","additionalProperties":false,"required":["container"],"properties":{"container":{"title":"Container port","description":"Port inside the container; above 1023 unless the workload asks for NET_BIND_SERVICE.","type":"integer","minimum":1,"maximum":65535,"examples":[8080]},"name":{"title":"Name","description":"Name of the port: lower-case letters, digits and inner hyphens.","type":"string","minLength":1,"maxLength":63,"examples":["http"]},"protocol":{"title":"Protocol","description":"Transport protocol.","enum":["tcp","udp"],"default":"tcp"}}}},"volumes":{"title":"Volumes","description":"Directories that outlive the container. They stay on the machine that made them, and the workload with them.","type":"array","maxItems":32,"items":{"type":"object","additionalProperties":false,"required":["name","path"],"properties":{"name":{"title":"Name","description":"Name of the volume, unique in this workload: lower-case letters, digits and inner hyphens.","type":"string","minLength":1,"maxLength":63,"examples":["data"]},"path":{"title":"Path","description":"Absolute path in the container.","type":"string","minLength":1,"maxLength":4096,"examples":["/data"]},"size":{"title":"Size","description":"Disk space asked for, a Kubernetes quantity.","type":["string","number"],"examples":["1Gi"]},"onLoss":{"title":"When the machine is lost","description":"keep waits for the machine that has the data. empty lets a replacement start elsewhere with an empty volume.","enum":["keep","empty"],"default":"keep"}}}},"healthcheck":{"title":"Health check","description":"How to tell whether a replica is ready: exactly one of http, tcp and exec. It decides whether traffic goes there and whether a roll-out goes on; it restarts nothing (liveness does).","type":"object","additionalProperties":false,"oneOf":[{"required":["http"]},{"required":["tcp"]},{"required":["exec"]}],"properties":{"http":{"title":"HTTP probe","description":"A GET request that must be answered with a status from 200 to 399.","type":"object","additionalProperties":false,"required":["port"],"properties":{"port":{"title":"Port","description":"Port inside the container.","type":"integer","minimum":1,"maximum":65535,"examples":[8080]},"path":{"title":"Path","description":"Path of the request.","type":"string","maxLength":2048,"default":"/","examples":["/health"]}}},"tcp":{"title":"TCP probe","description":"A connection that must be accepted.","type":"object","additionalProperties":false,"required":["port"],"properties":{"port":{"title":"Port","description":"Port inside the container.","type":"integer","minimum":1,"maximum":65535,"examples":[5432]}}},"exec":{"title":"Command probe","description":"A command in the container that must end with exit code 0.","type":"object","additionalProperties":false,"required":["command"],"properties":{"command":{"title":"Command","description":"Command and arguments; no shell takes part.","type":"array","minItems":1,"maxItems":256,"items":{"type":"string","maxLength":32768},"examples":[["valkey-cli","ping"]]}}},"interval":{"title":"Interval","description":"Time between two probes.","type":["string","number"],"default":"10s","examples":["5s","30s"]},"timeout":{"title":"Timeout","description":"Time after which a probe counts as failed.","type":["string","number"],"default":"5s","examples":["2s"]},"startPeriod":{"title":"Start period","description":"Time after the start in which failures do not count.","type":["string","number"],"default":"0s","examples":["10s"]},"retries":{"title":"Retries","description":"Failures in a row that make the replica unhealthy.","type":"integer","minimum":1,"maximum":1000,"default":3}}},"liveness":{"title":"Liveness","description":"When to start a container again that still runs but does nothing any more: a probe like healthcheck, which never restarts anything.","type":"object","additionalProperties":false,"oneOf":[{"required":["http"]},{"required":["tcp"]},{"required":["exec"]}],"properties":{"http":{"title":"HTTP probe","description":"A GET request that must be answered with a status from 200 to 399.","type":"object","additionalProperties":false,"required":["port"],"properties":{"port":{"title":"Port","description":"Port inside the container.","type":"integer","minimum":1,"maximum":65535,"examples":[8080]},"path":{"title":"Path","description":"Path of the request.","type":"string","maxLength":2048,"default":"/","examples":["/health"]}}},"tcp":{"title":"TCP probe","description":"A connection that must be accepted.","type":"object","additionalProperties":false,"required":["port"],"properties":{"port":{"title":"Port","description":"Port inside the container.","type":"integer","minimum":1,"maximum":65535,"examples":[5432]}}},"exec":{"title":"Command probe","description":"A command in the container that must end with exit code 0.","type":"object","additionalProperties":false,"required":["command"],"properties":{"command":{"title":"Command","description":"Command and arguments; no shell takes part.","type":"array","minItems":1,"maxItems":256,"items":{"type":"string","maxLength":32768},"examples":[["valkey-cli","ping"]]}}},"interval":{"title":"Interval","description":"Time between two probes.","type":["string","number"],"default":"10s","examples":["5s","30s"]},"timeout":{"title":"Timeout","description":"Time after which a probe counts as failed.","type":["string","number"],"default":"5s","examples":["2s"]},"startPeriod":{"title":"Start period","description":"Time after the start in which failures do not count.","type":["string","number"],"default":"0s","examples":["10s"]},"retries":{"title":"Retries","description":"Failures in a row after which the container is started again.","type":"integer","minimum":1,"maximum":1000,"default":3}}},"restart":{"title":"Restart","description":"When a container that ended is started again.","type":"object","additionalProperties":false,"properties":{"policy":{"title":"Policy","description":"always, or on-failure for an exit code other than 0, or no. unless-stopped, as in Compose, is the same as always: what is to stay stopped is paused. A Job has on-failure or no.","enum":["always","on-failure","unless-stopped","no"],"default":"always"},"backoff":{"title":"Backoff","description":"How long to wait before the next start; the delay doubles each time.","type":"object","additionalProperties":false,"properties":{"initial":{"title":"First delay","description":"Delay before the first restart.","type":["string","number"],"default":"1s","examples":["1s"]},"max":{"title":"Longest delay","description":"The delay grows no further.","type":["string","number"],"default":"5m","examples":["5m"]}}}}},"update":{"title":"Update","description":"How a new version replaces the old one.","type":"object","additionalProperties":false,"properties":{"maxUnavailable":{"title":"Unavailable at once","description":"Replicas that may be missing during the roll-out.","type":"integer","minimum":0,"maximum":1000,"examples":[1]},"maxSurge":{"title":"Beyond the count","description":"Replicas that may run beyond the count during the roll-out.","type":"integer","minimum":0,"maximum":1000,"examples":[1]},"order":{"title":"Order","description":"Whether the new replica starts before the old one stops; start-first unless there are volumes, which two replicas would share.","enum":["start-first","stop-first"]},"healthyAfter":{"title":"Healthy after","description":"How long a new replica must be healthy before the next one is replaced.","type":["string","number"],"default":"10s","examples":["10s"]},"deadline":{"title":"Deadline","description":"How long one replica may take to become healthy before the roll-out has failed.","type":["string","number"],"default":"5m","examples":["5m"]},"onFailure":{"title":"When it fails","description":"rollback returns to the last good version, halt stops where it is.","enum":["rollback","halt"],"default":"rollback"},"before":{"title":"Before","description":"A container that must succeed before the roll-out begins, such as a database migration.","type":"object","additionalProperties":false,"properties":{"image":{"title":"Image","description":"Its image; the workload’s own when absent.","type":"string","minLength":1,"maxLength":1024},"entrypoint":{"title":"Entry point","description":"Replaces the image’s entry point.","type":"array","maxItems":256,"items":{"type":"string","maxLength":32768}},"command":{"title":"Command","description":"Replaces the image’s command.","type":"array","maxItems":256,"items":{"type":"string","maxLength":32768},"examples":[["/app/migrate","up"]]},"timeout":{"title":"Timeout","description":"Time after which it counts as failed.","type":["string","number"],"examples":["10m"]}}}}},"constraints":{"title":"Constraints","description":"Kubernetes label selectors; all must hold for the labels of a machine.","type":"array","maxItems":64,"items":{"type":"string","minLength":1,"maxLength":1024},"examples":[["arch=amd64","region in (eu,us)","!gpu"]]},"spread":{"title":"Spread","description":"Replicas go to different owners first, or to different meshlets, or to different values of a label. A wish, no rule: when there are fewer of them than replicas, some get several.","type":"string","minLength":1,"maxLength":317,"examples":["owner","meshlet","region"]},"clusters":{"title":"Clusters","description":"Only machines of these clusters of yours may run it; any when absent.","type":"array","maxItems":32,"items":{"type":"string","minLength":1,"maxLength":63},"examples":[["friends"]]},"placement":{"title":"Placement","description":"How machines are chosen, and what happens when one is cut off.","type":"object","additionalProperties":false,"properties":{"bidWindow":{"title":"Bid window","description":"How long a round of bids stays open at most; 60s or less.","type":["string","number"],"default":"5s","examples":["5s"]},"onPartition":{"title":"When cut off","description":"keep lets a machine that is cut off run on, stop makes it stop its containers.","enum":["keep","stop"],"default":"keep"},"atMostOne":{"title":"At most one","description":"true when two containers must never run at once; needs one replica.","type":"boolean","default":false}}},"priority":{"title":"Priority","description":"Orders your own waiting workloads, higher first. It never stops what runs.","type":"integer","minimum":-1000000,"maximum":1000000,"default":0},"stopGracePeriod":{"title":"Stop grace period","description":"Time between the stop signal and the kill.","type":["string","number"],"default":"10s","examples":["10s","1m"]},"stopSignal":{"title":"Stop signal","description":"Signal that asks the container to end.","enum":["SIGTERM","SIGINT","SIGQUIT","SIGHUP","SIGUSR1","SIGUSR2","SIGWINCH","SIGABRT","SIGALRM","SIGKILL","SIGRTMIN+3"],"default":"SIGTERM"},"schedule":{"title":"Schedule","description":"When a Job runs, a cron expression in UTC: minute, hour, day of month, month, day of week.","type":"string","maxLength":256,"examples":["*/5 * * * *","0 3 * * sun","@daily"]},"protect":{"title":"Protect","description":"true refuses deletion, also by --prune.","type":"boolean","default":false}}};
export const schema: AnySchemaObject = schema11
const func2 = Object.prototype.hasOwnProperty;
import func3Module from 'ajv/dist/runtime/ucs2length.js'
const func3 = func3Module.default ?? func3Module

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
/*# sourceURL="https://meshlet.farm/schemas/workload.schema.json" */;
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
if(data.image === undefined){
const err2 = {instancePath,schemaPath:"#/required",keyword:"required",params:{missingProperty: "image"},schema:schema11.required,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
for(const key0 in data){
if(!(func2.call(schema11.properties, key0))){
const err3 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},schema:false,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
}
if(data.kind !== undefined){
let data0 = data.kind;
if(!((data0 === "Workload") || (data0 === "Job"))){
const err4 = {instancePath:instancePath+"/kind",schemaPath:"#/properties/kind/enum",keyword:"enum",params:{allowedValues: schema11.properties.kind.enum},schema:schema11.properties.kind.enum,parentSchema:schema11.properties.kind,data:data0};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
if(data.name !== undefined){
let data1 = data.name;
if(typeof data1 === "string"){
if(func3(data1) > 63){
const err5 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if(func3(data1) < 1){
const err6 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.name,data:data1};
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
const err7 = {instancePath:instancePath+"/name",schemaPath:"#/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.name.type,parentSchema:schema11.properties.name,data:data1};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
if(data.image !== undefined){
let data2 = data.image;
if(typeof data2 === "string"){
if(func3(data2) > 1024){
const err8 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/maxLength",keyword:"maxLength",params:{limit: 1024},schema:1024,parentSchema:schema11.properties.image,data:data2};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if(func3(data2) < 1){
const err9 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.image,data:data2};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
}
else {
const err10 = {instancePath:instancePath+"/image",schemaPath:"#/properties/image/type",keyword:"type",params:{type: "string"},schema:schema11.properties.image.type,parentSchema:schema11.properties.image,data:data2};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
if(data.imagePolicy !== undefined){
let data3 = data.imagePolicy;
if(!((data3 === "pin") || (data3 === "follow"))){
const err11 = {instancePath:instancePath+"/imagePolicy",schemaPath:"#/properties/imagePolicy/enum",keyword:"enum",params:{allowedValues: schema11.properties.imagePolicy.enum},schema:schema11.properties.imagePolicy.enum,parentSchema:schema11.properties.imagePolicy,data:data3};
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
const _errs9 = errors;
let valid1 = false;
const _errs10 = errors;
if(!(((typeof data4 == "number") && (!(data4 % 1) && !isNaN(data4))) && (isFinite(data4)))){
const err12 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/anyOf/0/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.replicas.anyOf[0].type,parentSchema:schema11.properties.replicas.anyOf[0],data:data4};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if((typeof data4 == "number") && (isFinite(data4))){
if(data4 > 1000 || isNaN(data4)){
const err13 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/anyOf/0/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.replicas.anyOf[0],data:data4};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
if(data4 < 0 || isNaN(data4)){
const err14 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/anyOf/0/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.replicas.anyOf[0],data:data4};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
var _valid0 = _errs10 === errors;
valid1 = valid1 || _valid0;
if(!valid1){
const _errs12 = errors;
if("everywhere" !== data4){
const err15 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/anyOf/1/const",keyword:"const",params:{allowedValue: "everywhere"},schema:"everywhere",parentSchema:schema11.properties.replicas.anyOf[1],data:data4};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
var _valid0 = _errs12 === errors;
valid1 = valid1 || _valid0;
}
if(!valid1){
const err16 = {instancePath:instancePath+"/replicas",schemaPath:"#/properties/replicas/anyOf",keyword:"anyOf",params:{},schema:schema11.properties.replicas.anyOf,parentSchema:schema11.properties.replicas,data:data4};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
else {
errors = _errs9;
if(vErrors !== null){
if(_errs9){
vErrors.length = _errs9;
}
else {
vErrors = null;
}
}
}
}
if(data.resources !== undefined){
let data5 = data.resources;
if(data5 && typeof data5 == "object" && !Array.isArray(data5)){
for(const key1 in data5){
if(!(((key1 === "cpu") || (key1 === "memory")) || (key1 === "storage"))){
const err17 = {instancePath:instancePath+"/resources",schemaPath:"#/properties/resources/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},schema:false,parentSchema:schema11.properties.resources,data:data5};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
if(data5.cpu !== undefined){
let data6 = data5.cpu;
if((typeof data6 !== "string") && (!((typeof data6 == "number") && (isFinite(data6))))){
const err18 = {instancePath:instancePath+"/resources/cpu",schemaPath:"#/properties/resources/properties/cpu/type",keyword:"type",params:{type: schema11.properties.resources.properties.cpu.type},schema:schema11.properties.resources.properties.cpu.type,parentSchema:schema11.properties.resources.properties.cpu,data:data6};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
if(data5.memory !== undefined){
let data7 = data5.memory;
if((typeof data7 !== "string") && (!((typeof data7 == "number") && (isFinite(data7))))){
const err19 = {instancePath:instancePath+"/resources/memory",schemaPath:"#/properties/resources/properties/memory/type",keyword:"type",params:{type: schema11.properties.resources.properties.memory.type},schema:schema11.properties.resources.properties.memory.type,parentSchema:schema11.properties.resources.properties.memory,data:data7};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
}
if(data5.storage !== undefined){
let data8 = data5.storage;
if((typeof data8 !== "string") && (!((typeof data8 == "number") && (isFinite(data8))))){
const err20 = {instancePath:instancePath+"/resources/storage",schemaPath:"#/properties/resources/properties/storage/type",keyword:"type",params:{type: schema11.properties.resources.properties.storage.type},schema:schema11.properties.resources.properties.storage.type,parentSchema:schema11.properties.resources.properties.storage,data:data8};
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
const err21 = {instancePath:instancePath+"/resources",schemaPath:"#/properties/resources/type",keyword:"type",params:{type: "object"},schema:schema11.properties.resources.type,parentSchema:schema11.properties.resources,data:data5};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
if(data.entrypoint !== undefined){
let data9 = data.entrypoint;
if(Array.isArray(data9)){
if(data9.length > 256){
const err22 = {instancePath:instancePath+"/entrypoint",schemaPath:"#/properties/entrypoint/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.entrypoint,data:data9};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
const len0 = data9.length;
for(let i0=0; i0<len0; i0++){
let data10 = data9[i0];
if(typeof data10 === "string"){
if(func3(data10) > 32768){
const err23 = {instancePath:instancePath+"/entrypoint/" + i0,schemaPath:"#/properties/entrypoint/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.entrypoint.items,data:data10};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
}
else {
const err24 = {instancePath:instancePath+"/entrypoint/" + i0,schemaPath:"#/properties/entrypoint/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.entrypoint.items.type,parentSchema:schema11.properties.entrypoint.items,data:data10};
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
const err25 = {instancePath:instancePath+"/entrypoint",schemaPath:"#/properties/entrypoint/type",keyword:"type",params:{type: "array"},schema:schema11.properties.entrypoint.type,parentSchema:schema11.properties.entrypoint,data:data9};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
if(data.command !== undefined){
let data11 = data.command;
if(Array.isArray(data11)){
if(data11.length > 256){
const err26 = {instancePath:instancePath+"/command",schemaPath:"#/properties/command/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.command,data:data11};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
const len1 = data11.length;
for(let i1=0; i1<len1; i1++){
let data12 = data11[i1];
if(typeof data12 === "string"){
if(func3(data12) > 32768){
const err27 = {instancePath:instancePath+"/command/" + i1,schemaPath:"#/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.command.items,data:data12};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/command/" + i1,schemaPath:"#/properties/command/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.command.items.type,parentSchema:schema11.properties.command.items,data:data12};
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
const err29 = {instancePath:instancePath+"/command",schemaPath:"#/properties/command/type",keyword:"type",params:{type: "array"},schema:schema11.properties.command.type,parentSchema:schema11.properties.command,data:data11};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
}
if(data.env !== undefined){
let data13 = data.env;
if(data13 && typeof data13 == "object" && !Array.isArray(data13)){
if(Object.keys(data13).length > 256){
const err30 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/maxProperties",keyword:"maxProperties",params:{limit: 256},schema:256,parentSchema:schema11.properties.env,data:data13};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
for(const key2 in data13){
let data14 = data13[key2];
if((typeof data14 !== "string") && (!((typeof data14 == "number") && (isFinite(data14))))){
const err31 = {instancePath:instancePath+"/env/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/additionalProperties/type",keyword:"type",params:{type: schema11.properties.env.additionalProperties.type},schema:schema11.properties.env.additionalProperties.type,parentSchema:schema11.properties.env.additionalProperties,data:data14};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
if(typeof data14 === "string"){
if(func3(data14) > 32768){
const err32 = {instancePath:instancePath+"/env/" + key2.replace(/~/g, "~0").replace(/\//g, "~1"),schemaPath:"#/properties/env/additionalProperties/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.env.additionalProperties,data:data14};
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
}
else {
const err33 = {instancePath:instancePath+"/env",schemaPath:"#/properties/env/type",keyword:"type",params:{type: "object"},schema:schema11.properties.env.type,parentSchema:schema11.properties.env,data:data13};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
if(data.user !== undefined){
let data15 = data.user;
if((typeof data15 !== "string") && (!(((typeof data15 == "number") && (!(data15 % 1) && !isNaN(data15))) && (isFinite(data15))))){
const err34 = {instancePath:instancePath+"/user",schemaPath:"#/properties/user/type",keyword:"type",params:{type: schema11.properties.user.type},schema:schema11.properties.user.type,parentSchema:schema11.properties.user,data:data15};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
}
if(data.workingDir !== undefined){
let data16 = data.workingDir;
if(typeof data16 === "string"){
if(func3(data16) > 4096){
const err35 = {instancePath:instancePath+"/workingDir",schemaPath:"#/properties/workingDir/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.workingDir,data:data16};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
}
else {
const err36 = {instancePath:instancePath+"/workingDir",schemaPath:"#/properties/workingDir/type",keyword:"type",params:{type: "string"},schema:schema11.properties.workingDir.type,parentSchema:schema11.properties.workingDir,data:data16};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data.tmpfs !== undefined){
let data17 = data.tmpfs;
if(Array.isArray(data17)){
if(data17.length > 32){
const err37 = {instancePath:instancePath+"/tmpfs",schemaPath:"#/properties/tmpfs/maxItems",keyword:"maxItems",params:{limit: 32},schema:32,parentSchema:schema11.properties.tmpfs,data:data17};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
const len2 = data17.length;
for(let i2=0; i2<len2; i2++){
let data18 = data17[i2];
if(typeof data18 === "string"){
if(func3(data18) > 4096){
const err38 = {instancePath:instancePath+"/tmpfs/" + i2,schemaPath:"#/properties/tmpfs/items/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.tmpfs.items,data:data18};
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
const err39 = {instancePath:instancePath+"/tmpfs/" + i2,schemaPath:"#/properties/tmpfs/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.tmpfs.items.type,parentSchema:schema11.properties.tmpfs.items,data:data18};
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
const err40 = {instancePath:instancePath+"/tmpfs",schemaPath:"#/properties/tmpfs/type",keyword:"type",params:{type: "array"},schema:schema11.properties.tmpfs.type,parentSchema:schema11.properties.tmpfs,data:data17};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data.readOnly !== undefined){
let data19 = data.readOnly;
if(typeof data19 !== "boolean"){
const err41 = {instancePath:instancePath+"/readOnly",schemaPath:"#/properties/readOnly/type",keyword:"type",params:{type: "boolean"},schema:schema11.properties.readOnly.type,parentSchema:schema11.properties.readOnly,data:data19};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data.security !== undefined){
let data20 = data.security;
if(!((data20 === "restricted") || (data20 === "baseline"))){
const err42 = {instancePath:instancePath+"/security",schemaPath:"#/properties/security/enum",keyword:"enum",params:{allowedValues: schema11.properties.security.enum},schema:schema11.properties.security.enum,parentSchema:schema11.properties.security,data:data20};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
if(data.runtime !== undefined){
let data21 = data.runtime;
if(!(data21 === "gvisor")){
const err43 = {instancePath:instancePath+"/runtime",schemaPath:"#/properties/runtime/enum",keyword:"enum",params:{allowedValues: schema11.properties.runtime.enum},schema:schema11.properties.runtime.enum,parentSchema:schema11.properties.runtime,data:data21};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data.capAdd !== undefined){
let data22 = data.capAdd;
if(Array.isArray(data22)){
if(data22.length > 64){
const err44 = {instancePath:instancePath+"/capAdd",schemaPath:"#/properties/capAdd/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.capAdd,data:data22};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
const len3 = data22.length;
for(let i3=0; i3<len3; i3++){
let data23 = data22[i3];
if(!(((((((((((((data23 === "AUDIT_WRITE") || (data23 === "CHOWN")) || (data23 === "DAC_OVERRIDE")) || (data23 === "FOWNER")) || (data23 === "FSETID")) || (data23 === "KILL")) || (data23 === "MKNOD")) || (data23 === "NET_BIND_SERVICE")) || (data23 === "SETFCAP")) || (data23 === "SETGID")) || (data23 === "SETPCAP")) || (data23 === "SETUID")) || (data23 === "SYS_CHROOT"))){
const err45 = {instancePath:instancePath+"/capAdd/" + i3,schemaPath:"#/properties/capAdd/items/enum",keyword:"enum",params:{allowedValues: schema11.properties.capAdd.items.enum},schema:schema11.properties.capAdd.items.enum,parentSchema:schema11.properties.capAdd.items,data:data23};
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
else {
const err46 = {instancePath:instancePath+"/capAdd",schemaPath:"#/properties/capAdd/type",keyword:"type",params:{type: "array"},schema:schema11.properties.capAdd.type,parentSchema:schema11.properties.capAdd,data:data22};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data.egress !== undefined){
let data24 = data.egress;
if(!((data24 === "none") || (data24 === "internet"))){
const err47 = {instancePath:instancePath+"/egress",schemaPath:"#/properties/egress/enum",keyword:"enum",params:{allowedValues: schema11.properties.egress.enum},schema:schema11.properties.egress.enum,parentSchema:schema11.properties.egress,data:data24};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
}
if(data.secrets !== undefined){
let data25 = data.secrets;
if(Array.isArray(data25)){
if(data25.length > 64){
const err48 = {instancePath:instancePath+"/secrets",schemaPath:"#/properties/secrets/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.secrets,data:data25};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
const len4 = data25.length;
for(let i4=0; i4<len4; i4++){
let data26 = data25[i4];
if(data26 && typeof data26 == "object" && !Array.isArray(data26)){
if(data26.name === undefined){
const err49 = {instancePath:instancePath+"/secrets/" + i4,schemaPath:"#/properties/secrets/items/required",keyword:"required",params:{missingProperty: "name"},schema:schema11.properties.secrets.items.required,parentSchema:schema11.properties.secrets.items,data:data26};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
if(data26.file === undefined){
const err50 = {instancePath:instancePath+"/secrets/" + i4,schemaPath:"#/properties/secrets/items/required",keyword:"required",params:{missingProperty: "file"},schema:schema11.properties.secrets.items.required,parentSchema:schema11.properties.secrets.items,data:data26};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
for(const key3 in data26){
if(!((key3 === "name") || (key3 === "file"))){
const err51 = {instancePath:instancePath+"/secrets/" + i4,schemaPath:"#/properties/secrets/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},schema:false,parentSchema:schema11.properties.secrets.items,data:data26};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data26.name !== undefined){
let data27 = data26.name;
if(typeof data27 === "string"){
if(func3(data27) > 63){
const err52 = {instancePath:instancePath+"/secrets/" + i4+"/name",schemaPath:"#/properties/secrets/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.secrets.items.properties.name,data:data27};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if(func3(data27) < 1){
const err53 = {instancePath:instancePath+"/secrets/" + i4+"/name",schemaPath:"#/properties/secrets/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.secrets.items.properties.name,data:data27};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
}
else {
const err54 = {instancePath:instancePath+"/secrets/" + i4+"/name",schemaPath:"#/properties/secrets/items/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.secrets.items.properties.name.type,parentSchema:schema11.properties.secrets.items.properties.name,data:data27};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
if(data26.file !== undefined){
let data28 = data26.file;
if(typeof data28 === "string"){
if(func3(data28) > 4096){
const err55 = {instancePath:instancePath+"/secrets/" + i4+"/file",schemaPath:"#/properties/secrets/items/properties/file/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.secrets.items.properties.file,data:data28};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
if(func3(data28) < 1){
const err56 = {instancePath:instancePath+"/secrets/" + i4+"/file",schemaPath:"#/properties/secrets/items/properties/file/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.secrets.items.properties.file,data:data28};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
else {
const err57 = {instancePath:instancePath+"/secrets/" + i4+"/file",schemaPath:"#/properties/secrets/items/properties/file/type",keyword:"type",params:{type: "string"},schema:schema11.properties.secrets.items.properties.file.type,parentSchema:schema11.properties.secrets.items.properties.file,data:data28};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
}
else {
const err58 = {instancePath:instancePath+"/secrets/" + i4,schemaPath:"#/properties/secrets/items/type",keyword:"type",params:{type: "object"},schema:schema11.properties.secrets.items.type,parentSchema:schema11.properties.secrets.items,data:data26};
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
const err59 = {instancePath:instancePath+"/secrets",schemaPath:"#/properties/secrets/type",keyword:"type",params:{type: "array"},schema:schema11.properties.secrets.type,parentSchema:schema11.properties.secrets,data:data25};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
}
if(data.ports !== undefined){
let data29 = data.ports;
if(Array.isArray(data29)){
if(data29.length > 64){
const err60 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.ports,data:data29};
if(vErrors === null){
vErrors = [err60];
}
else {
vErrors.push(err60);
}
errors++;
}
const len5 = data29.length;
for(let i5=0; i5<len5; i5++){
let data30 = data29[i5];
if(data30 && typeof data30 == "object" && !Array.isArray(data30)){
if(data30.container === undefined){
const err61 = {instancePath:instancePath+"/ports/" + i5,schemaPath:"#/properties/ports/items/required",keyword:"required",params:{missingProperty: "container"},schema:schema11.properties.ports.items.required,parentSchema:schema11.properties.ports.items,data:data30};
if(vErrors === null){
vErrors = [err61];
}
else {
vErrors.push(err61);
}
errors++;
}
for(const key4 in data30){
if(!(((key4 === "container") || (key4 === "name")) || (key4 === "protocol"))){
const err62 = {instancePath:instancePath+"/ports/" + i5,schemaPath:"#/properties/ports/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},schema:false,parentSchema:schema11.properties.ports.items,data:data30};
if(vErrors === null){
vErrors = [err62];
}
else {
vErrors.push(err62);
}
errors++;
}
}
if(data30.container !== undefined){
let data31 = data30.container;
if(!(((typeof data31 == "number") && (!(data31 % 1) && !isNaN(data31))) && (isFinite(data31)))){
const err63 = {instancePath:instancePath+"/ports/" + i5+"/container",schemaPath:"#/properties/ports/items/properties/container/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.ports.items.properties.container.type,parentSchema:schema11.properties.ports.items.properties.container,data:data31};
if(vErrors === null){
vErrors = [err63];
}
else {
vErrors.push(err63);
}
errors++;
}
if((typeof data31 == "number") && (isFinite(data31))){
if(data31 > 65535 || isNaN(data31)){
const err64 = {instancePath:instancePath+"/ports/" + i5+"/container",schemaPath:"#/properties/ports/items/properties/container/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},schema:65535,parentSchema:schema11.properties.ports.items.properties.container,data:data31};
if(vErrors === null){
vErrors = [err64];
}
else {
vErrors.push(err64);
}
errors++;
}
if(data31 < 1 || isNaN(data31)){
const err65 = {instancePath:instancePath+"/ports/" + i5+"/container",schemaPath:"#/properties/ports/items/properties/container/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.ports.items.properties.container,data:data31};
if(vErrors === null){
vErrors = [err65];
}
else {
vErrors.push(err65);
}
errors++;
}
}
}
if(data30.name !== undefined){
let data32 = data30.name;
if(typeof data32 === "string"){
if(func3(data32) > 63){
const err66 = {instancePath:instancePath+"/ports/" + i5+"/name",schemaPath:"#/properties/ports/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.ports.items.properties.name,data:data32};
if(vErrors === null){
vErrors = [err66];
}
else {
vErrors.push(err66);
}
errors++;
}
if(func3(data32) < 1){
const err67 = {instancePath:instancePath+"/ports/" + i5+"/name",schemaPath:"#/properties/ports/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.ports.items.properties.name,data:data32};
if(vErrors === null){
vErrors = [err67];
}
else {
vErrors.push(err67);
}
errors++;
}
}
else {
const err68 = {instancePath:instancePath+"/ports/" + i5+"/name",schemaPath:"#/properties/ports/items/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.ports.items.properties.name.type,parentSchema:schema11.properties.ports.items.properties.name,data:data32};
if(vErrors === null){
vErrors = [err68];
}
else {
vErrors.push(err68);
}
errors++;
}
}
if(data30.protocol !== undefined){
let data33 = data30.protocol;
if(!((data33 === "tcp") || (data33 === "udp"))){
const err69 = {instancePath:instancePath+"/ports/" + i5+"/protocol",schemaPath:"#/properties/ports/items/properties/protocol/enum",keyword:"enum",params:{allowedValues: schema11.properties.ports.items.properties.protocol.enum},schema:schema11.properties.ports.items.properties.protocol.enum,parentSchema:schema11.properties.ports.items.properties.protocol,data:data33};
if(vErrors === null){
vErrors = [err69];
}
else {
vErrors.push(err69);
}
errors++;
}
}
}
else {
const err70 = {instancePath:instancePath+"/ports/" + i5,schemaPath:"#/properties/ports/items/type",keyword:"type",params:{type: "object"},schema:schema11.properties.ports.items.type,parentSchema:schema11.properties.ports.items,data:data30};
if(vErrors === null){
vErrors = [err70];
}
else {
vErrors.push(err70);
}
errors++;
}
}
}
else {
const err71 = {instancePath:instancePath+"/ports",schemaPath:"#/properties/ports/type",keyword:"type",params:{type: "array"},schema:schema11.properties.ports.type,parentSchema:schema11.properties.ports,data:data29};
if(vErrors === null){
vErrors = [err71];
}
else {
vErrors.push(err71);
}
errors++;
}
}
if(data.volumes !== undefined){
let data34 = data.volumes;
if(Array.isArray(data34)){
if(data34.length > 32){
const err72 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/maxItems",keyword:"maxItems",params:{limit: 32},schema:32,parentSchema:schema11.properties.volumes,data:data34};
if(vErrors === null){
vErrors = [err72];
}
else {
vErrors.push(err72);
}
errors++;
}
const len6 = data34.length;
for(let i6=0; i6<len6; i6++){
let data35 = data34[i6];
if(data35 && typeof data35 == "object" && !Array.isArray(data35)){
if(data35.name === undefined){
const err73 = {instancePath:instancePath+"/volumes/" + i6,schemaPath:"#/properties/volumes/items/required",keyword:"required",params:{missingProperty: "name"},schema:schema11.properties.volumes.items.required,parentSchema:schema11.properties.volumes.items,data:data35};
if(vErrors === null){
vErrors = [err73];
}
else {
vErrors.push(err73);
}
errors++;
}
if(data35.path === undefined){
const err74 = {instancePath:instancePath+"/volumes/" + i6,schemaPath:"#/properties/volumes/items/required",keyword:"required",params:{missingProperty: "path"},schema:schema11.properties.volumes.items.required,parentSchema:schema11.properties.volumes.items,data:data35};
if(vErrors === null){
vErrors = [err74];
}
else {
vErrors.push(err74);
}
errors++;
}
for(const key5 in data35){
if(!((((key5 === "name") || (key5 === "path")) || (key5 === "size")) || (key5 === "onLoss"))){
const err75 = {instancePath:instancePath+"/volumes/" + i6,schemaPath:"#/properties/volumes/items/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key5},schema:false,parentSchema:schema11.properties.volumes.items,data:data35};
if(vErrors === null){
vErrors = [err75];
}
else {
vErrors.push(err75);
}
errors++;
}
}
if(data35.name !== undefined){
let data36 = data35.name;
if(typeof data36 === "string"){
if(func3(data36) > 63){
const err76 = {instancePath:instancePath+"/volumes/" + i6+"/name",schemaPath:"#/properties/volumes/items/properties/name/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.volumes.items.properties.name,data:data36};
if(vErrors === null){
vErrors = [err76];
}
else {
vErrors.push(err76);
}
errors++;
}
if(func3(data36) < 1){
const err77 = {instancePath:instancePath+"/volumes/" + i6+"/name",schemaPath:"#/properties/volumes/items/properties/name/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.volumes.items.properties.name,data:data36};
if(vErrors === null){
vErrors = [err77];
}
else {
vErrors.push(err77);
}
errors++;
}
}
else {
const err78 = {instancePath:instancePath+"/volumes/" + i6+"/name",schemaPath:"#/properties/volumes/items/properties/name/type",keyword:"type",params:{type: "string"},schema:schema11.properties.volumes.items.properties.name.type,parentSchema:schema11.properties.volumes.items.properties.name,data:data36};
if(vErrors === null){
vErrors = [err78];
}
else {
vErrors.push(err78);
}
errors++;
}
}
if(data35.path !== undefined){
let data37 = data35.path;
if(typeof data37 === "string"){
if(func3(data37) > 4096){
const err79 = {instancePath:instancePath+"/volumes/" + i6+"/path",schemaPath:"#/properties/volumes/items/properties/path/maxLength",keyword:"maxLength",params:{limit: 4096},schema:4096,parentSchema:schema11.properties.volumes.items.properties.path,data:data37};
if(vErrors === null){
vErrors = [err79];
}
else {
vErrors.push(err79);
}
errors++;
}
if(func3(data37) < 1){
const err80 = {instancePath:instancePath+"/volumes/" + i6+"/path",schemaPath:"#/properties/volumes/items/properties/path/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.volumes.items.properties.path,data:data37};
if(vErrors === null){
vErrors = [err80];
}
else {
vErrors.push(err80);
}
errors++;
}
}
else {
const err81 = {instancePath:instancePath+"/volumes/" + i6+"/path",schemaPath:"#/properties/volumes/items/properties/path/type",keyword:"type",params:{type: "string"},schema:schema11.properties.volumes.items.properties.path.type,parentSchema:schema11.properties.volumes.items.properties.path,data:data37};
if(vErrors === null){
vErrors = [err81];
}
else {
vErrors.push(err81);
}
errors++;
}
}
if(data35.size !== undefined){
let data38 = data35.size;
if((typeof data38 !== "string") && (!((typeof data38 == "number") && (isFinite(data38))))){
const err82 = {instancePath:instancePath+"/volumes/" + i6+"/size",schemaPath:"#/properties/volumes/items/properties/size/type",keyword:"type",params:{type: schema11.properties.volumes.items.properties.size.type},schema:schema11.properties.volumes.items.properties.size.type,parentSchema:schema11.properties.volumes.items.properties.size,data:data38};
if(vErrors === null){
vErrors = [err82];
}
else {
vErrors.push(err82);
}
errors++;
}
}
if(data35.onLoss !== undefined){
let data39 = data35.onLoss;
if(!((data39 === "keep") || (data39 === "empty"))){
const err83 = {instancePath:instancePath+"/volumes/" + i6+"/onLoss",schemaPath:"#/properties/volumes/items/properties/onLoss/enum",keyword:"enum",params:{allowedValues: schema11.properties.volumes.items.properties.onLoss.enum},schema:schema11.properties.volumes.items.properties.onLoss.enum,parentSchema:schema11.properties.volumes.items.properties.onLoss,data:data39};
if(vErrors === null){
vErrors = [err83];
}
else {
vErrors.push(err83);
}
errors++;
}
}
}
else {
const err84 = {instancePath:instancePath+"/volumes/" + i6,schemaPath:"#/properties/volumes/items/type",keyword:"type",params:{type: "object"},schema:schema11.properties.volumes.items.type,parentSchema:schema11.properties.volumes.items,data:data35};
if(vErrors === null){
vErrors = [err84];
}
else {
vErrors.push(err84);
}
errors++;
}
}
}
else {
const err85 = {instancePath:instancePath+"/volumes",schemaPath:"#/properties/volumes/type",keyword:"type",params:{type: "array"},schema:schema11.properties.volumes.type,parentSchema:schema11.properties.volumes,data:data34};
if(vErrors === null){
vErrors = [err85];
}
else {
vErrors.push(err85);
}
errors++;
}
}
if(data.healthcheck !== undefined){
let data40 = data.healthcheck;
const _errs84 = errors;
let valid21 = false;
let passing0 = null;
const _errs85 = errors;
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
if(data40.http === undefined){
const err86 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/oneOf/0/required",keyword:"required",params:{missingProperty: "http"},schema:schema11.properties.healthcheck.oneOf[0].required,parentSchema:schema11.properties.healthcheck.oneOf[0],data:data40};
if(vErrors === null){
vErrors = [err86];
}
else {
vErrors.push(err86);
}
errors++;
}
}
var _valid1 = _errs85 === errors;
if(_valid1){
valid21 = true;
passing0 = 0;
}
const _errs86 = errors;
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
if(data40.tcp === undefined){
const err87 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/oneOf/1/required",keyword:"required",params:{missingProperty: "tcp"},schema:schema11.properties.healthcheck.oneOf[1].required,parentSchema:schema11.properties.healthcheck.oneOf[1],data:data40};
if(vErrors === null){
vErrors = [err87];
}
else {
vErrors.push(err87);
}
errors++;
}
}
var _valid1 = _errs86 === errors;
if(_valid1 && valid21){
valid21 = false;
passing0 = [passing0, 1];
}
else {
if(_valid1){
valid21 = true;
passing0 = 1;
}
const _errs87 = errors;
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
if(data40.exec === undefined){
const err88 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/oneOf/2/required",keyword:"required",params:{missingProperty: "exec"},schema:schema11.properties.healthcheck.oneOf[2].required,parentSchema:schema11.properties.healthcheck.oneOf[2],data:data40};
if(vErrors === null){
vErrors = [err88];
}
else {
vErrors.push(err88);
}
errors++;
}
}
var _valid1 = _errs87 === errors;
if(_valid1 && valid21){
valid21 = false;
passing0 = [passing0, 2];
}
else {
if(_valid1){
valid21 = true;
passing0 = 2;
}
}
}
if(!valid21){
const err89 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/oneOf",keyword:"oneOf",params:{passingSchemas: passing0},schema:schema11.properties.healthcheck.oneOf,parentSchema:schema11.properties.healthcheck,data:data40};
if(vErrors === null){
vErrors = [err89];
}
else {
vErrors.push(err89);
}
errors++;
}
else {
errors = _errs84;
if(vErrors !== null){
if(_errs84){
vErrors.length = _errs84;
}
else {
vErrors = null;
}
}
}
if(data40 && typeof data40 == "object" && !Array.isArray(data40)){
for(const key6 in data40){
if(!(((((((key6 === "http") || (key6 === "tcp")) || (key6 === "exec")) || (key6 === "interval")) || (key6 === "timeout")) || (key6 === "startPeriod")) || (key6 === "retries"))){
const err90 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key6},schema:false,parentSchema:schema11.properties.healthcheck,data:data40};
if(vErrors === null){
vErrors = [err90];
}
else {
vErrors.push(err90);
}
errors++;
}
}
if(data40.http !== undefined){
let data41 = data40.http;
if(data41 && typeof data41 == "object" && !Array.isArray(data41)){
if(data41.port === undefined){
const err91 = {instancePath:instancePath+"/healthcheck/http",schemaPath:"#/properties/healthcheck/properties/http/required",keyword:"required",params:{missingProperty: "port"},schema:schema11.properties.healthcheck.properties.http.required,parentSchema:schema11.properties.healthcheck.properties.http,data:data41};
if(vErrors === null){
vErrors = [err91];
}
else {
vErrors.push(err91);
}
errors++;
}
for(const key7 in data41){
if(!((key7 === "port") || (key7 === "path"))){
const err92 = {instancePath:instancePath+"/healthcheck/http",schemaPath:"#/properties/healthcheck/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key7},schema:false,parentSchema:schema11.properties.healthcheck.properties.http,data:data41};
if(vErrors === null){
vErrors = [err92];
}
else {
vErrors.push(err92);
}
errors++;
}
}
if(data41.port !== undefined){
let data42 = data41.port;
if(!(((typeof data42 == "number") && (!(data42 % 1) && !isNaN(data42))) && (isFinite(data42)))){
const err93 = {instancePath:instancePath+"/healthcheck/http/port",schemaPath:"#/properties/healthcheck/properties/http/properties/port/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.healthcheck.properties.http.properties.port.type,parentSchema:schema11.properties.healthcheck.properties.http.properties.port,data:data42};
if(vErrors === null){
vErrors = [err93];
}
else {
vErrors.push(err93);
}
errors++;
}
if((typeof data42 == "number") && (isFinite(data42))){
if(data42 > 65535 || isNaN(data42)){
const err94 = {instancePath:instancePath+"/healthcheck/http/port",schemaPath:"#/properties/healthcheck/properties/http/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},schema:65535,parentSchema:schema11.properties.healthcheck.properties.http.properties.port,data:data42};
if(vErrors === null){
vErrors = [err94];
}
else {
vErrors.push(err94);
}
errors++;
}
if(data42 < 1 || isNaN(data42)){
const err95 = {instancePath:instancePath+"/healthcheck/http/port",schemaPath:"#/properties/healthcheck/properties/http/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.healthcheck.properties.http.properties.port,data:data42};
if(vErrors === null){
vErrors = [err95];
}
else {
vErrors.push(err95);
}
errors++;
}
}
}
if(data41.path !== undefined){
let data43 = data41.path;
if(typeof data43 === "string"){
if(func3(data43) > 2048){
const err96 = {instancePath:instancePath+"/healthcheck/http/path",schemaPath:"#/properties/healthcheck/properties/http/properties/path/maxLength",keyword:"maxLength",params:{limit: 2048},schema:2048,parentSchema:schema11.properties.healthcheck.properties.http.properties.path,data:data43};
if(vErrors === null){
vErrors = [err96];
}
else {
vErrors.push(err96);
}
errors++;
}
}
else {
const err97 = {instancePath:instancePath+"/healthcheck/http/path",schemaPath:"#/properties/healthcheck/properties/http/properties/path/type",keyword:"type",params:{type: "string"},schema:schema11.properties.healthcheck.properties.http.properties.path.type,parentSchema:schema11.properties.healthcheck.properties.http.properties.path,data:data43};
if(vErrors === null){
vErrors = [err97];
}
else {
vErrors.push(err97);
}
errors++;
}
}
}
else {
const err98 = {instancePath:instancePath+"/healthcheck/http",schemaPath:"#/properties/healthcheck/properties/http/type",keyword:"type",params:{type: "object"},schema:schema11.properties.healthcheck.properties.http.type,parentSchema:schema11.properties.healthcheck.properties.http,data:data41};
if(vErrors === null){
vErrors = [err98];
}
else {
vErrors.push(err98);
}
errors++;
}
}
if(data40.tcp !== undefined){
let data44 = data40.tcp;
if(data44 && typeof data44 == "object" && !Array.isArray(data44)){
if(data44.port === undefined){
const err99 = {instancePath:instancePath+"/healthcheck/tcp",schemaPath:"#/properties/healthcheck/properties/tcp/required",keyword:"required",params:{missingProperty: "port"},schema:schema11.properties.healthcheck.properties.tcp.required,parentSchema:schema11.properties.healthcheck.properties.tcp,data:data44};
if(vErrors === null){
vErrors = [err99];
}
else {
vErrors.push(err99);
}
errors++;
}
for(const key8 in data44){
if(!(key8 === "port")){
const err100 = {instancePath:instancePath+"/healthcheck/tcp",schemaPath:"#/properties/healthcheck/properties/tcp/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key8},schema:false,parentSchema:schema11.properties.healthcheck.properties.tcp,data:data44};
if(vErrors === null){
vErrors = [err100];
}
else {
vErrors.push(err100);
}
errors++;
}
}
if(data44.port !== undefined){
let data45 = data44.port;
if(!(((typeof data45 == "number") && (!(data45 % 1) && !isNaN(data45))) && (isFinite(data45)))){
const err101 = {instancePath:instancePath+"/healthcheck/tcp/port",schemaPath:"#/properties/healthcheck/properties/tcp/properties/port/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.healthcheck.properties.tcp.properties.port.type,parentSchema:schema11.properties.healthcheck.properties.tcp.properties.port,data:data45};
if(vErrors === null){
vErrors = [err101];
}
else {
vErrors.push(err101);
}
errors++;
}
if((typeof data45 == "number") && (isFinite(data45))){
if(data45 > 65535 || isNaN(data45)){
const err102 = {instancePath:instancePath+"/healthcheck/tcp/port",schemaPath:"#/properties/healthcheck/properties/tcp/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},schema:65535,parentSchema:schema11.properties.healthcheck.properties.tcp.properties.port,data:data45};
if(vErrors === null){
vErrors = [err102];
}
else {
vErrors.push(err102);
}
errors++;
}
if(data45 < 1 || isNaN(data45)){
const err103 = {instancePath:instancePath+"/healthcheck/tcp/port",schemaPath:"#/properties/healthcheck/properties/tcp/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.healthcheck.properties.tcp.properties.port,data:data45};
if(vErrors === null){
vErrors = [err103];
}
else {
vErrors.push(err103);
}
errors++;
}
}
}
}
else {
const err104 = {instancePath:instancePath+"/healthcheck/tcp",schemaPath:"#/properties/healthcheck/properties/tcp/type",keyword:"type",params:{type: "object"},schema:schema11.properties.healthcheck.properties.tcp.type,parentSchema:schema11.properties.healthcheck.properties.tcp,data:data44};
if(vErrors === null){
vErrors = [err104];
}
else {
vErrors.push(err104);
}
errors++;
}
}
if(data40.exec !== undefined){
let data46 = data40.exec;
if(data46 && typeof data46 == "object" && !Array.isArray(data46)){
if(data46.command === undefined){
const err105 = {instancePath:instancePath+"/healthcheck/exec",schemaPath:"#/properties/healthcheck/properties/exec/required",keyword:"required",params:{missingProperty: "command"},schema:schema11.properties.healthcheck.properties.exec.required,parentSchema:schema11.properties.healthcheck.properties.exec,data:data46};
if(vErrors === null){
vErrors = [err105];
}
else {
vErrors.push(err105);
}
errors++;
}
for(const key9 in data46){
if(!(key9 === "command")){
const err106 = {instancePath:instancePath+"/healthcheck/exec",schemaPath:"#/properties/healthcheck/properties/exec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key9},schema:false,parentSchema:schema11.properties.healthcheck.properties.exec,data:data46};
if(vErrors === null){
vErrors = [err106];
}
else {
vErrors.push(err106);
}
errors++;
}
}
if(data46.command !== undefined){
let data47 = data46.command;
if(Array.isArray(data47)){
if(data47.length > 256){
const err107 = {instancePath:instancePath+"/healthcheck/exec/command",schemaPath:"#/properties/healthcheck/properties/exec/properties/command/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.healthcheck.properties.exec.properties.command,data:data47};
if(vErrors === null){
vErrors = [err107];
}
else {
vErrors.push(err107);
}
errors++;
}
if(data47.length < 1){
const err108 = {instancePath:instancePath+"/healthcheck/exec/command",schemaPath:"#/properties/healthcheck/properties/exec/properties/command/minItems",keyword:"minItems",params:{limit: 1},schema:1,parentSchema:schema11.properties.healthcheck.properties.exec.properties.command,data:data47};
if(vErrors === null){
vErrors = [err108];
}
else {
vErrors.push(err108);
}
errors++;
}
const len7 = data47.length;
for(let i7=0; i7<len7; i7++){
let data48 = data47[i7];
if(typeof data48 === "string"){
if(func3(data48) > 32768){
const err109 = {instancePath:instancePath+"/healthcheck/exec/command/" + i7,schemaPath:"#/properties/healthcheck/properties/exec/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.healthcheck.properties.exec.properties.command.items,data:data48};
if(vErrors === null){
vErrors = [err109];
}
else {
vErrors.push(err109);
}
errors++;
}
}
else {
const err110 = {instancePath:instancePath+"/healthcheck/exec/command/" + i7,schemaPath:"#/properties/healthcheck/properties/exec/properties/command/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.healthcheck.properties.exec.properties.command.items.type,parentSchema:schema11.properties.healthcheck.properties.exec.properties.command.items,data:data48};
if(vErrors === null){
vErrors = [err110];
}
else {
vErrors.push(err110);
}
errors++;
}
}
}
else {
const err111 = {instancePath:instancePath+"/healthcheck/exec/command",schemaPath:"#/properties/healthcheck/properties/exec/properties/command/type",keyword:"type",params:{type: "array"},schema:schema11.properties.healthcheck.properties.exec.properties.command.type,parentSchema:schema11.properties.healthcheck.properties.exec.properties.command,data:data47};
if(vErrors === null){
vErrors = [err111];
}
else {
vErrors.push(err111);
}
errors++;
}
}
}
else {
const err112 = {instancePath:instancePath+"/healthcheck/exec",schemaPath:"#/properties/healthcheck/properties/exec/type",keyword:"type",params:{type: "object"},schema:schema11.properties.healthcheck.properties.exec.type,parentSchema:schema11.properties.healthcheck.properties.exec,data:data46};
if(vErrors === null){
vErrors = [err112];
}
else {
vErrors.push(err112);
}
errors++;
}
}
if(data40.interval !== undefined){
let data49 = data40.interval;
if((typeof data49 !== "string") && (!((typeof data49 == "number") && (isFinite(data49))))){
const err113 = {instancePath:instancePath+"/healthcheck/interval",schemaPath:"#/properties/healthcheck/properties/interval/type",keyword:"type",params:{type: schema11.properties.healthcheck.properties.interval.type},schema:schema11.properties.healthcheck.properties.interval.type,parentSchema:schema11.properties.healthcheck.properties.interval,data:data49};
if(vErrors === null){
vErrors = [err113];
}
else {
vErrors.push(err113);
}
errors++;
}
}
if(data40.timeout !== undefined){
let data50 = data40.timeout;
if((typeof data50 !== "string") && (!((typeof data50 == "number") && (isFinite(data50))))){
const err114 = {instancePath:instancePath+"/healthcheck/timeout",schemaPath:"#/properties/healthcheck/properties/timeout/type",keyword:"type",params:{type: schema11.properties.healthcheck.properties.timeout.type},schema:schema11.properties.healthcheck.properties.timeout.type,parentSchema:schema11.properties.healthcheck.properties.timeout,data:data50};
if(vErrors === null){
vErrors = [err114];
}
else {
vErrors.push(err114);
}
errors++;
}
}
if(data40.startPeriod !== undefined){
let data51 = data40.startPeriod;
if((typeof data51 !== "string") && (!((typeof data51 == "number") && (isFinite(data51))))){
const err115 = {instancePath:instancePath+"/healthcheck/startPeriod",schemaPath:"#/properties/healthcheck/properties/startPeriod/type",keyword:"type",params:{type: schema11.properties.healthcheck.properties.startPeriod.type},schema:schema11.properties.healthcheck.properties.startPeriod.type,parentSchema:schema11.properties.healthcheck.properties.startPeriod,data:data51};
if(vErrors === null){
vErrors = [err115];
}
else {
vErrors.push(err115);
}
errors++;
}
}
if(data40.retries !== undefined){
let data52 = data40.retries;
if(!(((typeof data52 == "number") && (!(data52 % 1) && !isNaN(data52))) && (isFinite(data52)))){
const err116 = {instancePath:instancePath+"/healthcheck/retries",schemaPath:"#/properties/healthcheck/properties/retries/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.healthcheck.properties.retries.type,parentSchema:schema11.properties.healthcheck.properties.retries,data:data52};
if(vErrors === null){
vErrors = [err116];
}
else {
vErrors.push(err116);
}
errors++;
}
if((typeof data52 == "number") && (isFinite(data52))){
if(data52 > 1000 || isNaN(data52)){
const err117 = {instancePath:instancePath+"/healthcheck/retries",schemaPath:"#/properties/healthcheck/properties/retries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.healthcheck.properties.retries,data:data52};
if(vErrors === null){
vErrors = [err117];
}
else {
vErrors.push(err117);
}
errors++;
}
if(data52 < 1 || isNaN(data52)){
const err118 = {instancePath:instancePath+"/healthcheck/retries",schemaPath:"#/properties/healthcheck/properties/retries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.healthcheck.properties.retries,data:data52};
if(vErrors === null){
vErrors = [err118];
}
else {
vErrors.push(err118);
}
errors++;
}
}
}
}
else {
const err119 = {instancePath:instancePath+"/healthcheck",schemaPath:"#/properties/healthcheck/type",keyword:"type",params:{type: "object"},schema:schema11.properties.healthcheck.type,parentSchema:schema11.properties.healthcheck,data:data40};
if(vErrors === null){
vErrors = [err119];
}
else {
vErrors.push(err119);
}
errors++;
}
}
if(data.liveness !== undefined){
let data53 = data.liveness;
const _errs118 = errors;
let valid28 = false;
let passing1 = null;
const _errs119 = errors;
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.http === undefined){
const err120 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/oneOf/0/required",keyword:"required",params:{missingProperty: "http"},schema:schema11.properties.liveness.oneOf[0].required,parentSchema:schema11.properties.liveness.oneOf[0],data:data53};
if(vErrors === null){
vErrors = [err120];
}
else {
vErrors.push(err120);
}
errors++;
}
}
var _valid2 = _errs119 === errors;
if(_valid2){
valid28 = true;
passing1 = 0;
}
const _errs120 = errors;
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.tcp === undefined){
const err121 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/oneOf/1/required",keyword:"required",params:{missingProperty: "tcp"},schema:schema11.properties.liveness.oneOf[1].required,parentSchema:schema11.properties.liveness.oneOf[1],data:data53};
if(vErrors === null){
vErrors = [err121];
}
else {
vErrors.push(err121);
}
errors++;
}
}
var _valid2 = _errs120 === errors;
if(_valid2 && valid28){
valid28 = false;
passing1 = [passing1, 1];
}
else {
if(_valid2){
valid28 = true;
passing1 = 1;
}
const _errs121 = errors;
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
if(data53.exec === undefined){
const err122 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/oneOf/2/required",keyword:"required",params:{missingProperty: "exec"},schema:schema11.properties.liveness.oneOf[2].required,parentSchema:schema11.properties.liveness.oneOf[2],data:data53};
if(vErrors === null){
vErrors = [err122];
}
else {
vErrors.push(err122);
}
errors++;
}
}
var _valid2 = _errs121 === errors;
if(_valid2 && valid28){
valid28 = false;
passing1 = [passing1, 2];
}
else {
if(_valid2){
valid28 = true;
passing1 = 2;
}
}
}
if(!valid28){
const err123 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/oneOf",keyword:"oneOf",params:{passingSchemas: passing1},schema:schema11.properties.liveness.oneOf,parentSchema:schema11.properties.liveness,data:data53};
if(vErrors === null){
vErrors = [err123];
}
else {
vErrors.push(err123);
}
errors++;
}
else {
errors = _errs118;
if(vErrors !== null){
if(_errs118){
vErrors.length = _errs118;
}
else {
vErrors = null;
}
}
}
if(data53 && typeof data53 == "object" && !Array.isArray(data53)){
for(const key10 in data53){
if(!(((((((key10 === "http") || (key10 === "tcp")) || (key10 === "exec")) || (key10 === "interval")) || (key10 === "timeout")) || (key10 === "startPeriod")) || (key10 === "retries"))){
const err124 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key10},schema:false,parentSchema:schema11.properties.liveness,data:data53};
if(vErrors === null){
vErrors = [err124];
}
else {
vErrors.push(err124);
}
errors++;
}
}
if(data53.http !== undefined){
let data54 = data53.http;
if(data54 && typeof data54 == "object" && !Array.isArray(data54)){
if(data54.port === undefined){
const err125 = {instancePath:instancePath+"/liveness/http",schemaPath:"#/properties/liveness/properties/http/required",keyword:"required",params:{missingProperty: "port"},schema:schema11.properties.liveness.properties.http.required,parentSchema:schema11.properties.liveness.properties.http,data:data54};
if(vErrors === null){
vErrors = [err125];
}
else {
vErrors.push(err125);
}
errors++;
}
for(const key11 in data54){
if(!((key11 === "port") || (key11 === "path"))){
const err126 = {instancePath:instancePath+"/liveness/http",schemaPath:"#/properties/liveness/properties/http/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key11},schema:false,parentSchema:schema11.properties.liveness.properties.http,data:data54};
if(vErrors === null){
vErrors = [err126];
}
else {
vErrors.push(err126);
}
errors++;
}
}
if(data54.port !== undefined){
let data55 = data54.port;
if(!(((typeof data55 == "number") && (!(data55 % 1) && !isNaN(data55))) && (isFinite(data55)))){
const err127 = {instancePath:instancePath+"/liveness/http/port",schemaPath:"#/properties/liveness/properties/http/properties/port/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.liveness.properties.http.properties.port.type,parentSchema:schema11.properties.liveness.properties.http.properties.port,data:data55};
if(vErrors === null){
vErrors = [err127];
}
else {
vErrors.push(err127);
}
errors++;
}
if((typeof data55 == "number") && (isFinite(data55))){
if(data55 > 65535 || isNaN(data55)){
const err128 = {instancePath:instancePath+"/liveness/http/port",schemaPath:"#/properties/liveness/properties/http/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},schema:65535,parentSchema:schema11.properties.liveness.properties.http.properties.port,data:data55};
if(vErrors === null){
vErrors = [err128];
}
else {
vErrors.push(err128);
}
errors++;
}
if(data55 < 1 || isNaN(data55)){
const err129 = {instancePath:instancePath+"/liveness/http/port",schemaPath:"#/properties/liveness/properties/http/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.liveness.properties.http.properties.port,data:data55};
if(vErrors === null){
vErrors = [err129];
}
else {
vErrors.push(err129);
}
errors++;
}
}
}
if(data54.path !== undefined){
let data56 = data54.path;
if(typeof data56 === "string"){
if(func3(data56) > 2048){
const err130 = {instancePath:instancePath+"/liveness/http/path",schemaPath:"#/properties/liveness/properties/http/properties/path/maxLength",keyword:"maxLength",params:{limit: 2048},schema:2048,parentSchema:schema11.properties.liveness.properties.http.properties.path,data:data56};
if(vErrors === null){
vErrors = [err130];
}
else {
vErrors.push(err130);
}
errors++;
}
}
else {
const err131 = {instancePath:instancePath+"/liveness/http/path",schemaPath:"#/properties/liveness/properties/http/properties/path/type",keyword:"type",params:{type: "string"},schema:schema11.properties.liveness.properties.http.properties.path.type,parentSchema:schema11.properties.liveness.properties.http.properties.path,data:data56};
if(vErrors === null){
vErrors = [err131];
}
else {
vErrors.push(err131);
}
errors++;
}
}
}
else {
const err132 = {instancePath:instancePath+"/liveness/http",schemaPath:"#/properties/liveness/properties/http/type",keyword:"type",params:{type: "object"},schema:schema11.properties.liveness.properties.http.type,parentSchema:schema11.properties.liveness.properties.http,data:data54};
if(vErrors === null){
vErrors = [err132];
}
else {
vErrors.push(err132);
}
errors++;
}
}
if(data53.tcp !== undefined){
let data57 = data53.tcp;
if(data57 && typeof data57 == "object" && !Array.isArray(data57)){
if(data57.port === undefined){
const err133 = {instancePath:instancePath+"/liveness/tcp",schemaPath:"#/properties/liveness/properties/tcp/required",keyword:"required",params:{missingProperty: "port"},schema:schema11.properties.liveness.properties.tcp.required,parentSchema:schema11.properties.liveness.properties.tcp,data:data57};
if(vErrors === null){
vErrors = [err133];
}
else {
vErrors.push(err133);
}
errors++;
}
for(const key12 in data57){
if(!(key12 === "port")){
const err134 = {instancePath:instancePath+"/liveness/tcp",schemaPath:"#/properties/liveness/properties/tcp/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key12},schema:false,parentSchema:schema11.properties.liveness.properties.tcp,data:data57};
if(vErrors === null){
vErrors = [err134];
}
else {
vErrors.push(err134);
}
errors++;
}
}
if(data57.port !== undefined){
let data58 = data57.port;
if(!(((typeof data58 == "number") && (!(data58 % 1) && !isNaN(data58))) && (isFinite(data58)))){
const err135 = {instancePath:instancePath+"/liveness/tcp/port",schemaPath:"#/properties/liveness/properties/tcp/properties/port/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.liveness.properties.tcp.properties.port.type,parentSchema:schema11.properties.liveness.properties.tcp.properties.port,data:data58};
if(vErrors === null){
vErrors = [err135];
}
else {
vErrors.push(err135);
}
errors++;
}
if((typeof data58 == "number") && (isFinite(data58))){
if(data58 > 65535 || isNaN(data58)){
const err136 = {instancePath:instancePath+"/liveness/tcp/port",schemaPath:"#/properties/liveness/properties/tcp/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},schema:65535,parentSchema:schema11.properties.liveness.properties.tcp.properties.port,data:data58};
if(vErrors === null){
vErrors = [err136];
}
else {
vErrors.push(err136);
}
errors++;
}
if(data58 < 1 || isNaN(data58)){
const err137 = {instancePath:instancePath+"/liveness/tcp/port",schemaPath:"#/properties/liveness/properties/tcp/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.liveness.properties.tcp.properties.port,data:data58};
if(vErrors === null){
vErrors = [err137];
}
else {
vErrors.push(err137);
}
errors++;
}
}
}
}
else {
const err138 = {instancePath:instancePath+"/liveness/tcp",schemaPath:"#/properties/liveness/properties/tcp/type",keyword:"type",params:{type: "object"},schema:schema11.properties.liveness.properties.tcp.type,parentSchema:schema11.properties.liveness.properties.tcp,data:data57};
if(vErrors === null){
vErrors = [err138];
}
else {
vErrors.push(err138);
}
errors++;
}
}
if(data53.exec !== undefined){
let data59 = data53.exec;
if(data59 && typeof data59 == "object" && !Array.isArray(data59)){
if(data59.command === undefined){
const err139 = {instancePath:instancePath+"/liveness/exec",schemaPath:"#/properties/liveness/properties/exec/required",keyword:"required",params:{missingProperty: "command"},schema:schema11.properties.liveness.properties.exec.required,parentSchema:schema11.properties.liveness.properties.exec,data:data59};
if(vErrors === null){
vErrors = [err139];
}
else {
vErrors.push(err139);
}
errors++;
}
for(const key13 in data59){
if(!(key13 === "command")){
const err140 = {instancePath:instancePath+"/liveness/exec",schemaPath:"#/properties/liveness/properties/exec/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key13},schema:false,parentSchema:schema11.properties.liveness.properties.exec,data:data59};
if(vErrors === null){
vErrors = [err140];
}
else {
vErrors.push(err140);
}
errors++;
}
}
if(data59.command !== undefined){
let data60 = data59.command;
if(Array.isArray(data60)){
if(data60.length > 256){
const err141 = {instancePath:instancePath+"/liveness/exec/command",schemaPath:"#/properties/liveness/properties/exec/properties/command/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.liveness.properties.exec.properties.command,data:data60};
if(vErrors === null){
vErrors = [err141];
}
else {
vErrors.push(err141);
}
errors++;
}
if(data60.length < 1){
const err142 = {instancePath:instancePath+"/liveness/exec/command",schemaPath:"#/properties/liveness/properties/exec/properties/command/minItems",keyword:"minItems",params:{limit: 1},schema:1,parentSchema:schema11.properties.liveness.properties.exec.properties.command,data:data60};
if(vErrors === null){
vErrors = [err142];
}
else {
vErrors.push(err142);
}
errors++;
}
const len8 = data60.length;
for(let i8=0; i8<len8; i8++){
let data61 = data60[i8];
if(typeof data61 === "string"){
if(func3(data61) > 32768){
const err143 = {instancePath:instancePath+"/liveness/exec/command/" + i8,schemaPath:"#/properties/liveness/properties/exec/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.liveness.properties.exec.properties.command.items,data:data61};
if(vErrors === null){
vErrors = [err143];
}
else {
vErrors.push(err143);
}
errors++;
}
}
else {
const err144 = {instancePath:instancePath+"/liveness/exec/command/" + i8,schemaPath:"#/properties/liveness/properties/exec/properties/command/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.liveness.properties.exec.properties.command.items.type,parentSchema:schema11.properties.liveness.properties.exec.properties.command.items,data:data61};
if(vErrors === null){
vErrors = [err144];
}
else {
vErrors.push(err144);
}
errors++;
}
}
}
else {
const err145 = {instancePath:instancePath+"/liveness/exec/command",schemaPath:"#/properties/liveness/properties/exec/properties/command/type",keyword:"type",params:{type: "array"},schema:schema11.properties.liveness.properties.exec.properties.command.type,parentSchema:schema11.properties.liveness.properties.exec.properties.command,data:data60};
if(vErrors === null){
vErrors = [err145];
}
else {
vErrors.push(err145);
}
errors++;
}
}
}
else {
const err146 = {instancePath:instancePath+"/liveness/exec",schemaPath:"#/properties/liveness/properties/exec/type",keyword:"type",params:{type: "object"},schema:schema11.properties.liveness.properties.exec.type,parentSchema:schema11.properties.liveness.properties.exec,data:data59};
if(vErrors === null){
vErrors = [err146];
}
else {
vErrors.push(err146);
}
errors++;
}
}
if(data53.interval !== undefined){
let data62 = data53.interval;
if((typeof data62 !== "string") && (!((typeof data62 == "number") && (isFinite(data62))))){
const err147 = {instancePath:instancePath+"/liveness/interval",schemaPath:"#/properties/liveness/properties/interval/type",keyword:"type",params:{type: schema11.properties.liveness.properties.interval.type},schema:schema11.properties.liveness.properties.interval.type,parentSchema:schema11.properties.liveness.properties.interval,data:data62};
if(vErrors === null){
vErrors = [err147];
}
else {
vErrors.push(err147);
}
errors++;
}
}
if(data53.timeout !== undefined){
let data63 = data53.timeout;
if((typeof data63 !== "string") && (!((typeof data63 == "number") && (isFinite(data63))))){
const err148 = {instancePath:instancePath+"/liveness/timeout",schemaPath:"#/properties/liveness/properties/timeout/type",keyword:"type",params:{type: schema11.properties.liveness.properties.timeout.type},schema:schema11.properties.liveness.properties.timeout.type,parentSchema:schema11.properties.liveness.properties.timeout,data:data63};
if(vErrors === null){
vErrors = [err148];
}
else {
vErrors.push(err148);
}
errors++;
}
}
if(data53.startPeriod !== undefined){
let data64 = data53.startPeriod;
if((typeof data64 !== "string") && (!((typeof data64 == "number") && (isFinite(data64))))){
const err149 = {instancePath:instancePath+"/liveness/startPeriod",schemaPath:"#/properties/liveness/properties/startPeriod/type",keyword:"type",params:{type: schema11.properties.liveness.properties.startPeriod.type},schema:schema11.properties.liveness.properties.startPeriod.type,parentSchema:schema11.properties.liveness.properties.startPeriod,data:data64};
if(vErrors === null){
vErrors = [err149];
}
else {
vErrors.push(err149);
}
errors++;
}
}
if(data53.retries !== undefined){
let data65 = data53.retries;
if(!(((typeof data65 == "number") && (!(data65 % 1) && !isNaN(data65))) && (isFinite(data65)))){
const err150 = {instancePath:instancePath+"/liveness/retries",schemaPath:"#/properties/liveness/properties/retries/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.liveness.properties.retries.type,parentSchema:schema11.properties.liveness.properties.retries,data:data65};
if(vErrors === null){
vErrors = [err150];
}
else {
vErrors.push(err150);
}
errors++;
}
if((typeof data65 == "number") && (isFinite(data65))){
if(data65 > 1000 || isNaN(data65)){
const err151 = {instancePath:instancePath+"/liveness/retries",schemaPath:"#/properties/liveness/properties/retries/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.liveness.properties.retries,data:data65};
if(vErrors === null){
vErrors = [err151];
}
else {
vErrors.push(err151);
}
errors++;
}
if(data65 < 1 || isNaN(data65)){
const err152 = {instancePath:instancePath+"/liveness/retries",schemaPath:"#/properties/liveness/properties/retries/minimum",keyword:"minimum",params:{comparison: ">=", limit: 1},schema:1,parentSchema:schema11.properties.liveness.properties.retries,data:data65};
if(vErrors === null){
vErrors = [err152];
}
else {
vErrors.push(err152);
}
errors++;
}
}
}
}
else {
const err153 = {instancePath:instancePath+"/liveness",schemaPath:"#/properties/liveness/type",keyword:"type",params:{type: "object"},schema:schema11.properties.liveness.type,parentSchema:schema11.properties.liveness,data:data53};
if(vErrors === null){
vErrors = [err153];
}
else {
vErrors.push(err153);
}
errors++;
}
}
if(data.restart !== undefined){
let data66 = data.restart;
if(data66 && typeof data66 == "object" && !Array.isArray(data66)){
for(const key14 in data66){
if(!((key14 === "policy") || (key14 === "backoff"))){
const err154 = {instancePath:instancePath+"/restart",schemaPath:"#/properties/restart/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key14},schema:false,parentSchema:schema11.properties.restart,data:data66};
if(vErrors === null){
vErrors = [err154];
}
else {
vErrors.push(err154);
}
errors++;
}
}
if(data66.policy !== undefined){
let data67 = data66.policy;
if(!((((data67 === "always") || (data67 === "on-failure")) || (data67 === "unless-stopped")) || (data67 === "no"))){
const err155 = {instancePath:instancePath+"/restart/policy",schemaPath:"#/properties/restart/properties/policy/enum",keyword:"enum",params:{allowedValues: schema11.properties.restart.properties.policy.enum},schema:schema11.properties.restart.properties.policy.enum,parentSchema:schema11.properties.restart.properties.policy,data:data67};
if(vErrors === null){
vErrors = [err155];
}
else {
vErrors.push(err155);
}
errors++;
}
}
if(data66.backoff !== undefined){
let data68 = data66.backoff;
if(data68 && typeof data68 == "object" && !Array.isArray(data68)){
for(const key15 in data68){
if(!((key15 === "initial") || (key15 === "max"))){
const err156 = {instancePath:instancePath+"/restart/backoff",schemaPath:"#/properties/restart/properties/backoff/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key15},schema:false,parentSchema:schema11.properties.restart.properties.backoff,data:data68};
if(vErrors === null){
vErrors = [err156];
}
else {
vErrors.push(err156);
}
errors++;
}
}
if(data68.initial !== undefined){
let data69 = data68.initial;
if((typeof data69 !== "string") && (!((typeof data69 == "number") && (isFinite(data69))))){
const err157 = {instancePath:instancePath+"/restart/backoff/initial",schemaPath:"#/properties/restart/properties/backoff/properties/initial/type",keyword:"type",params:{type: schema11.properties.restart.properties.backoff.properties.initial.type},schema:schema11.properties.restart.properties.backoff.properties.initial.type,parentSchema:schema11.properties.restart.properties.backoff.properties.initial,data:data69};
if(vErrors === null){
vErrors = [err157];
}
else {
vErrors.push(err157);
}
errors++;
}
}
if(data68.max !== undefined){
let data70 = data68.max;
if((typeof data70 !== "string") && (!((typeof data70 == "number") && (isFinite(data70))))){
const err158 = {instancePath:instancePath+"/restart/backoff/max",schemaPath:"#/properties/restart/properties/backoff/properties/max/type",keyword:"type",params:{type: schema11.properties.restart.properties.backoff.properties.max.type},schema:schema11.properties.restart.properties.backoff.properties.max.type,parentSchema:schema11.properties.restart.properties.backoff.properties.max,data:data70};
if(vErrors === null){
vErrors = [err158];
}
else {
vErrors.push(err158);
}
errors++;
}
}
}
else {
const err159 = {instancePath:instancePath+"/restart/backoff",schemaPath:"#/properties/restart/properties/backoff/type",keyword:"type",params:{type: "object"},schema:schema11.properties.restart.properties.backoff.type,parentSchema:schema11.properties.restart.properties.backoff,data:data68};
if(vErrors === null){
vErrors = [err159];
}
else {
vErrors.push(err159);
}
errors++;
}
}
}
else {
const err160 = {instancePath:instancePath+"/restart",schemaPath:"#/properties/restart/type",keyword:"type",params:{type: "object"},schema:schema11.properties.restart.type,parentSchema:schema11.properties.restart,data:data66};
if(vErrors === null){
vErrors = [err160];
}
else {
vErrors.push(err160);
}
errors++;
}
}
if(data.update !== undefined){
let data71 = data.update;
if(data71 && typeof data71 == "object" && !Array.isArray(data71)){
for(const key16 in data71){
if(!(((((((key16 === "maxUnavailable") || (key16 === "maxSurge")) || (key16 === "order")) || (key16 === "healthyAfter")) || (key16 === "deadline")) || (key16 === "onFailure")) || (key16 === "before"))){
const err161 = {instancePath:instancePath+"/update",schemaPath:"#/properties/update/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key16},schema:false,parentSchema:schema11.properties.update,data:data71};
if(vErrors === null){
vErrors = [err161];
}
else {
vErrors.push(err161);
}
errors++;
}
}
if(data71.maxUnavailable !== undefined){
let data72 = data71.maxUnavailable;
if(!(((typeof data72 == "number") && (!(data72 % 1) && !isNaN(data72))) && (isFinite(data72)))){
const err162 = {instancePath:instancePath+"/update/maxUnavailable",schemaPath:"#/properties/update/properties/maxUnavailable/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.update.properties.maxUnavailable.type,parentSchema:schema11.properties.update.properties.maxUnavailable,data:data72};
if(vErrors === null){
vErrors = [err162];
}
else {
vErrors.push(err162);
}
errors++;
}
if((typeof data72 == "number") && (isFinite(data72))){
if(data72 > 1000 || isNaN(data72)){
const err163 = {instancePath:instancePath+"/update/maxUnavailable",schemaPath:"#/properties/update/properties/maxUnavailable/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.update.properties.maxUnavailable,data:data72};
if(vErrors === null){
vErrors = [err163];
}
else {
vErrors.push(err163);
}
errors++;
}
if(data72 < 0 || isNaN(data72)){
const err164 = {instancePath:instancePath+"/update/maxUnavailable",schemaPath:"#/properties/update/properties/maxUnavailable/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.update.properties.maxUnavailable,data:data72};
if(vErrors === null){
vErrors = [err164];
}
else {
vErrors.push(err164);
}
errors++;
}
}
}
if(data71.maxSurge !== undefined){
let data73 = data71.maxSurge;
if(!(((typeof data73 == "number") && (!(data73 % 1) && !isNaN(data73))) && (isFinite(data73)))){
const err165 = {instancePath:instancePath+"/update/maxSurge",schemaPath:"#/properties/update/properties/maxSurge/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.update.properties.maxSurge.type,parentSchema:schema11.properties.update.properties.maxSurge,data:data73};
if(vErrors === null){
vErrors = [err165];
}
else {
vErrors.push(err165);
}
errors++;
}
if((typeof data73 == "number") && (isFinite(data73))){
if(data73 > 1000 || isNaN(data73)){
const err166 = {instancePath:instancePath+"/update/maxSurge",schemaPath:"#/properties/update/properties/maxSurge/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000},schema:1000,parentSchema:schema11.properties.update.properties.maxSurge,data:data73};
if(vErrors === null){
vErrors = [err166];
}
else {
vErrors.push(err166);
}
errors++;
}
if(data73 < 0 || isNaN(data73)){
const err167 = {instancePath:instancePath+"/update/maxSurge",schemaPath:"#/properties/update/properties/maxSurge/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},schema:0,parentSchema:schema11.properties.update.properties.maxSurge,data:data73};
if(vErrors === null){
vErrors = [err167];
}
else {
vErrors.push(err167);
}
errors++;
}
}
}
if(data71.order !== undefined){
let data74 = data71.order;
if(!((data74 === "start-first") || (data74 === "stop-first"))){
const err168 = {instancePath:instancePath+"/update/order",schemaPath:"#/properties/update/properties/order/enum",keyword:"enum",params:{allowedValues: schema11.properties.update.properties.order.enum},schema:schema11.properties.update.properties.order.enum,parentSchema:schema11.properties.update.properties.order,data:data74};
if(vErrors === null){
vErrors = [err168];
}
else {
vErrors.push(err168);
}
errors++;
}
}
if(data71.healthyAfter !== undefined){
let data75 = data71.healthyAfter;
if((typeof data75 !== "string") && (!((typeof data75 == "number") && (isFinite(data75))))){
const err169 = {instancePath:instancePath+"/update/healthyAfter",schemaPath:"#/properties/update/properties/healthyAfter/type",keyword:"type",params:{type: schema11.properties.update.properties.healthyAfter.type},schema:schema11.properties.update.properties.healthyAfter.type,parentSchema:schema11.properties.update.properties.healthyAfter,data:data75};
if(vErrors === null){
vErrors = [err169];
}
else {
vErrors.push(err169);
}
errors++;
}
}
if(data71.deadline !== undefined){
let data76 = data71.deadline;
if((typeof data76 !== "string") && (!((typeof data76 == "number") && (isFinite(data76))))){
const err170 = {instancePath:instancePath+"/update/deadline",schemaPath:"#/properties/update/properties/deadline/type",keyword:"type",params:{type: schema11.properties.update.properties.deadline.type},schema:schema11.properties.update.properties.deadline.type,parentSchema:schema11.properties.update.properties.deadline,data:data76};
if(vErrors === null){
vErrors = [err170];
}
else {
vErrors.push(err170);
}
errors++;
}
}
if(data71.onFailure !== undefined){
let data77 = data71.onFailure;
if(!((data77 === "rollback") || (data77 === "halt"))){
const err171 = {instancePath:instancePath+"/update/onFailure",schemaPath:"#/properties/update/properties/onFailure/enum",keyword:"enum",params:{allowedValues: schema11.properties.update.properties.onFailure.enum},schema:schema11.properties.update.properties.onFailure.enum,parentSchema:schema11.properties.update.properties.onFailure,data:data77};
if(vErrors === null){
vErrors = [err171];
}
else {
vErrors.push(err171);
}
errors++;
}
}
if(data71.before !== undefined){
let data78 = data71.before;
if(data78 && typeof data78 == "object" && !Array.isArray(data78)){
for(const key17 in data78){
if(!((((key17 === "image") || (key17 === "entrypoint")) || (key17 === "command")) || (key17 === "timeout"))){
const err172 = {instancePath:instancePath+"/update/before",schemaPath:"#/properties/update/properties/before/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key17},schema:false,parentSchema:schema11.properties.update.properties.before,data:data78};
if(vErrors === null){
vErrors = [err172];
}
else {
vErrors.push(err172);
}
errors++;
}
}
if(data78.image !== undefined){
let data79 = data78.image;
if(typeof data79 === "string"){
if(func3(data79) > 1024){
const err173 = {instancePath:instancePath+"/update/before/image",schemaPath:"#/properties/update/properties/before/properties/image/maxLength",keyword:"maxLength",params:{limit: 1024},schema:1024,parentSchema:schema11.properties.update.properties.before.properties.image,data:data79};
if(vErrors === null){
vErrors = [err173];
}
else {
vErrors.push(err173);
}
errors++;
}
if(func3(data79) < 1){
const err174 = {instancePath:instancePath+"/update/before/image",schemaPath:"#/properties/update/properties/before/properties/image/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.update.properties.before.properties.image,data:data79};
if(vErrors === null){
vErrors = [err174];
}
else {
vErrors.push(err174);
}
errors++;
}
}
else {
const err175 = {instancePath:instancePath+"/update/before/image",schemaPath:"#/properties/update/properties/before/properties/image/type",keyword:"type",params:{type: "string"},schema:schema11.properties.update.properties.before.properties.image.type,parentSchema:schema11.properties.update.properties.before.properties.image,data:data79};
if(vErrors === null){
vErrors = [err175];
}
else {
vErrors.push(err175);
}
errors++;
}
}
if(data78.entrypoint !== undefined){
let data80 = data78.entrypoint;
if(Array.isArray(data80)){
if(data80.length > 256){
const err176 = {instancePath:instancePath+"/update/before/entrypoint",schemaPath:"#/properties/update/properties/before/properties/entrypoint/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.update.properties.before.properties.entrypoint,data:data80};
if(vErrors === null){
vErrors = [err176];
}
else {
vErrors.push(err176);
}
errors++;
}
const len9 = data80.length;
for(let i9=0; i9<len9; i9++){
let data81 = data80[i9];
if(typeof data81 === "string"){
if(func3(data81) > 32768){
const err177 = {instancePath:instancePath+"/update/before/entrypoint/" + i9,schemaPath:"#/properties/update/properties/before/properties/entrypoint/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.update.properties.before.properties.entrypoint.items,data:data81};
if(vErrors === null){
vErrors = [err177];
}
else {
vErrors.push(err177);
}
errors++;
}
}
else {
const err178 = {instancePath:instancePath+"/update/before/entrypoint/" + i9,schemaPath:"#/properties/update/properties/before/properties/entrypoint/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.update.properties.before.properties.entrypoint.items.type,parentSchema:schema11.properties.update.properties.before.properties.entrypoint.items,data:data81};
if(vErrors === null){
vErrors = [err178];
}
else {
vErrors.push(err178);
}
errors++;
}
}
}
else {
const err179 = {instancePath:instancePath+"/update/before/entrypoint",schemaPath:"#/properties/update/properties/before/properties/entrypoint/type",keyword:"type",params:{type: "array"},schema:schema11.properties.update.properties.before.properties.entrypoint.type,parentSchema:schema11.properties.update.properties.before.properties.entrypoint,data:data80};
if(vErrors === null){
vErrors = [err179];
}
else {
vErrors.push(err179);
}
errors++;
}
}
if(data78.command !== undefined){
let data82 = data78.command;
if(Array.isArray(data82)){
if(data82.length > 256){
const err180 = {instancePath:instancePath+"/update/before/command",schemaPath:"#/properties/update/properties/before/properties/command/maxItems",keyword:"maxItems",params:{limit: 256},schema:256,parentSchema:schema11.properties.update.properties.before.properties.command,data:data82};
if(vErrors === null){
vErrors = [err180];
}
else {
vErrors.push(err180);
}
errors++;
}
const len10 = data82.length;
for(let i10=0; i10<len10; i10++){
let data83 = data82[i10];
if(typeof data83 === "string"){
if(func3(data83) > 32768){
const err181 = {instancePath:instancePath+"/update/before/command/" + i10,schemaPath:"#/properties/update/properties/before/properties/command/items/maxLength",keyword:"maxLength",params:{limit: 32768},schema:32768,parentSchema:schema11.properties.update.properties.before.properties.command.items,data:data83};
if(vErrors === null){
vErrors = [err181];
}
else {
vErrors.push(err181);
}
errors++;
}
}
else {
const err182 = {instancePath:instancePath+"/update/before/command/" + i10,schemaPath:"#/properties/update/properties/before/properties/command/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.update.properties.before.properties.command.items.type,parentSchema:schema11.properties.update.properties.before.properties.command.items,data:data83};
if(vErrors === null){
vErrors = [err182];
}
else {
vErrors.push(err182);
}
errors++;
}
}
}
else {
const err183 = {instancePath:instancePath+"/update/before/command",schemaPath:"#/properties/update/properties/before/properties/command/type",keyword:"type",params:{type: "array"},schema:schema11.properties.update.properties.before.properties.command.type,parentSchema:schema11.properties.update.properties.before.properties.command,data:data82};
if(vErrors === null){
vErrors = [err183];
}
else {
vErrors.push(err183);
}
errors++;
}
}
if(data78.timeout !== undefined){
let data84 = data78.timeout;
if((typeof data84 !== "string") && (!((typeof data84 == "number") && (isFinite(data84))))){
const err184 = {instancePath:instancePath+"/update/before/timeout",schemaPath:"#/properties/update/properties/before/properties/timeout/type",keyword:"type",params:{type: schema11.properties.update.properties.before.properties.timeout.type},schema:schema11.properties.update.properties.before.properties.timeout.type,parentSchema:schema11.properties.update.properties.before.properties.timeout,data:data84};
if(vErrors === null){
vErrors = [err184];
}
else {
vErrors.push(err184);
}
errors++;
}
}
}
else {
const err185 = {instancePath:instancePath+"/update/before",schemaPath:"#/properties/update/properties/before/type",keyword:"type",params:{type: "object"},schema:schema11.properties.update.properties.before.type,parentSchema:schema11.properties.update.properties.before,data:data78};
if(vErrors === null){
vErrors = [err185];
}
else {
vErrors.push(err185);
}
errors++;
}
}
}
else {
const err186 = {instancePath:instancePath+"/update",schemaPath:"#/properties/update/type",keyword:"type",params:{type: "object"},schema:schema11.properties.update.type,parentSchema:schema11.properties.update,data:data71};
if(vErrors === null){
vErrors = [err186];
}
else {
vErrors.push(err186);
}
errors++;
}
}
if(data.constraints !== undefined){
let data85 = data.constraints;
if(Array.isArray(data85)){
if(data85.length > 64){
const err187 = {instancePath:instancePath+"/constraints",schemaPath:"#/properties/constraints/maxItems",keyword:"maxItems",params:{limit: 64},schema:64,parentSchema:schema11.properties.constraints,data:data85};
if(vErrors === null){
vErrors = [err187];
}
else {
vErrors.push(err187);
}
errors++;
}
const len11 = data85.length;
for(let i11=0; i11<len11; i11++){
let data86 = data85[i11];
if(typeof data86 === "string"){
if(func3(data86) > 1024){
const err188 = {instancePath:instancePath+"/constraints/" + i11,schemaPath:"#/properties/constraints/items/maxLength",keyword:"maxLength",params:{limit: 1024},schema:1024,parentSchema:schema11.properties.constraints.items,data:data86};
if(vErrors === null){
vErrors = [err188];
}
else {
vErrors.push(err188);
}
errors++;
}
if(func3(data86) < 1){
const err189 = {instancePath:instancePath+"/constraints/" + i11,schemaPath:"#/properties/constraints/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.constraints.items,data:data86};
if(vErrors === null){
vErrors = [err189];
}
else {
vErrors.push(err189);
}
errors++;
}
}
else {
const err190 = {instancePath:instancePath+"/constraints/" + i11,schemaPath:"#/properties/constraints/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.constraints.items.type,parentSchema:schema11.properties.constraints.items,data:data86};
if(vErrors === null){
vErrors = [err190];
}
else {
vErrors.push(err190);
}
errors++;
}
}
}
else {
const err191 = {instancePath:instancePath+"/constraints",schemaPath:"#/properties/constraints/type",keyword:"type",params:{type: "array"},schema:schema11.properties.constraints.type,parentSchema:schema11.properties.constraints,data:data85};
if(vErrors === null){
vErrors = [err191];
}
else {
vErrors.push(err191);
}
errors++;
}
}
if(data.spread !== undefined){
let data87 = data.spread;
if(typeof data87 === "string"){
if(func3(data87) > 317){
const err192 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/maxLength",keyword:"maxLength",params:{limit: 317},schema:317,parentSchema:schema11.properties.spread,data:data87};
if(vErrors === null){
vErrors = [err192];
}
else {
vErrors.push(err192);
}
errors++;
}
if(func3(data87) < 1){
const err193 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.spread,data:data87};
if(vErrors === null){
vErrors = [err193];
}
else {
vErrors.push(err193);
}
errors++;
}
}
else {
const err194 = {instancePath:instancePath+"/spread",schemaPath:"#/properties/spread/type",keyword:"type",params:{type: "string"},schema:schema11.properties.spread.type,parentSchema:schema11.properties.spread,data:data87};
if(vErrors === null){
vErrors = [err194];
}
else {
vErrors.push(err194);
}
errors++;
}
}
if(data.clusters !== undefined){
let data88 = data.clusters;
if(Array.isArray(data88)){
if(data88.length > 32){
const err195 = {instancePath:instancePath+"/clusters",schemaPath:"#/properties/clusters/maxItems",keyword:"maxItems",params:{limit: 32},schema:32,parentSchema:schema11.properties.clusters,data:data88};
if(vErrors === null){
vErrors = [err195];
}
else {
vErrors.push(err195);
}
errors++;
}
const len12 = data88.length;
for(let i12=0; i12<len12; i12++){
let data89 = data88[i12];
if(typeof data89 === "string"){
if(func3(data89) > 63){
const err196 = {instancePath:instancePath+"/clusters/" + i12,schemaPath:"#/properties/clusters/items/maxLength",keyword:"maxLength",params:{limit: 63},schema:63,parentSchema:schema11.properties.clusters.items,data:data89};
if(vErrors === null){
vErrors = [err196];
}
else {
vErrors.push(err196);
}
errors++;
}
if(func3(data89) < 1){
const err197 = {instancePath:instancePath+"/clusters/" + i12,schemaPath:"#/properties/clusters/items/minLength",keyword:"minLength",params:{limit: 1},schema:1,parentSchema:schema11.properties.clusters.items,data:data89};
if(vErrors === null){
vErrors = [err197];
}
else {
vErrors.push(err197);
}
errors++;
}
}
else {
const err198 = {instancePath:instancePath+"/clusters/" + i12,schemaPath:"#/properties/clusters/items/type",keyword:"type",params:{type: "string"},schema:schema11.properties.clusters.items.type,parentSchema:schema11.properties.clusters.items,data:data89};
if(vErrors === null){
vErrors = [err198];
}
else {
vErrors.push(err198);
}
errors++;
}
}
}
else {
const err199 = {instancePath:instancePath+"/clusters",schemaPath:"#/properties/clusters/type",keyword:"type",params:{type: "array"},schema:schema11.properties.clusters.type,parentSchema:schema11.properties.clusters,data:data88};
if(vErrors === null){
vErrors = [err199];
}
else {
vErrors.push(err199);
}
errors++;
}
}
if(data.placement !== undefined){
let data90 = data.placement;
if(data90 && typeof data90 == "object" && !Array.isArray(data90)){
for(const key18 in data90){
if(!(((key18 === "bidWindow") || (key18 === "onPartition")) || (key18 === "atMostOne"))){
const err200 = {instancePath:instancePath+"/placement",schemaPath:"#/properties/placement/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key18},schema:false,parentSchema:schema11.properties.placement,data:data90};
if(vErrors === null){
vErrors = [err200];
}
else {
vErrors.push(err200);
}
errors++;
}
}
if(data90.bidWindow !== undefined){
let data91 = data90.bidWindow;
if((typeof data91 !== "string") && (!((typeof data91 == "number") && (isFinite(data91))))){
const err201 = {instancePath:instancePath+"/placement/bidWindow",schemaPath:"#/properties/placement/properties/bidWindow/type",keyword:"type",params:{type: schema11.properties.placement.properties.bidWindow.type},schema:schema11.properties.placement.properties.bidWindow.type,parentSchema:schema11.properties.placement.properties.bidWindow,data:data91};
if(vErrors === null){
vErrors = [err201];
}
else {
vErrors.push(err201);
}
errors++;
}
}
if(data90.onPartition !== undefined){
let data92 = data90.onPartition;
if(!((data92 === "keep") || (data92 === "stop"))){
const err202 = {instancePath:instancePath+"/placement/onPartition",schemaPath:"#/properties/placement/properties/onPartition/enum",keyword:"enum",params:{allowedValues: schema11.properties.placement.properties.onPartition.enum},schema:schema11.properties.placement.properties.onPartition.enum,parentSchema:schema11.properties.placement.properties.onPartition,data:data92};
if(vErrors === null){
vErrors = [err202];
}
else {
vErrors.push(err202);
}
errors++;
}
}
if(data90.atMostOne !== undefined){
let data93 = data90.atMostOne;
if(typeof data93 !== "boolean"){
const err203 = {instancePath:instancePath+"/placement/atMostOne",schemaPath:"#/properties/placement/properties/atMostOne/type",keyword:"type",params:{type: "boolean"},schema:schema11.properties.placement.properties.atMostOne.type,parentSchema:schema11.properties.placement.properties.atMostOne,data:data93};
if(vErrors === null){
vErrors = [err203];
}
else {
vErrors.push(err203);
}
errors++;
}
}
}
else {
const err204 = {instancePath:instancePath+"/placement",schemaPath:"#/properties/placement/type",keyword:"type",params:{type: "object"},schema:schema11.properties.placement.type,parentSchema:schema11.properties.placement,data:data90};
if(vErrors === null){
vErrors = [err204];
}
else {
vErrors.push(err204);
}
errors++;
}
}
if(data.priority !== undefined){
let data94 = data.priority;
if(!(((typeof data94 == "number") && (!(data94 % 1) && !isNaN(data94))) && (isFinite(data94)))){
const err205 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/type",keyword:"type",params:{type: "integer"},schema:schema11.properties.priority.type,parentSchema:schema11.properties.priority,data:data94};
if(vErrors === null){
vErrors = [err205];
}
else {
vErrors.push(err205);
}
errors++;
}
if((typeof data94 == "number") && (isFinite(data94))){
if(data94 > 1000000 || isNaN(data94)){
const err206 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/maximum",keyword:"maximum",params:{comparison: "<=", limit: 1000000},schema:1000000,parentSchema:schema11.properties.priority,data:data94};
if(vErrors === null){
vErrors = [err206];
}
else {
vErrors.push(err206);
}
errors++;
}
if(data94 < -1000000 || isNaN(data94)){
const err207 = {instancePath:instancePath+"/priority",schemaPath:"#/properties/priority/minimum",keyword:"minimum",params:{comparison: ">=", limit: -1000000},schema:-1000000,parentSchema:schema11.properties.priority,data:data94};
if(vErrors === null){
vErrors = [err207];
}
else {
vErrors.push(err207);
}
errors++;
}
}
}
if(data.stopGracePeriod !== undefined){
let data95 = data.stopGracePeriod;
if((typeof data95 !== "string") && (!((typeof data95 == "number") && (isFinite(data95))))){
const err208 = {instancePath:instancePath+"/stopGracePeriod",schemaPath:"#/properties/stopGracePeriod/type",keyword:"type",params:{type: schema11.properties.stopGracePeriod.type},schema:schema11.properties.stopGracePeriod.type,parentSchema:schema11.properties.stopGracePeriod,data:data95};
if(vErrors === null){
vErrors = [err208];
}
else {
vErrors.push(err208);
}
errors++;
}
}
if(data.stopSignal !== undefined){
let data96 = data.stopSignal;
if(!(((((((((((data96 === "SIGTERM") || (data96 === "SIGINT")) || (data96 === "SIGQUIT")) || (data96 === "SIGHUP")) || (data96 === "SIGUSR1")) || (data96 === "SIGUSR2")) || (data96 === "SIGWINCH")) || (data96 === "SIGABRT")) || (data96 === "SIGALRM")) || (data96 === "SIGKILL")) || (data96 === "SIGRTMIN+3"))){
const err209 = {instancePath:instancePath+"/stopSignal",schemaPath:"#/properties/stopSignal/enum",keyword:"enum",params:{allowedValues: schema11.properties.stopSignal.enum},schema:schema11.properties.stopSignal.enum,parentSchema:schema11.properties.stopSignal,data:data96};
if(vErrors === null){
vErrors = [err209];
}
else {
vErrors.push(err209);
}
errors++;
}
}
if(data.schedule !== undefined){
let data97 = data.schedule;
if(typeof data97 === "string"){
if(func3(data97) > 256){
const err210 = {instancePath:instancePath+"/schedule",schemaPath:"#/properties/schedule/maxLength",keyword:"maxLength",params:{limit: 256},schema:256,parentSchema:schema11.properties.schedule,data:data97};
if(vErrors === null){
vErrors = [err210];
}
else {
vErrors.push(err210);
}
errors++;
}
}
else {
const err211 = {instancePath:instancePath+"/schedule",schemaPath:"#/properties/schedule/type",keyword:"type",params:{type: "string"},schema:schema11.properties.schedule.type,parentSchema:schema11.properties.schedule,data:data97};
if(vErrors === null){
vErrors = [err211];
}
else {
vErrors.push(err211);
}
errors++;
}
}
if(data.protect !== undefined){
let data98 = data.protect;
if(typeof data98 !== "boolean"){
const err212 = {instancePath:instancePath+"/protect",schemaPath:"#/properties/protect/type",keyword:"type",params:{type: "boolean"},schema:schema11.properties.protect.type,parentSchema:schema11.properties.protect,data:data98};
if(vErrors === null){
vErrors = [err212];
}
else {
vErrors.push(err212);
}
errors++;
}
}
}
else {
const err213 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},schema:schema11.type,parentSchema:schema11,data};
if(vErrors === null){
vErrors = [err213];
}
else {
vErrors.push(err213);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}
