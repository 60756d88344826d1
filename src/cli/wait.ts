import { CommuneError, messageOf } from '../model/errors.ts'
import { parseDuration } from '../model/duration.ts'
import type { Cid, Did } from '../model/records.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import { EXIT } from './exit.ts'
import type { Io } from './io.ts'
import type { Names } from './names.ts'
import type { Reader, Reading } from './reading.ts'
import { printable, shortDigests } from './table.ts'
import { rolloutView } from './rollout-view.ts'
import { WaitProgress } from './wait-progress.ts'
import { waitStateOf, type WaitContext, type WaitState } from './wait-state.ts'
import { workloadViews, type WorkloadView } from './workload-view.ts'

const WAIT_MS = 5 * 60_000
const POLL_MS = 1_000
/** A machine that is suspected has answered by then, or is really down. */
const SETTLED_MS = 10_000

export interface WaitFor {
  readonly reader: Reader
  /** The record of each workload that is waited for. */
  readonly revisions: ReadonlyMap<string, Cid>
  readonly timeoutMs: number
  /** Shows what the failed replicas of a workload printed last. */
  readonly showLogs: (name: string, machines: readonly Did[]) => Promise<void>
}

/**
 * Follows exactly these revisions until they run, or can't, or time is up. Says on stderr what
 * changed, and resolves to the exit code. Interrupting it stops the watching and not the work.
 */
export async function waitForWorkloads(io: Io, options: WaitFor): Promise<number> {
  const { reader, revisions, timeoutMs } = options
  if (revisions.size === 0) return EXIT.done
  const { clock } = io
  const deadline = clock.monotonicMs() + timeoutMs
  const told = new Map<string, Told>()
  const upMs = uptimes(io)
  const progress = new WaitProgress(io)
  for (;;) {
    const { states, replicas } = await observe(io, { reader, revisions, upMs })
    if (io.signal.aborted) return stopped(io)
    const isDrawn = progress.show(linesOf(states, replicas))
    for (const [name, state] of states) tell(isDrawn ? undefined : io, told, name, state, clock)
    if (isOver(states, told, clock.monotonicMs())) return await conclude(io, states, options)
    const remaining = deadline - clock.monotonicMs()
    if (remaining <= 0) return timedOut(io, states)
    try {
      await sleep(clock, Math.min(POLL_MS, remaining), io.signal)
    } catch (error) {
      if (!io.signal.aborted) throw error
      return stopped(io)
    }
  }
}

/** What `--timeout` says, milliseconds. Fails with code `usage`. */
export function parseWaitTimeout(text: string | undefined): number {
  if (text === undefined) return WAIT_MS
  const parsed = parseDuration(text)
  if (parsed.ok && parsed.value > 0) return parsed.value
  const expected = parsed.ok ? 'more than nothing' : parsed.expected
  throw new CommuneError('usage', `--timeout ${text} is not understood: expected ${expected}.`)
}

function stopped(io: Io): number {
  io.note('Stopped waiting. What was published stays, and the machines go on.\n')
  return EXIT.interrupted
}

interface Observe extends Pick<WaitFor, 'reader' | 'revisions'> {
  readonly upMs: WaitContext['upMs']
}

/** Where all of it stands, and line by line what each replica does. */
interface Observed {
  readonly states: ReadonlyMap<string, WaitState>
  readonly replicas: ReadonlyMap<string, readonly string[]>
}

async function observe(io: Io, what: Observe): Promise<Observed> {
  const { reader, revisions } = what
  try {
    using reading = await reader.read()
    return judge(reading, reader.owner, what)
  } catch (error) {
    // A PDS that can't be read just now says nothing about the work.
    if (!io.signal.aborted && !(error instanceof CommuneError)) throw error
    return unknown(revisions, messageOf(error))
  }
}

function judge(reading: Reading, owner: Did, { revisions, upMs }: Observe): Observed {
  const problem = reading.view.repoProblem(owner)
  if (problem !== undefined && reading.view.repoState(owner) === 'unknown') {
    return unknown(revisions, `the records can't be read: ${problem}`)
  }
  const views = new Map(workloadViews(reading.view, owner).map((view) => [view.name, view]))
  const context = { nameOf: reading.names.meshlet, upMs }
  const states = [...revisions].map(
    ([name, cid]) => [name, waitStateOf(views.get(name), cid, context)] as const,
  )
  const replicas = [...views.values()].map(
    (view) => [view.name, replicaLines(view, reading.names)] as const,
  )
  return { states: new Map(states), replicas: new Map(replicas) }
}

function replicaLines(view: WorkloadView, names: Names): readonly string[] {
  const rows = rolloutView(view).replicas.map(({ meshlet, index, revision, state }) => [
    `    ${names.meshlet(meshlet)}#${index}`,
    `revision ${revision ?? '?'}`,
    printable(shortDigests(state)),
  ])
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  '))
}

/** What is under way, replica by replica; of the rest only how it ended. */
function linesOf(states: Observed['states'], replicas: Observed['replicas']): readonly string[] {
  return [...states].flatMap(([name, state]) => [
    lineOf(name, state),
    ...(state.kind === 'done' ? [] : (replicas.get(name) ?? [])),
  ])
}

function lineOf(name: string, { kind, text }: WaitState): string {
  return `${SIGN[kind]} ${name}: ${printable(shortDigests(text))}`
}

/**
 * How long each container has been up: by the start time that its machine tells, or as long as this
 * program has seen it, whichever is longer. So a machine whose clock is ahead delays nothing for ever.
 */
function uptimes({ clock }: Io): WaitContext['upMs'] {
  const firstSeenMs = new Map<string, number>()
  return ({ meshletDid, index, startedAt, containerId }) => {
    const key = `${meshletDid} ${index} ${containerId} ${startedAt}`
    const seenMs = firstSeenMs.get(key) ?? clock.monotonicMs()
    firstSeenMs.set(key, seenMs)
    const toldMs = startedAt === undefined ? 0 : clock.wallMs() - Date.parse(startedAt)
    return Math.max(clock.monotonicMs() - seenMs, toldMs)
  }
}

function unknown(revisions: ReadonlyMap<string, Cid>, text: string): Observed {
  const states = [...revisions.keys()].map((name) => [name, { kind: 'going', text }] as const)
  return { states: new Map(states), replicas: new Map() }
}

/** What was said last of a workload, and when. */
interface Told {
  readonly text: string
  readonly kind: WaitState['kind']
  /** When it began to be of this kind; milliseconds of the monotonic clock. */
  readonly sinceMs: number
}

/** Says only what is new, so that a log file of CI stays short. */
function tell(
  io: Io | undefined,
  told: Map<string, Told>,
  name: string,
  state: WaitState,
  clock: Clock,
): void {
  const before = told.get(name)
  const { kind, text } = state
  const sinceMs = before?.kind === kind ? before.sinceMs : clock.monotonicMs()
  told.set(name, { text, kind, sinceMs })
  if (before?.text === text && before.kind === kind) return
  io?.note(`${lineOf(name, state)}\n`)
}

const SIGN: Readonly<Record<WaitState['kind'], string>> = {
  done: 'ok  ',
  going: '... ',
  'not-placed': 'fail',
  'not-healthy': 'fail',
  superseded: 'fail',
}

/** True once waiting can't help any more: all of it is there, or a part of it can't be. */
function isOver(
  states: ReadonlyMap<string, WaitState>,
  told: ReadonlyMap<string, Told>,
  nowMs: number,
): boolean {
  const settled = [...states].filter(([name, state]) => {
    if (state.kind === 'going') return false
    if (state.kind !== 'not-placed' || state.certain) return true
    return nowMs - (told.get(name)?.sinceMs ?? nowMs) >= SETTLED_MS
  })
  return settled.length === states.size || settled.some(([, { kind }]) => kind !== 'done')
}

/** The exit code, after what there is to say about each failure. */
async function conclude(
  io: Io,
  states: ReadonlyMap<string, WaitState>,
  { showLogs }: WaitFor,
): Promise<number> {
  const kinds = new Set([...states.values()].map(({ kind }) => kind))
  const going = [...states].filter(([, { kind }]) => kind === 'going').map(([name]) => name)
  for (const [name, state] of states) {
    if (state.kind !== 'not-placed' && state.kind !== 'not-healthy') continue
    for (const reason of state.reasons)
      io.note(`     ${name}: ${printable(shortDigests(reason))}\n`)
    if (state.kind !== 'not-healthy') continue
    try {
      await showLogs(name, state.machines)
    } catch (error) {
      // The lines are only an extra; the verdict stands without them.
      if (!(error instanceof CommuneError)) throw error
      io.note(`     The log of ${name} can't be read: ${error.message}\n`)
    }
  }
  if (going.length > 0)
    io.note(`Not waited for any longer, and still under way: ${going.join(', ')}.\n`)
  if (kinds.has('not-placed')) {
    io.note('Published, but not placed: "commune explain NAME" tells more.\n')
    return EXIT.notPlaced
  }
  if (kinds.has('not-healthy')) {
    io.note('Placed, but not healthy: "commune logs NAME" tells more.\n')
    return EXIT.notHealthy
  }
  return kinds.has('superseded') ? EXIT.failed : EXIT.done
}

function timedOut(io: Io, states: ReadonlyMap<string, WaitState>): number {
  const late = [...states].filter(([, { kind }]) => kind !== 'done')
  for (const [name, { text }] of late) io.note(`late ${name}: ${printable(shortDigests(text))}\n`)
  io.note('Timed out waiting. What was published stays, and the machines go on.\n')
  return EXIT.timedOut
}
