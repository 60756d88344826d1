import { formatDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION, LABEL } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { WorkloadRecord, WorkloadStatusRecord, WorkloadView } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineContainer } from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Policy } from '../policy/policy.ts'
import type { Caller, MeshletApi } from '../xrpc/api.ts'
import { CommandRunning } from './command-running.ts'
import { problemsOf } from './health.ts'
import { LogReading } from './log-reading.ts'
import type { Meshlet } from './meshlet.ts'
import { UsageReading } from './usage-reading.ts'
import { createWorkOrders } from './work-orders.ts'

export interface ApiOptions {
  readonly meshlet: Meshlet
  readonly policy: () => Policy
  readonly log: Log
  readonly engine: Engine
  readonly clock: Clock
}

/** The largest page of events. */
const EVENTS_PAGE_MAX = 500

type EventList = Awaited<ReturnType<MeshletApi['listEvents']>>

/** What stands behind the `farm.meshlet.*` methods. */
export function createMeshletApi(options: ApiOptions): MeshletApi {
  const { meshlet, engine, clock, policy, log } = options
  const logs = new LogReading({
    engine,
    clock,
    lastWords: meshlet.lastWords,
    containers: () => containersOf(meshlet),
  })
  const usage = new UsageReading({ engine, clock, containers: () => containersOf(meshlet) })
  const { config, chronicle } = meshlet
  const containers = () => containersOf(meshlet)
  const running = { config, chronicle, engine, clock, log, policy, containers }
  const commands = new CommandRunning(running)
  return {
    getCapacity: () => Promise.resolve(capacityView(meshlet)),
    listWorkloads: ({ params }) => Promise.resolve(listWorkloads(meshlet, params)),
    getWorkloadStatus: ({ params }) => Promise.resolve(requireView(meshlet, params.workload)),
    ...createWorkOrders(meshlet, (uri) => workloadView(meshlet, uri) !== undefined),
    getUsage: async ({ params, signal }) => ({
      ...(await usage.read(params.workload, signal)),
      offer: meshlet.capacity(),
      available: meshlet.available(),
    }),
    getLogs: async ({ params, signal }) => ({ lines: [...(await logs.read(params, signal))] }),
    subscribeLogs: ({ params, signal }) => logs.follow(params, signal),
    exec: (call) => commands.run(call),
    listEvents: (call) => Promise.resolve(listEvents(meshlet, call)),
    getHealth: () => {
      const problems = problemsOf(meshlet)
      const { hour, day, pausedMs } = meshlet.own.allowance()
      return Promise.resolve({
        ok: problems.length === 0,
        version: meshlet.config.softwareVersion,
        epoch: meshlet.epoch,
        now: new Date(clock.wallMs()).toISOString() as WorkloadRecord['createdAt'],
        problems,
        writePointsLeft: pausedMs > 0 ? 0 : Math.min(hour.pointsLeft, day.pointsLeft),
        writeBudget: { hour, day, pausedMs: Math.ceil(pausedMs) },
      })
    },
    pause: ({ input }) => {
      meshlet.duty.pause(input.reason)
      return Promise.resolve(dutyResult(meshlet))
    },
    resume: () => {
      meshlet.duty.resume()
      return Promise.resolve(dutyResult(meshlet))
    },
    drain: ({ input }) => {
      meshlet.duty.drain(input)
      return Promise.resolve(dutyResult(meshlet))
    },
    shutdown: ({ input }) => {
      meshlet.duty.drain({ ...input, thenEnd: true })
      return Promise.resolve(dutyResult(meshlet))
    },
    heartbeat: ({ caller, input }) =>
      Promise.resolve(meshlet.heartbeats.receive(caller.did, input)),
  }
}

/** What is true now. */
function dutyResult({ duty }: Meshlet) {
  const { state, leftMs, endsWhenEmpty } = duty
  switch (state) {
    case 'active':
      return { state, message: 'It takes work.' }
    case 'cordoned':
    case 'stopped':
      return { state, message: 'It takes no new work; what runs goes on.' }
    case 'draining': {
      const left = formatDuration(Math.ceil((leftMs ?? 0) / 1_000) * 1_000)
      const end = endsWhenEmpty ? ', and then the program ends' : ''
      return {
        state,
        message: `What runs moves away; what is not replaced in ${left} is stopped${end}.`,
      }
    }
  }
}

function capacityView(meshlet: Meshlet) {
  const status = meshlet.status()
  const running = new Set(containersOf(meshlet).map(({ labels }) => labels[LABEL.workload]))
  return {
    capacity: meshlet.capacity(),
    available: meshlet.available(),
    state: meshlet.duty.state,
    labels: [...(status?.labels ?? [])],
    workloads: running.size,
  }
}

function listWorkloads(
  meshlet: Meshlet,
  { limit, cursor }: { readonly limit?: number; readonly cursor?: string | undefined },
) {
  const views = meshlet
    .workloads()
    .filter((uri) => cursor === undefined || uri > cursor)
    .flatMap((uri) => workloadView(meshlet, uri) ?? [])
  const page = views.slice(0, limit ?? 50)
  const last = page.at(-1)
  return views.length > page.length && last
    ? { workloads: page, cursor: last.workload }
    : { workloads: page }
}

function requireView(meshlet: Meshlet, uri: string): WorkloadView {
  const view = workloadView(meshlet, uri)
  if (!view) throw new CommuneError('not-found', `Nothing of ${uri} runs here.`)
  return view
}

/** What runs here of a workload; undefined when nothing does and nothing is said of it. */
function workloadView(meshlet: Meshlet, uri: string): WorkloadView | undefined {
  const parsed = parseWorkloadUri(uri)
  const status = meshlet.own.wanted<WorkloadStatusRecord>(
    COLLECTION.workloadStatus,
    recordKeyFor(uri),
  )
  const isRefused = meshlet.settings.isRefused(uri)
  if (!parsed || (!status && !isRefused)) return undefined
  const { phase = 'refused', replicas, observedRevision, specHash, lastError } = status ?? {}
  return {
    workload: uri as WorkloadView['workload'],
    ownerDid: parsed.owner,
    phase,
    ...(replicas ? { replicas } : {}),
    ...(observedRevision === undefined ? {} : { observedRevision }),
    ...(specHash === undefined ? {} : { specHash }),
    ...(lastError === undefined ? {} : { lastError }),
    ...(isRefused ? { reason: 'the consent to run it here was taken back' } : {}),
    paused: meshlet.settings.isPaused(uri),
  }
}

function listEvents(
  meshlet: Meshlet,
  { caller, params }: Parameters<MeshletApi['listEvents']>[0],
): EventList {
  const { workload, since, limit, cursor } = params
  if (cursor !== undefined && !/^\d{1,15}$/.test(cursor))
    throw new CommuneError('invalid-input', `"${cursor}" is no cursor of an earlier page.`)
  const events = meshlet.chronicle.events({
    workload,
    limit: Math.min(limit, EVENTS_PAGE_MAX),
    ...(since === undefined ? {} : { sinceMs: Date.parse(since) }),
    ...(cursor === undefined ? {} : { beforeSeq: Number(cursor) }),
  })
  const last = events.at(-1)
  return {
    events: events
      .filter(({ kind }) => kind !== 'exec' || maySeeCommands(caller))
      .map(({ kind, reason, workload: about, subject, atMs, evidence }) => ({
        kind,
        reason,
        ...(about === undefined ? {} : { workload: about }),
        ...(subject === undefined ? {} : { subject }),
        time: new Date(atMs).toISOString(),
        evidence: [...evidence],
      })),
    ...(last !== undefined && events.length >= limit ? { cursor: String(last.seq) } : {}),
  } as EventList
}

/** What somebody typed is for her, and for whose machine it is. */
function maySeeCommands({ roles }: Caller): boolean {
  return roles.includes('workloadOwner') || roles.includes('meshletOwner')
}

function containersOf(meshlet: Meshlet): readonly EngineContainer[] {
  return meshlet.engineState.lastSeen?.containers ?? []
}
