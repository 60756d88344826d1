import { agreementOf } from '../../src/governance/agreement.ts'
import { standingsOf } from '../../src/governance/member-standing.ts'
import { STANDINGS } from '../../src/governance/standing.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'

const DAY_MS = 86_400_000
/** As often as machines look themselves at what changes with time alone. */
const LOOK_MS = 60_000
/** A day is over for some a while before it is for others, whose clocks jump by up to an hour. */
const DAY_SLACK_MS = 3 * 3_600_000

/** Records by which what somebody gave and took may be another amount than it was. */
const OF_THE_LEDGER: ReadonlySet<string> = new Set([
  COLLECTION.usage,
  COLLECTION.acknowledgement,
  COLLECTION.dispute,
  COLLECTION.answer,
  COLLECTION.proposal,
  COLLECTION.vote,
  COLLECTION.decision,
  COLLECTION.sponsor,
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
])

interface Seen {
  /** 0 while nothing is kept from her; 4 when she is drained. */
  readonly step: number
  /** The date at which she came to it, and how long the world has gone on since its first day. */
  readonly dateMs: number
  readonly sinceMs: number
  /** It was seen when she came to it, not only that she is there. */
  readonly isEntered: boolean
}

/** How owners stand, as each machine reads it. */
export interface Standings {
  /** Since when a machine takes nothing new of an owner by how she stands, milliseconds of the world. */
  readonly keptOutSinceMs: (machine: VirtualMachine, owner: Did) => number | undefined
  /** Since when it moves away what runs, likewise. */
  readonly drainedSinceMs: (machine: VirtualMachine, owner: Did) => number | undefined
}

/**
 * Complains when a member falls by more than a step at once, or sooner than in a day, although nothing
 * was claimed, acknowledged or disputed: a new policy and a clock that jumps are no reason.
 */
export function watchStandings(world: VirtualCommune): Standings {
  const seen = new Map<string, Seen>()
  let isWatched = false
  const look = () => {
    for (const machine of world.machines.values())
      for (const [owner, step] of stepsBy(machine, world)) note(machine, owner, step)
    world.clock.schedule(LOOK_MS, look)
  }
  const note = (machine: VirtualMachine, owner: Did, step: number | undefined) => {
    const key = `${machine.name} ${owner}`
    const before = seen.get(key)
    if (step === undefined) return void seen.delete(key)
    if (before?.step === step) return
    const dateMs = world.clock.wallMs()
    if (before && step > before.step) {
      const days = (dateMs - before.dateMs + DAY_SLACK_MS) / DAY_MS
      const most = before.isEntered && before.step > 0 ? days : Math.max(1, days)
      if (step - before.step > most)
        world.violations.push(
          `${Math.round(world.clock.monotonicMs())} ms: skipped step: ${machine.name} sees ${owner} fall from ${before.step} to ${step} in ${days.toFixed(1)} days`,
        )
    }
    const isEntered = before !== undefined
    seen.set(key, { step, dateMs, sinceMs: world.clock.monotonicMs(), isEntered })
  }
  world.repos.onCommit((_, { changes }) => {
    if (changes.some(({ collection }) => OF_THE_LEDGER.has(collection))) seen.clear()
    if (isWatched || !changes.some(({ collection }) => collection === COLLECTION.clusterPolicy))
      return
    isWatched = true
    world.clock.schedule(LOOK_MS, look)
  })
  const sinceMs = (least: number) => (machine: VirtualMachine, owner: Did) => {
    const known = seen.get(`${machine.name} ${owner}`)
    return known && known.step >= least ? known.sinceMs : undefined
  }
  return { keptOutSinceMs: sinceMs(NO_NEW_PLACEMENTS), drainedSinceMs: sinceMs(DRAIN) }
}

/** Newcomers are as well off as those who give enough. */
const GOOD = STANDINGS.indexOf('newcomer')
const NO_NEW_PLACEMENTS = STANDINGS.indexOf('no-new-placements') - GOOD
const DRAIN = STANDINGS.indexOf('drain') - GOOD

/** How far each of those whom a machine lists has fallen; undefined where nothing is asked of her. */
function stepsBy(
  { name, config, running, wallSkewMs }: VirtualMachine,
  { clock, hostile }: VirtualCommune,
): readonly (readonly [Did, number | undefined])[] {
  if (!running || hostile.has(name)) return []
  const nowMs = clock.wallMs() + wallSkewMs
  const { view } = running
  const standings = standingsOf(
    view,
    config.ownerDid,
    agreementOf(view, config.ownerDid, nowMs),
    nowMs,
  )
  return (config.clusters.get('default') ?? []).map((owner) => {
    const standing = standings?.get(owner)?.find(({ cluster }) => cluster === 'default')?.standing
    if (standing === undefined) return [owner, undefined] as const
    return [owner, Math.max(0, STANDINGS.indexOf(standing) - GOOD)] as const
  })
}
