import { COLLECTION } from '../model/nsid.ts'
import type { WorkloadStatusRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Readings, Sample } from '../ports/metrics.ts'
import { problemsOf } from './health.ts'
import type { Meshlet } from './meshlet.ts'

/** What is known of the event streams. */
export interface FeedHealth {
  readonly hosts: readonly {
    readonly host: string
    readonly connected: boolean
    readonly lastEventMs: number | undefined
  }[]
  readonly repos: readonly { readonly inDoubt: boolean; readonly problem: string | undefined }[]
}

export interface GaugesOptions {
  readonly meshlet: Meshlet
  readonly feed: () => FeedHealth
  readonly clock: Clock
}

/** Hosts that are shown by name; members decide how many there are. */
const HOSTS_MAX = 20
const OTHER_HOSTS = 'other'
const PHASES: ReadonlySet<string> = new Set([
  'pending',
  'pulling',
  'starting',
  'running',
  'stopping',
  'stopped',
  'crash-loop',
  'failed',
])

/** Reads all gauges at this moment. */
export function readGauges({ meshlet, feed, clock }: GaugesOptions): Readings {
  const { hosts, repos } = feed()
  const { hour, day, pausedMs } = meshlet.own.allowance()
  const vitals = meshlet.vitals()
  const nowMs = clock.wallMs()
  const lag = hosts.flatMap(({ host, lastEventMs }) =>
    lastEventMs === undefined ? [] : [[host, Math.max(0, nowMs - lastEventMs) / 1000] as const],
  )
  const connected = hosts.map(({ host, connected: isOpen }) => [host, isOpen ? 1 : 0] as const)
  return {
    queueDepth: one(vitals.queueDepth),
    queueOldestSeconds: one(vitals.queueOldestMs / 1000),
    writePointsLeft: [windowed('hour', hour.pointsLeft), windowed('day', day.pointsLeft)],
    writeEventsLeft: [windowed('hour', hour.eventsLeft), windowed('day', day.eventsLeft)],
    writesPausedSeconds: one(pausedMs / 1000),
    feedLagSeconds: byHost(lag, (values) => Math.max(...values)),
    feedConnected: byHost(connected, (values) => Math.min(...values)),
    reposFollowed: one(repos.length),
    reposInDoubt: one(repos.filter(({ inDoubt }) => inDoubt).length),
    reposUnreadable: one(repos.filter(({ problem }) => problem !== undefined).length),
    replicas: counted('phase', phasesOf(meshlet)),
    containers: counted(
      'state',
      (meshlet.engineState.lastSeen?.containers ?? []).map(({ state }) => state),
    ),
    peers: [
      { labels: { state: 'heard' }, value: vitals.peersHeard },
      { labels: { state: 'silent' }, value: vitals.peersSilent },
    ],
    peersDown: one(vitals.peersDown),
    imageBytes: [
      { labels: { for: 'own' }, value: imageBytes(meshlet, true) },
      { labels: { for: 'others' }, value: imageBytes(meshlet, false) },
    ],
    storageWritable: one(meshlet.storage.problem ? 0 : 1),
    wallsStanding: (['none', 'internet'] as const).map((egress) => ({
      labels: { egress },
      value: meshlet.walls.canary.known(egress).kind === 'standing' ? 1 : 0,
    })),
    problems: one(problemsOf(meshlet).length),
    epoch: one(meshlet.epoch),
  }
}

function phasesOf({ own }: Meshlet): readonly string[] {
  return own
    .list<WorkloadStatusRecord>(COLLECTION.workloadStatus)
    .flatMap(([, { replicas = [] }]) => replicas.map(({ phase }) => phase))
    .map((phase) => (PHASES.has(phase) ? phase : 'other'))
}

/** An image that serves both is counted for both. */
function imageBytes({ images, config }: Meshlet, isOwn: boolean): number {
  return images.book.heldBytes((owner) => (owner === config.ownerDid) === isOwn)
}

function one(value: number): readonly Sample[] {
  return [{ labels: {}, value }]
}

function windowed(window: string, value: number): Sample {
  return { labels: { window }, value }
}

function counted(label: string, names: readonly string[]): readonly Sample[] {
  const groups = [...Map.groupBy(names, (name) => name)].toSorted(([a], [b]) => (a < b ? -1 : 1))
  return groups.map(([name, all]) => ({ labels: { [label]: name }, value: all.length }))
}

/** The first by name one by one, and the rest as one. */
function byHost(
  values: readonly (readonly [host: string, value: number])[],
  join: (values: readonly number[]) => number,
): readonly Sample[] {
  const sorted = values.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const rest = sorted.slice(HOSTS_MAX).map(([, value]) => value)
  const shown = sorted.slice(0, HOSTS_MAX).map(([host, value]) => ({ labels: { host }, value }))
  return rest.length === 0
    ? shown
    : [...shown, { labels: { host: OTHER_HOSTS }, value: join(rest) }]
}
