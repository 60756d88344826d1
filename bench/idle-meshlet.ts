import { randomBytes } from 'node:crypto'
import { setImmediate as immediately, setTimeout as pause } from 'node:timers/promises'
import { createDockerEngine } from '../src/engine/docker.ts'
import type { MeshletConfig } from '../src/meshlet/config.ts'
import { Meshlet } from '../src/meshlet/meshlet.ts'
import { openJournal } from '../src/meshlet/sqlite-journal.ts'
import { COLLECTION } from '../src/model/nsid.ts'
import { placementKey } from '../src/model/placement-key.ts'
import { recordKeyFor } from '../src/model/record-key.ts'
import type { BidRecord, Did, MeshletStatusRecord, WorkloadRecord } from '../src/model/records.ts'
import { workloadUri } from '../src/model/workload-uri.ts'
import { STANDARD_POLICY } from '../src/policy/standard-policy.ts'
import type { Guard } from '../src/ports/guard.ts'
import { silentLog } from '../src/ports/log.ts'
import { noMetrics } from '../src/ports/metrics.ts'
import type { Write } from '../src/ports/records.ts'
import { StorageState } from '../src/storage/storage-state.ts'
import { VirtualClock } from '../test/support/virtual-clock.ts'
import { didOf } from '../test/support/virtual-commune.ts'
import { VirtualDisk } from '../test/support/virtual-disk.ts'
import { startVirtualFeed } from '../test/support/virtual-feed.ts'
import { VirtualOwner } from '../test/support/virtual-owner.ts'
import { VirtualRepos } from '../test/support/virtual-repos.ts'
import { VirtualWriter } from '../test/support/virtual-writer.ts'
import { LIMITS, type OwnEngine } from './own-engine.ts'

export interface IdleMeshletOptions {
  readonly engine: OwnEngine
  readonly journalFile: string
  /** Of all owners together. */
  readonly workloads: number
  /** Those that run here, and replicas of each. */
  readonly here: number
  readonly replicas: number
}

/** A meshlet whose work is all done, on a real engine; the records of all are in memory. */
export interface IdleMeshlet extends AsyncDisposable {
  readonly did: Did
  /** Lets time pass until just before everything is looked at again. */
  untilResync(): Promise<void>
  /** Everything is looked at again; resolves when nothing is left to look at. */
  resync(): Promise<void>
  /** Asks the engine for the containers as the meshlet does, and for nothing else. */
  look(): Promise<void>
  /** Records that it has written so far, but for the status that tells that it lives. */
  written(): number
}

const OTHERS = 9
const RESYNC_MS = 60_000
const BEFORE_MS = 500
const SET_UP_MS_MAX = 180_000
const RECORD_MS = 20
const QUIET_MINUTES = 4
/** More than any real score: what others are to run is theirs. */
const BEST_SCORE = 2_000
const createdAt = '2026-01-31T00:00:00.000Z' as WorkloadRecord['createdAt']
const random = { next: () => Math.random(), bytes: (length: number) => randomBytes(length) }
const noGuard: Guard = {
  nowMs: () => 0,
  problem: undefined,
  deadlines: new Map(),
  set: () => Promise.resolve(),
  clear: () => undefined,
}

/** Ready when all replicas run and nothing is left to do. */
export async function startIdleMeshlet(options: IdleMeshletOptions): Promise<IdleMeshlet> {
  const clock = new VirtualClock()
  const repos = new VirtualRepos(clock)
  const did = didOf('mine')
  const config = publish(repos, clock, did, options)
  let written = 0
  repos.onCommit((repo, { changes }) => {
    if (repo.did !== did) return
    written += changes.filter(({ collection }) => collection !== COLLECTION.meshletStatus).length
  })
  const canReach = () => true
  const nextDelayMs = () => RECORD_MS
  const disk = new VirtualDisk(() => clock.monotonicMs())
  const feed = startVirtualFeed({
    ...{ repos, disk, clock, random, log: silentLog, nextDelayMs, canReach },
  })
  const engine = createDockerEngine({
    dockerHost: options.engine.host,
    nowMs: () => clock.monotonicMs(),
  })
  const journal = openJournal({ file: options.journalFile, log: silentLog, nowMs: 0 })
  const meshlet = new Meshlet(config, {
    feed: feed.feed,
    writer: new VirtualWriter({ did, repos, clock, nextDelayMs, canReach, fault: () => undefined }),
    engine,
    peers: { heartbeat: () => Promise.resolve({ epoch: 1, now: createdAt }) },
    journal,
    guard: noGuard,
    clock,
    random,
    log: silentLog,
    metrics: noMetrics,
    policy: () => STANDARD_POLICY,
    registries: {
      credentials: () => Promise.resolve(undefined),
      proveReadable: () => Promise.resolve(),
      findSignature: () => Promise.resolve({ kind: 'unsigned', why: 'nobody signs' }),
      examine: () => Promise.resolve({ layers: [], sentBytes: 0 }),
    },
    storage: new StorageState(clock, silentLog),
  })
  const atRest = async () => {
    // A resync has the list first, and puts what is to be looked at into the queue after that.
    await meshlet.engineState.snapshot()
    await immediately()
    while (meshlet.vitals().queueDepth > 0) await pause(1)
  }
  const step = async (ms: number) => {
    await clock.advance(ms)
    await atRest()
  }
  const startedMs = clock.monotonicMs()
  meshlet.start()
  const running = async () => (await options.engine.docker.listContainers()).length
  const deadlineMs = performance.now() + SET_UP_MS_MAX
  while ((await running()) < options.here * options.replicas) {
    if (performance.now() > deadlineMs) throw new Error(`only ${await running()} containers run`)
    await step(BEFORE_MS)
  }
  const untilResync = async () => {
    const sinceMs = (clock.monotonicMs() - startedMs) % RESYNC_MS
    for (let leftMs = RESYNC_MS - sinceMs - BEFORE_MS; leftMs > 0; leftMs -= BEFORE_MS)
      await step(Math.min(leftMs, BEFORE_MS))
  }
  // So many bids leave little to write with: that all of it runs is told minutes later.
  for (let minute = 0; minute < QUIET_MINUTES; minute++) {
    await untilResync()
    await step(2 * BEFORE_MS)
  }
  return {
    did,
    untilResync,
    resync: () => step(2 * BEFORE_MS),
    look: async () => {
      await engine.listContainers(did)
    },
    written: () => written,
    async [Symbol.asyncDispose]() {
      const ended = meshlet[Symbol.asyncDispose]()
      await clock.advance(RESYNC_MS)
      await ended
      feed.kill()
      journal[Symbol.dispose]()
      await engine.close()
    },
  }
}

/** Ten machines of ten owners who all work together; what is not to run here is bid for by another. */
function publish(
  repos: VirtualRepos,
  clock: VirtualClock,
  self: Did,
  { engine, workloads, here, replicas }: IdleMeshletOptions,
): MeshletConfig {
  const machines = [self, ...Array.from({ length: OTHERS }, (_, i) => didOf(`other${i}`))]
  const ownerOf = (machine: Did): Did => `${machine}-owner`
  const owners = machines.map(ownerOf)
  const bids = new Map<Did, Write[]>(machines.map((machine) => [machine, []]))
  for (const machine of machines) {
    const owner = new VirtualOwner(ownerOf(machine), repos, () => clock.wallMs())
    owner.link(machine)
  }
  const [alice = self] = owners
  const all: Write[] = []
  for (let index = 0; index < workloads; index++) {
    const name = `w${index}`
    const workload: WorkloadRecord = {
      ...{ $type: COLLECTION.workload, kind: 'Workload', name, image: engine.image, createdAt },
      replicas,
      placementNonce: `nonce-${index}`,
      stopGracePeriodMs: 0,
      resources: { cpuMilli: LIMITS.cpuMilli, memoryBytes: LIMITS.memoryMib * 1024 ** 2 },
    }
    all.push({ action: 'put', collection: COLLECTION.workload, rkey: name, value: workload })
    const machine = machines[index < here ? 0 : 1 + (index % OTHERS)] ?? self
    if (machine === self) continue
    const uri = workloadUri(alice, name)
    const key = placementKey(alice, workload)
    const value: BidRecord = {
      ...{ $type: COLLECTION.bid, workload: uri, placementKey: key, round: 0, epoch: 1 },
      ...{ slots: replicas, score: BEST_SCORE, createdAt },
    }
    const bid: Write = { action: 'put', collection: COLLECTION.bid, rkey: recordKeyFor(uri), value }
    bids.get(machine)?.push(bid)
  }
  repos.commit(alice, all)
  const room = { cpuMilli: 4_000_000, memoryBytes: 2 ** 42, storageBytes: 2 ** 50 }
  for (const machine of machines) {
    if (machine === self) continue
    const status: MeshletStatusRecord = {
      ...{ $type: COLLECTION.meshletStatus, epoch: 1, state: 'active', capacity: room, createdAt },
      endpoint: `https://${machine.slice(machine.lastIndexOf(':') + 1)}.example`,
    }
    const ownerDid = ownerOf(machine)
    const members = owners.filter((owner) => owner !== ownerDid)
    repos.commit(machine, [
      put(COLLECTION.meshletOwner, 'self', { ownerDid }),
      put(COLLECTION.cluster, 'default', { members }),
      { action: 'put', collection: COLLECTION.meshletStatus, rkey: 'self', value: status },
      ...(bids.get(machine) ?? []),
    ])
  }
  return {
    did: self,
    ownerDid: alice,
    clusters: new Map([['default', owners.slice(1)]]),
    offer: room,
    labels: {},
    liveness: 'patient',
    softwareVersion: '0.0.0',
    endpoint: 'https://mine.example',
  }
}

function put(collection: Write['collection'], rkey: string, value: object): Write {
  return { action: 'put', collection, rkey, value: { $type: collection, ...value, createdAt } }
}
