import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import { deedOf } from './deed-table.ts'
import { judgeEnd } from './final-judgement.ts'
import { judgeLaw } from './law-judgement.ts'
import { judgeSight } from './judge-sight.ts'
import { Stage } from './stage.ts'
import { tellTrace, traceLog } from './tell-trace.ts'
import type { Story } from './story.ts'

/** What came of a seed. */
export interface SeedResult {
  readonly seed: number
  /** Timers that went off in the virtual time of the run. */
  readonly events: number
  /** How often each kind of fault was brought about. */
  readonly faults: Readonly<Record<string, number>>
  /** Empty when all is as it should be; each begins with the name of the invariant. */
  readonly violations: readonly string[]
  /** What happened, line by line. */
  readonly story: readonly string[]
}

export interface PlayOptions {
  /** Tells every commit, every change on an engine, and what the meshlets log, too. */
  readonly isTraced?: boolean
}

/** With the rest before it longer than the longest pause between two tries, five minutes. */
const PEACE_MS = 220_000
/** Longer than the notice with which consent is taken back. */
const NOTICE_MS = 16 * 60_000
/** Suspicions and their deletions that one machine writes of another in this time, at most. */
const CHALLENGES_MAX = 12
/** Statuses that one machine writes in that time, at most: refreshed every 15 minutes, all at once. */
const STATUSES_MAX = 1
/** Calls of one machine to its engine in that time, at most; nearly all are lists, once a minute. */
const IDLE_CALLS_MAX = 100
/** More than this is one fault seen many times. */
const VIOLATIONS_MAX = 20

/** Plays a story, mends everything, waits for rest, and holds the outcome against the rules. */
export async function playStory(story: Story, options: PlayOptions = {}): Promise<SeedResult> {
  const lines: string[] = [describeCast(story)]
  const say = (line: string) => lines.push(`${seconds(world.clock.monotonicMs())}: ${line}`)
  const stage = new Stage(story, options.isTraced ? traceLog(say) : undefined)
  const { world } = stage
  if (options.isTraced) tellTrace(world, say)
  const faults: Record<string, number> = {}
  const violations = world.violations
  try {
    for (const machine of world.machines.values()) machine.start()
    for (const step of story.steps) {
      await world.advance(step.afterMs)
      violations.push(...judgeSight(stage))
      const { act, isFault } = deedOf(step.do)
      const told = act(stage, step)
      if (told === undefined) continue
      say(told)
      if (isFault) faults[step.do] = (faults[step.do] ?? 0) + 1
    }
    say('all is mended')
    stage.mend()
    await comeToRest(stage)
    say('all is quiet')
    violations.push(...judgeEnd(stage), ...judgeLaw(stage))
    violations.push(...(await judgePeace(stage)))
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    // Whoever waits for rest repeats what was complained of before.
    if (message !== violations.join('\n')) violations.push(`error: ${message}`)
  }
  return {
    seed: story.seed,
    events: world.clock.events,
    faults,
    violations: violations.slice(0, VIOLATIONS_MAX),
    story: lines,
  }
}

/** Whoever is no candidate any more may go on for the time of the notice. */
async function comeToRest(stage: Stage): Promise<void> {
  await stage.world.advance(stage.unheardMs)
  await stage.world.settle()
  if (judgeEnd(stage).length === 0 && judgeLaw(stage).length === 0) return
  await stage.world.advance(NOTICE_MS)
  await stage.world.settle()
}

/**
 * At rest nothing is done, and nothing is written but the refreshed status. Only machines behind NAT
 * that hear nothing of each other go on challenging each other by record, less and less often.
 */
async function judgePeace({ world }: Stage): Promise<string[]> {
  const from = world.trace.entries.length
  const callsBefore = new Map(world.trace.engineCalls)
  await world.advance(PEACE_MS)
  const deaf = new Set(deafMachines(world))
  const challenges = new Map<string, number>()
  const statuses = new Map<string, number>()
  const busy = [...world.trace.engineCalls]
    .map(([name, calls]) => [name, calls - (callsBefore.get(name) ?? 0)] as const)
    .filter(([, calls]) => calls > IDLE_CALLS_MAX)
    .map(([name, calls]) => `busy: ${name} called its engine ${calls} times with nothing to do`)
  const unrest = world.trace.entries.slice(from).flatMap((entry) => {
    if (entry.kind === 'write' && entry.collection === COLLECTION.meshletStatus) {
      const count = (statuses.get(entry.did) ?? 0) + 1
      statuses.set(entry.did, count)
      const most = deaf.has(entry.did) ? CHALLENGES_MAX * deaf.size : STATUSES_MAX
      return count <= most ? [] : [`many writes: ${entry.did} wrote ${count} statuses in peace`]
    }
    if (
      entry.kind === 'write' &&
      entry.collection === COLLECTION.suspicion &&
      deaf.has(entry.did)
    ) {
      const count = (challenges.get(entry.did) ?? 0) + 1
      challenges.set(entry.did, count)
      if (count <= CHALLENGES_MAX * (deaf.size - 1)) return []
    }
    return [`unrest: ${JSON.stringify(entry)}`]
  })
  return [...busy, ...unrest]
}

/** Those behind NAT: two of them hear of each other only through somebody whom both can call. */
function deafMachines(world: VirtualCommune): Did[] {
  return [...world.machines.values()]
    .filter(({ config }) => config.endpoint === undefined)
    .map(({ did }) => did)
}

function describeCast({ topology, liveness, machines }: Story): string {
  const each = machines.map(
    ({ name, slots, isBehindNat }) => `${name} (${slots}${isBehindNat ? ', behind NAT' : ''})`,
  )
  return `${topology}, ${liveness}: ${each.join(', ')}`
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3).padStart(9)} s`
}
