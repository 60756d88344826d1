import { messageOf } from '../model/errors.ts'
import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Feed } from '../ports/records.ts'
import type { Outcome } from '../reconcile/outcome.ts'
import type { Duty } from './duty.ts'
import type { OwnRecords } from './own-records.ts'
import type { Settings } from './settings.ts'

export interface OwnRepoOptions {
  readonly did: Did
  readonly feed: Feed
  readonly own: OwnRecords
  readonly settings: Settings
  readonly duty: Duty
  readonly clock: Clock
  readonly log: Log
}

/** While our own writes have not come back on the feed, it is asked again after this time. */
const ECHO_MS = 1_000
/** When the last one has not come back after this time, the repo has lost it. */
const LOST_MS = 60_000
/** At a start the repo is waited for so long: less than the fastest lease can do without. */
const READ_MS_MAX = 2_000

/** The revision of a commit of ours that has not come back yet, and since when that is waited for. */
interface Echo {
  readonly rev: string
  readonly sinceMs: number
}

/**
 * Holds what we remember of our own repo against what the feed finds there. A journal that was lost
 * is filled from the repo, at the price of a new epoch; a repo that lost records gets them again.
 */
export class OwnRepo {
  readonly #options: OwnRepoOptions
  #isAdopted = false
  /** The last commit that was acknowledged: until it comes back, the feed is behind. */
  #echo: Echo | undefined
  /** The last commit that an earlier run heard of, until it is known whether there are later ones. */
  #lastHeard: string | undefined
  readonly #startedAtMs: number

  constructor(options: OwnRepoOptions) {
    this.#options = options
    this.#startedAtMs = options.clock.monotonicMs()
    // A power cut may have taken more from what the feed stored than from the journal.
    const rev = options.settings.lastRev
    if (rev !== undefined) this.#echo = { rev, sinceMs: this.#startedAtMs }
    this.#lastHeard = rev
  }

  /** Whether it is known what the repo is to hold. */
  get isAdopted(): boolean {
    return this.#isAdopted
  }

  /**
   * Before the first look: what the repo holds and the journal does not is ours all the same. False
   * while neither journal nor repo can be read, and for a moment while the repo is not. What was stored
   * of the repo is no answer: it may lack the last that the lost journal knew, such as an epoch.
   */
  adopt(): boolean {
    if (this.#isAdopted) return true
    const { feed, did, settings, duty, clock, log } = this.#options
    const hasJournal = settings.epoch !== undefined
    const isInTime = clock.monotonicMs() - this.#startedAtMs < READ_MS_MAX
    if (!this.#isRead && (!hasJournal || isInTime)) return false
    if (hasJournal) this.#takeUnheard()
    else {
      const status = feed.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
      settings.saveEpoch(status ? status.epoch + 1 : 1)
      if (status) log.warn('the journal is new; taking a new epoch', { epoch: settings.epoch })
      if (status) duty.adopt(status)
      for (const [collection, rkey] of this.#inRepo()) this.#adoptOne(collection, rkey)
    }
    this.#isAdopted = true
    return true
  }

  /** The PDS has our records; they will come back on the feed. */
  noteAcknowledged(rev: string): void {
    const { settings, clock, log } = this.#options
    this.#lastHeard = undefined
    this.#echo = { rev, sinceMs: clock.monotonicMs() }
    try {
      settings.saveLastRev(rev)
    } catch (error) {
      // Memory holds it until a restart, and the next one is saved again.
      log.error('the state folder can’t be written; what runs goes on running', {
        error: messageOf(error),
      })
    }
  }

  /** Writes again what the repo lost, and takes over what it holds and we forgot. */
  reconcile(): Outcome {
    const { feed, did, own } = this.#options
    if (own.hasPending) return { kind: 'again', afterMs: ECHO_MS }
    if (feed.repoState(did) === 'unknown' || feed.repoProblem(did) !== undefined)
      return { kind: 'done' }
    if (this.#isBehind()) return { kind: 'again', afterMs: ECHO_MS }
    this.#takeUnheard()
    for (const collection of Object.values(COLLECTION))
      for (const [rkey, record] of own.listAcknowledged(collection))
        if (feed.get(did, collection, rkey)?.cid !== record.cid) own.rewrite(collection, rkey)
    for (const [collection, rkey] of this.#inRepo())
      if (!own.get(collection, rkey)) this.#adoptOne(collection, rkey)
    return { kind: 'done' }
  }

  /** Whether the repo has been read since the start, and nothing of it is in doubt. */
  get #isRead(): boolean {
    const { feed, did } = this.#options
    return feed.repoState(did) === 'known' && !feed.isInDoubt(did)
  }

  /**
   * What the PDS took and the earlier run did not hear of any more, since it was killed before, stands:
   * writing the old version again would take back a bid that others have read.
   */
  #takeUnheard(): void {
    const { feed, did, own, log } = this.#options
    const lastHeard = this.#lastHeard
    if (lastHeard === undefined || !this.#isRead) return
    this.#lastHeard = undefined
    if ((feed.readUpTo(did) ?? '') <= lastHeard) return
    log.info('the PDS took more than this machine had heard of; going on from there')
    for (const [collection, rkey] of this.#inRepo()) this.#adoptOne(collection, rkey)
    for (const collection of Object.values(COLLECTION))
      for (const [rkey] of own.listAcknowledged(collection))
        if (!feed.get(did, collection, rkey)) own.forget(collection, rkey)
  }

  #isBehind(): boolean {
    const { feed, did, clock } = this.#options
    const echo = this.#echo
    if (!echo) return false
    const hasCome = (feed.readUpTo(did) ?? '') >= echo.rev
    if (!hasCome && clock.monotonicMs() - echo.sinceMs < LOST_MS) return true
    this.#echo = undefined
    return false
  }

  #inRepo(): readonly (readonly [Collection, string])[] {
    const { feed, did } = this.#options
    return Object.values(COLLECTION).flatMap((collection) =>
      feed.list(did, collection).map(([rkey]) => [collection, rkey] as const),
    )
  }

  #adoptOne(collection: Collection, rkey: string): void {
    const { feed, did, own } = this.#options
    const record = feed.get(did, collection, rkey)
    if (record) own.adopt(collection, rkey, record)
  }
}
