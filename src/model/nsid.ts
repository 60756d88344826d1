/**
 * Names of the collections and methods. The brief fixes both roots; they stand here once, so that a
 * change of root is a change of this file and of the folder `lexicons`.
 */
const RECORDS = 'commune.scheduler'
const METHODS = 'farm.meshlet'

export const COLLECTION = {
  workload: `${RECORDS}.workload`,
  meshlet: `${RECORDS}.meshlet`,
  secret: `${RECORDS}.secret`,
  set: `${RECORDS}.set`,
  clusterPolicy: `${RECORDS}.clusterPolicy`,
  acknowledgement: `${RECORDS}.acknowledgement`,
  sponsor: `${RECORDS}.sponsor`,
  dispute: `${RECORDS}.dispute`,
  answer: `${RECORDS}.answer`,
  proposal: `${RECORDS}.proposal`,
  vote: `${RECORDS}.vote`,
  decision: `${RECORDS}.decision`,
  meshletOwner: `${RECORDS}.meshletOwner`,
  cluster: `${RECORDS}.cluster`,
  meshletStatus: `${RECORDS}.meshletStatus`,
  bid: `${RECORDS}.bid`,
  workloadStatus: `${RECORDS}.workloadStatus`,
  suspicion: `${RECORDS}.suspicion`,
  usage: `${RECORDS}.usage`,
} as const

export type CollectionName = keyof typeof COLLECTION
export type Collection = (typeof COLLECTION)[CollectionName]

/** What every collection of ours starts with. */
export const COLLECTION_PREFIX = `${RECORDS}.`

export const METHOD = {
  getCapacity: `${METHODS}.getCapacity`,
  listWorkloads: `${METHODS}.listWorkloads`,
  getWorkloadStatus: `${METHODS}.getWorkloadStatus`,
  deleteWorkload: `${METHODS}.deleteWorkload`,
  pauseWorkload: `${METHODS}.pauseWorkload`,
  resumeWorkload: `${METHODS}.resumeWorkload`,
  stopWorkload: `${METHODS}.stopWorkload`,
  restartWorkload: `${METHODS}.restartWorkload`,
  getUsage: `${METHODS}.getUsage`,
  getLogs: `${METHODS}.getLogs`,
  exec: `${METHODS}.exec`,
  subscribeLogs: `${METHODS}.subscribeLogs`,
  pause: `${METHODS}.pause`,
  resume: `${METHODS}.resume`,
  drain: `${METHODS}.drain`,
  shutdown: `${METHODS}.shutdown`,
  heartbeat: `${METHODS}.heartbeat`,
  getHealth: `${METHODS}.getHealth`,
  listEvents: `${METHODS}.listEvents`,
} as const

export type MethodName = keyof typeof METHOD

/** Methods of atproto with which repos are read. */
export const SYNC_METHOD = {
  getLatestCommit: 'com.atproto.sync.getLatestCommit',
  getBlocks: 'com.atproto.sync.getBlocks',
  getRecord: 'com.atproto.sync.getRecord',
  subscribeRepos: 'com.atproto.sync.subscribeRepos',
} as const

/** Methods of atproto with which single records are read. */
export const REPO_METHOD = {
  getRecord: 'com.atproto.repo.getRecord',
  listRecords: 'com.atproto.repo.listRecords',
} as const

/** Lists of accounts, as Bluesky has them. */
export const GRAPH = { list: 'app.bsky.graph.list', listItem: 'app.bsky.graph.listitem' } as const

/** Method of labelers, who say what they think of an account. */
export const LABEL_METHOD = { queryLabels: 'com.atproto.label.queryLabels' } as const

/** Labels on every container, network and volume that commune makes. */
export const LABEL = {
  meshletDid: `${METHODS}.did`,
  workload: `${METHODS}.workload`,
  replica: `${METHODS}.replica`,
  spec: `${METHODS}.spec`,
  revision: `${METHODS}.revision`,
  /** Epoch of the lease under which it was started; of atMostOne workloads. */
  epoch: `${METHODS}.epoch`,
} as const
