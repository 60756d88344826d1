import { candidates, type Candidate } from '../cluster/membership.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { usageUri } from '../ledger/claims.ts'
import { addDays, DAY_MS, dayOf, type LedgerDay } from '../ledger/ledger-day.ts'
import { rateOf } from '../ledger/rate.ts'
import { vouchFor } from '../ledger/vouch.ts'
import { LEDGER_DAYS } from '../ledger/weight.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AcknowledgementRecord, Did, UsageRecord, WorkloadRecord } from '../model/records.ts'
import { requestOf } from '../model/request.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { StoredRecord, VersionedView } from '../ports/records.ts'
import { hash64, mix } from '../selection/mix.ts'
import type { MeshletConfig } from './config.ts'
import { DayTallies, spansOf } from './day-tallies.ts'
import type { EngineState } from './engine-state.ts'
import { heldForOthers, seenAtOthers, type Holding } from './holdings.ts'
import type { MachineFacts } from './machine-facts.ts'
import type { OwnRecords } from './own-records.ts'
import type { Placement } from './observe.ts'
import type { Settings } from './settings.ts'

export interface LedgerClerkOptions {
  readonly config: MeshletConfig
  readonly view: VersionedView
  readonly own: OwnRecords
  readonly engineState: Pick<EngineState, 'lastSeen'>
  readonly facts: MachineFacts
  readonly settings: Settings
  /** Where a workload stands now; undefined when there is no such workload. */
  readonly placementOf: (uri: string) => Placement | undefined
  /** Whether any of these machines is suspected by anybody, however lately. */
  readonly isAnySuspected: (candidates: readonly Candidate[]) => boolean
  readonly clock: Clock
  readonly log: Log
}

type Entry = UsageRecord['entries'][number]
type Holdings = ReadonlyMap<string, Holding>

const NOTHING: Holdings = new Map()

/** Between two looks that are further apart nobody knows what ran. */
const GAP_MS = 5 * 60_000
/** A day is closed so long after its end: clocks differ. */
const CLOSE_AFTER_MS = 5 * 60_000
/** Claims of so many closed days are acknowledged. */
const ACKNOWLEDGED_DAYS = 3
/** Of an owner's machines one acknowledges at once, the next ones so much later, if need be. */
const TURN_MS = 3 * 3_600_000
/** Records are kept for a while after they weigh nothing, for whoever asks how it was last week. */
const KEPT_DAYS = LEDGER_DAYS + 7
const ENTRIES_MAX = 1_000

/**
 * Keeps this machine's books: sums up what it holds for others and what others are seen to hold for
 * its owner, writes one usage record a day when something foreign ran, and acknowledges the claims of
 * others in its owner's name. Looks again at everything each time, so that nothing is counted twice.
 */
export class LedgerClerk {
  readonly #options: LedgerClerkOptions
  readonly #tallies: DayTallies
  readonly #claimSinceMs = new Map<string, number>()
  #last: { atMs: number; held: Holdings; seen: Holdings } | undefined
  /** What others held at this version of the records. */
  #seen: { readonly version: number; readonly holdings: Holdings } | undefined
  #tidiedOn: LedgerDay | undefined

  constructor(options: LedgerClerkOptions) {
    this.#options = options
    this.#tallies = new DayTallies(options.settings, options.clock, options.log)
  }

  /** Looks at what runs and at what is to be written. Called about once a minute. */
  look(): void {
    this.#sumUp()
    this.#closeDays()
    this.#acknowledge()
    this.#tidy()
    this.#tallies.save()
  }

  /** What was there at the last look and still is was there between them. */
  #sumUp(): void {
    const { config, view, engineState, clock } = this.#options
    const now = clock.monotonicMs()
    const held = heldForOthers(view, config, engineState.lastSeen)
    const seen = this.#seenNow()
    const last = this.#last
    if (last && now - last.atMs < 1_000) return
    this.#last = { atMs: now, held, seen }
    if (!last || now - last.atMs > GAP_MS) return
    // Whole seconds: what is left of the last one is counted next time.
    const seconds = Math.floor((now - last.atMs) / 1_000)
    this.#last = { atMs: last.atMs + seconds * 1_000, held, seen }
    for (const span of spansOf(clock.wallMs(), seconds)) {
      for (const [uri, { rate, replicas }] of both(last.held, held))
        this.#tallies.addHeld(span.day, uri, rate, replicas * span.seconds)
      for (const [key, { rate, replicas }] of both(last.seen, seen))
        this.#tallies.addSeen(span.day, key, rate, replicas * span.seconds)
    }
  }

  /** Worked out anew only when it may be something else: nothing that time changes, nor who is down. */
  #seenNow(): Holdings {
    const { config, view, placementOf, isAnySuspected } = this.#options
    if (this.#partners().length === 0) return NOTHING
    const version = view.newsVersion()
    if (this.#seen?.version === version) return this.#seen.holdings
    const isSettled = (one: Placement) => one.isLasting && !isAnySuspected(one.candidates)
    let isLasting = true
    const holdings = seenAtOthers(view, config, (uri) => {
      const placement = placementOf(uri)
      isLasting &&= placement !== undefined && isSettled(placement)
      return placement
    })
    this.#seen = isLasting ? { version, holdings } : undefined
    return holdings
  }

  /** Writes what was held on days that are over; until the PDS has it, the tallies stay. */
  #closeDays(): void {
    const { own, clock, facts } = this.#options
    const closed = dayOf(clock.wallMs() - CLOSE_AFTER_MS - DAY_MS)
    for (const day of this.#tallies.days().filter((one) => one <= closed)) {
      const held = this.#tallies.held(day)
      if (held.length === 0) continue
      if (own.get(COLLECTION.usage, day)) {
        this.#tallies.closeHeld(day)
        continue
      }
      if (own.wanted(COLLECTION.usage, day)) continue
      const value: UsageRecord = {
        $type: COLLECTION.usage,
        period: day,
        sequence: this.#nextNumber(),
        capacity: facts.capacity(),
        entries: held.flatMap(entryOf).slice(0, ENTRIES_MAX),
        createdAt: this.#now(),
      }
      own.put(COLLECTION.usage, day, value, 'soon')
    }
  }

  #nextNumber(): number {
    const numbers = this.#options.own
      .list<UsageRecord>(COLLECTION.usage)
      .map(([, { sequence }]) => sequence ?? 0)
    return Math.max(0, ...numbers) + 1
  }

  /** Acknowledges what other owners' machines claim to have held for this machine's owner. */
  #acknowledge(): void {
    const { view, clock } = this.#options
    const today = dayOf(clock.wallMs())
    for (const { meshletDid } of this.#partners())
      for (let age = 1; age <= ACKNOWLEDGED_DAYS; age++) {
        const day = addDays(today, -age)
        const claim = view.get<UsageRecord>(meshletDid, COLLECTION.usage, day)
        if (claim) this.#acknowledgeClaim(meshletDid, day, claim)
      }
  }

  /** Machines of others that may run work of this machine's owner. */
  #partners(): readonly Candidate[] {
    const { view, config } = this.#options
    const all = candidates(view, config.ownerDid)
    return all.filter(({ ownerDid }) => ownerDid !== config.ownerDid)
  }

  #acknowledgeClaim(meshletDid: Did, day: LedgerDay, claim: StoredRecord<UsageRecord>): void {
    const { config, own } = this.#options
    const uri = usageUri(meshletDid, day)
    const mine = claim.value.entries.filter(
      ({ workload }) => parseWorkloadUri(workload)?.owner === config.ownerDid,
    )
    const entries = vouchFor(mine, (workload) => this.#sighting(meshletDid, day, workload))
    if (entries.length === 0 || !this.#isTurn(uri)) return
    const key = recordKeyFor(uri)
    if (this.#isAcknowledged(key, claim.cid, sumOf(entries))) return
    const value: AcknowledgementRecord = {
      $type: COLLECTION.acknowledgement,
      usage: { uri, cid: claim.cid },
      entries: [...entries],
      createdAt: this.#now(),
    }
    own.put(COLLECTION.acknowledgement, key, value, 'soon')
  }

  #sighting(meshletDid: Did, day: LedgerDay, workload: string) {
    const tally = this.#tallies.seen(day, meshletDid, workload)
    if (!tally) return undefined
    const { view, config } = this.#options
    const name = parseWorkloadUri(workload)?.name ?? ''
    const record = view.get<WorkloadRecord>(config.ownerDid, COLLECTION.workload, name)?.value
    const rate = record ? rateOf(requestOf(record)) * (record.replicas ?? 1) : 0
    const [amount, seconds] = tally
    return { amount, seconds, rate }
  }

  /** Whether it was acknowledged by the owner, or by a machine of hers that saw no less. */
  #isAcknowledged(key: string, cid: string, amount: number): boolean {
    const { view, config } = this.#options
    const get = (did: Did) => view.get<AcknowledgementRecord>(did, COLLECTION.acknowledgement, key)
    if (get(config.ownerDid)) return true
    return ownedMeshlets(view, config.ownerDid).some(({ meshletDid }) => {
      const known = get(meshletDid)
      if (known?.value.usage.cid !== cid) return false
      // A little more is not worth a record.
      return meshletDid === config.did || sumOf(known.value.entries) * 1.02 >= amount
    })
  }

  /** Of the owner's machines one begins, another with each claim, so that one record is enough. */
  #isTurn(uri: string): boolean {
    const { view, config, clock } = this.#options
    const now = clock.monotonicMs()
    const sinceMs = this.#claimSinceMs.get(uri) ?? now
    this.#claimSinceMs.set(uri, sinceMs)
    const own = hash64(uri)
    const order = ownedMeshlets(view, config.ownerDid)
      .filter(({ verdict }) => verdict === 'yes')
      .map(({ meshletDid }) => ({ meshletDid, mixed: mix(own, hash64(meshletDid)) }))
      .toSorted((a, b) => a.mixed - b.mixed)
    const place = order.findIndex(({ meshletDid }) => meshletDid === config.did)
    return now - sinceMs >= Math.max(0, place) * TURN_MS
  }

  /** Once a day: what weighs nothing any more goes. */
  #tidy(): void {
    const { own, clock } = this.#options
    const today = dayOf(clock.wallMs())
    if (this.#tidiedOn === today) return
    this.#tidiedOn = today
    this.#tallies.forgetBefore(addDays(today, -2 * ACKNOWLEDGED_DAYS))
    this.#claimSinceMs.clear()
    const oldest = addDays(today, -KEPT_DAYS)
    for (const [day] of own.list<UsageRecord>(COLLECTION.usage))
      if (day < oldest) own.delete(COLLECTION.usage, day, 'soon')
    for (const [key, value] of own.list<AcknowledgementRecord>(COLLECTION.acknowledgement))
      if ((value.usage.uri.split('/')[4] ?? '') < oldest)
        own.delete(COLLECTION.acknowledgement, key, 'soon')
  }

  #now(): UsageRecord['createdAt'] {
    return new Date(this.#options.clock.wallMs()).toISOString() as UsageRecord['createdAt']
  }
}

function entryOf([workload, [amount, seconds]]: readonly [string, readonly [number, number]]) {
  if (amount <= 0 || seconds <= 0) return []
  return [{ workload: workload as Entry['workload'], amount, seconds }]
}

function sumOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { amount }) => sum + amount, 0)
}

/** What is in both, as much as both times. */
function both(before: Holdings, now: Holdings): readonly (readonly [string, Holding])[] {
  return [...now].flatMap(([key, holding]) => {
    const replicas = Math.min(before.get(key)?.replicas ?? 0, holding.replicas)
    return replicas > 0 ? [[key, { ...holding, replicas }] as const] : []
  })
}
