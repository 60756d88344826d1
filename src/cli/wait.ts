import { CommuneError } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import { sleep } from '../ports/clock.ts'
import type { CommandContext } from './command-spec.ts'
import { EXIT } from './exit.ts'
import type { Io } from './io.ts'
import type { Reader, Reading } from './reading.ts'
import { printable } from './table.ts'
import { waitStateOf, type WaitState } from './wait-state.ts'
import { workloadViews } from './workload-view.ts'

const POLL_MS = 1_000

export interface WaitFor {
  readonly reader: Reader
  /** The record of each workload that is waited for. */
  readonly revisions: ReadonlyMap<string, Cid>
  readonly timeoutMs: number
}

/**
 * Follows exactly these revisions until they run, or can't, or time is up. Says on stderr what
 * changed, and resolves to the exit code. Interrupting it stops the watching and not the work.
 */
export async function waitForWorkloads(
  { io }: Pick<CommandContext, 'io'>,
  { reader, revisions, timeoutMs }: WaitFor,
): Promise<number> {
  if (revisions.size === 0) return EXIT.done
  const deadline = io.clock.monotonicMs() + timeoutMs
  const told = new Map<string, string>()
  for (;;) {
    const states = await observe(reader, revisions, io)
    for (const [name, state] of states) tell(io, told, name, state)
    const code = verdictOf(states, io)
    if (code !== undefined) return code
    if (io.clock.monotonicMs() >= deadline) return timedOut(io, states)
    try {
      await sleep(io.clock, POLL_MS, io.signal)
    } catch (error) {
      if (!io.signal.aborted) throw error
      io.note('Stopped waiting. What was published stays, and the machines go on.\n')
      return EXIT.interrupted
    }
  }
}

async function observe(
  reader: Reader,
  revisions: ReadonlyMap<string, Cid>,
  io: Io,
): Promise<ReadonlyMap<string, WaitState>> {
  try {
    using reading = await reader.read()
    return judge(reading, reader.owner, revisions)
  } catch (error) {
    // A PDS that can't be read just now says nothing about the work.
    if (io.signal.aborted || !(error instanceof CommuneError)) return unknown(revisions, 'unread')
    return unknown(revisions, error.message)
  }
}

function judge(reading: Reading, owner: Did, revisions: ReadonlyMap<string, Cid>) {
  const problem = reading.view.repoProblem(owner)
  if (problem !== undefined && reading.view.repoState(owner) === 'unknown') {
    return unknown(revisions, `the records can't be read: ${problem}`)
  }
  const views = new Map(workloadViews(reading.view, owner).map((view) => [view.name, view]))
  return new Map(
    [...revisions].map(([name, cid]) => [
      name,
      waitStateOf(views.get(name), cid, reading.names.meshlet),
    ]),
  )
}

function unknown(
  revisions: ReadonlyMap<string, Cid>,
  text: string,
): ReadonlyMap<string, WaitState> {
  return new Map([...revisions.keys()].map((name) => [name, { kind: 'going', text }]))
}

/** Says only what is new, so that a log file of CI stays short. */
function tell(io: Io, told: Map<string, string>, name: string, state: WaitState): void {
  if (told.get(name) === state.text) return
  told.set(name, state.text)
  io.note(`${SIGN[state.kind]} ${name}: ${printable(state.text)}\n`)
}

const SIGN: Readonly<Record<WaitState['kind'], string>> = {
  done: 'ok  ',
  going: '... ',
  'not-placed': 'fail',
  'not-healthy': 'fail',
  superseded: 'fail',
}

/** The exit code once it is certain; undefined while waiting may still help. */
function verdictOf(states: ReadonlyMap<string, WaitState>, io: Io): number | undefined {
  const all = [...states.values()]
  if (all.some(({ kind }) => kind === 'going')) return undefined
  for (const [name, state] of states) {
    if (state.kind === 'not-placed' || state.kind === 'not-healthy') {
      for (const reason of state.reasons) io.note(`     ${name}: ${printable(reason)}\n`)
    }
  }
  if (all.some(({ kind }) => kind === 'not-placed')) {
    io.note('Published, but not placed: "commune explain NAME" tells more.\n')
    return EXIT.notPlaced
  }
  if (all.some(({ kind }) => kind === 'not-healthy')) {
    io.note('Placed, but not healthy: "commune logs NAME" tells more.\n')
    return EXIT.notHealthy
  }
  return all.some(({ kind }) => kind === 'superseded') ? EXIT.failed : EXIT.done
}

function timedOut(io: Io, states: ReadonlyMap<string, WaitState>): number {
  const late = [...states].filter(([, { kind }]) => kind !== 'done')
  for (const [name, { text }] of late) io.note(`late ${name}: ${printable(text)}\n`)
  io.note('Timed out waiting. What was published stays, and the machines go on.\n')
  return EXIT.timedOut
}
