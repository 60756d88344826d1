const NOT_HERE = 'nothing; the machines are those of other people, and none gives that away'

/** Words of Compose and Kubernetes, and what stands for them here. Keys as `parent.key`, or alone. */
const FOREIGN: Readonly<Record<string, string>> = {
  'ports.target': 'container',
  'ports.containerport': 'container',
  'ports.internal': 'container',
  'ports.published': 'nothing; each machine chooses the outer port itself',
  'ports.hostport': 'nothing; each machine chooses the outer port itself',
  'ports.host': 'nothing; each machine chooses the outer port itself',
  'volumes.target': 'path',
  'volumes.mountpath': 'path',
  'volumes.source': 'nothing; folders of the machine cannot be mounted',
  'volumes.hostpath': 'nothing; folders of the machine cannot be mounted',
  'healthcheck.test': 'exec: { command: [...] }',
  'healthcheck.cmd': 'exec: { command: [...] }',
  'healthcheck.command': 'exec: { command: [...] }',
  'healthcheck.httpget': 'http',
  'healthcheck.tcpsocket': 'tcp',
  'healthcheck.port': 'http: { port: ... } or tcp: { port: ... }',
  'healthcheck.path': 'http: { port: ..., path: ... }',
  'resources.limits': 'cpu and memory directly below resources',
  'resources.requests': 'cpu and memory directly below resources',
  'update.delay': 'healthyAfter',
  'update.parallelism': 'maxUnavailable',
  'restart.delay': 'backoff: { initial: ... }',
  environment: 'env',
  args: 'command',
  cmd: 'command',
  metadata: 'name at the top level; this is no Kubernetes manifest',
  apiversion: 'nothing; this is no Kubernetes manifest',
  spec: 'its keys at the top level; this is no Kubernetes manifest',
  services: 'one document a service; commune import reads Compose files',
  deploy: 'replicas, resources, update and restart at the top level',
  containername: 'name',
  memlimit: 'resources: { memory: ... }',
  cpus: 'resources: { cpu: ... }',
  livenessprobe: 'healthcheck',
  readinessprobe: 'healthcheck',
  cronspec: 'schedule',
  nodeselector: 'constraints',
  affinity: 'constraints and spread',
  networks: 'nothing; each workload has a network of its own, and egress opens it',
  dependson: 'nothing; let the container wait or end until what it needs is there',
  privileged: NOT_HERE,
  devices: NOT_HERE,
  hostpid: NOT_HERE,
  hostipc: NOT_HERE,
  hostnetwork: NOT_HERE,
  networkmode: NOT_HERE,
  pid: NOT_HERE,
  ipc: NOT_HERE,
  securityopt: NOT_HERE,
  cgroupparent: NOT_HERE,
}

/** What to write instead of a key that other tools know, or undefined. */
export function suggestForeign(parent: string | undefined, key: string): string | undefined {
  const plain = key.toLowerCase().replaceAll(/[-_]/g, '')
  const inParent = parent === undefined ? undefined : `${parent}.${plain}`
  if (inParent !== undefined && Object.hasOwn(FOREIGN, inParent)) return FOREIGN[inParent]
  return Object.hasOwn(FOREIGN, plain) ? FOREIGN[plain] : undefined
}
