import type { Did } from '../model/records.ts'
import type { Journal } from '../ports/journal.ts'

/** What a machine does with work: takes it, keeps what it has, gives it away, or is gone. */
export type MachineState = 'active' | 'cordoned' | 'draining' | 'stopped'

/** What the owner told the machine to do with work, beyond taking it. */
export interface SavedDuty {
  readonly state: Exclude<MachineState, 'active'>
  readonly reason?: string
  /** While it drains: when what still runs is stopped, milliseconds since 1970. */
  readonly endsAtMs?: number
  /** How long that was when it began: a clock that jumped can't make it longer. */
  readonly timeoutMs?: number
  /** While it drains: the program ends when nothing runs here any more. */
  readonly thenEnd?: boolean
}

/** Who may take consent back, or pause: the owner of the machine, or that of the workload. */
export type Refuser = 'meshletOwner' | 'workloadOwner'

/** An image that this meshlet pulled and that it has not removed. */
export interface BookedImage {
  /** With digest. */
  readonly reference: string
  /** Unpacked. */
  readonly sizeBytes: number
  /** Milliseconds since 1970. */
  readonly usedAtMs: number
  /** Whose work it was pulled for, or runs from it; sorted. */
  readonly owners: readonly Did[]
}

const DUTY = 'duty'
const EPOCH = 'epoch'
const HELD = 'held'
const LAST_REV = 'last-rev'
const REFUSED = 'refused'
const PAUSED = 'paused'
const RESTART = 'restart'
const PUBLIC_IMAGE = 'public-image'
const IMAGES = 'images'
const SECRETS = 'secrets'
const OWNERS_WORD = 'owners-word'
const PROBE = 'probe'
const TALLIES = 'tallies'
/** Of one owner; beyond this the one whose last change is longest ago is forgotten. */
const SECRETS_MAX = 64
/** More than a nearly full disk takes by chance. */
const PROBE_CHARACTERS = 64 * 1024

/** What the owner of the machine told this meshlet, its epoch, and what it learnt of images; kept in the journal. */
export class Settings {
  readonly #journal: Pick<Journal, 'setting' | 'saveSetting'>
  #version = 0

  constructor(journal: Pick<Journal, 'setting' | 'saveSetting'>) {
    this.#journal = journal
  }

  /** Grows when the epoch changes, and with each word about one workload: refused, paused, restarted. */
  get version(): number {
    return this.#version
  }

  /** What the owner told the machine to do with work; undefined: take it. */
  get duty(): SavedDuty | undefined {
    const text = this.#journal.setting(DUTY)
    return text === undefined ? undefined : (JSON.parse(text) as SavedDuty)
  }

  saveDuty(duty: SavedDuty | undefined): void {
    this.#journal.saveSetting(DUTY, duty && JSON.stringify(duty))
  }

  /** What the owner's record said last that was obeyed. */
  get ownersWord(): string | undefined {
    return this.#journal.setting(OWNERS_WORD)
  }

  saveOwnersWord(word: string): void {
    this.#journal.saveSetting(OWNERS_WORD, word)
  }

  /** Undefined when the journal is new or was lost. */
  get epoch(): number | undefined {
    const text = this.#journal.setting(EPOCH)
    return text === undefined ? undefined : Number(text)
  }

  saveEpoch(epoch: number): void {
    this.#order(EPOCH, String(epoch))
  }

  /** Ids of the containers that were seen here last and that we have not removed, sorted. */
  get held(): readonly string[] {
    return JSON.parse(this.#journal.setting(HELD) ?? '[]') as readonly string[]
  }

  saveHeld(ids: readonly string[]): void {
    this.#journal.saveSetting(HELD, JSON.stringify(ids))
  }

  /** Revision of our repo after the last commit that the PDS acknowledged; undefined: none yet. */
  get lastRev(): string | undefined {
    return this.#journal.setting(LAST_REV)
  }

  saveLastRev(rev: string): void {
    this.#journal.saveSetting(LAST_REV, rev)
  }

  /** What is summed up for the ledger and not yet in a record, as JSON; undefined: nothing. */
  get tallies(): string | undefined {
    return this.#journal.setting(TALLIES)
  }

  saveTallies(text: string | undefined): void {
    this.#journal.saveSetting(TALLIES, text)
  }

  /** The consent to run this workload was taken back. */
  isRefused(uri: string): boolean {
    return this.#has(REFUSED, uri)
  }

  /** Who took the consent back; undefined while it is given. */
  refusedBy(uri: string): Refuser | undefined {
    const text = this.#journal.setting(`${REFUSED} ${uri}`)
    if (text === undefined) return undefined
    return text === 'workloadOwner' ? text : 'meshletOwner'
  }

  refuse(uri: string, by: Refuser | undefined): void {
    this.#order(`${REFUSED} ${uri}`, by)
  }

  /** Runs of containers that are to be started again, as `runKey` names them. */
  restartsAsked(uri: string): ReadonlySet<string> {
    const text = this.#journal.setting(`${RESTART} ${uri}`)
    return new Set(text === undefined ? [] : (JSON.parse(text) as readonly string[]))
  }

  saveRestartsAsked(uri: string, runs: readonly string[]): void {
    const text = runs.length === 0 ? undefined : JSON.stringify(runs)
    this.#order(`${RESTART} ${uri}`, text)
  }

  isPaused(uri: string): boolean {
    return this.#has(PAUSED, uri)
  }

  /** Who paused it here; undefined while nobody did. */
  pausedBy(uri: string): Refuser | undefined {
    const text = this.#journal.setting(`${PAUSED} ${uri}`)
    if (text === undefined) return undefined
    // Earlier versions kept that it was paused, and either could lift it.
    return text === 'meshletOwner' ? text : 'workloadOwner'
  }

  pause(uri: string, by: Refuser | undefined): void {
    this.#order(`${PAUSED} ${uri}`, by)
  }

  /** Whether this image is known to be for anybody. */
  isPublic(image: string): boolean {
    return this.#has(PUBLIC_IMAGE, image)
  }

  /** Its registry gave it out without credentials. Where that can't be kept it is asked again. */
  notePublic(image: string): void {
    try {
      this.#mark(PUBLIC_IMAGE, image, true)
    } catch {
      // The journal has reported it, and the image is there.
    }
  }

  /** Highest generation of an owner's secret that was opened here; 0 when none was. */
  secretGeneration(owner: Did, name: string): number {
    return this.#secretGenerations(owner).find(([known]) => known === name)?.[1] ?? 0
  }

  /** Older ones are refused from now on. Where that can't be kept they are not. */
  noteSecretGeneration(owner: Did, name: string, generation: number): void {
    const known = this.#secretGenerations(owner)
    if (known.some(([other, seen]) => other === name && seen >= generation)) return
    const others = known.filter(([other]) => other !== name)
    const kept = [...others, [name, generation]].slice(-SECRETS_MAX)
    try {
      this.#journal.saveSetting(`${SECRETS} ${owner}`, JSON.stringify(kept))
    } catch {
      // The journal has reported it.
    }
  }

  #secretGenerations(owner: Did): readonly (readonly [name: string, generation: number])[] {
    return JSON.parse(this.#journal.setting(`${SECRETS} ${owner}`) ?? '[]') as [string, number][]
  }

  /** Images that were pulled by this meshlet. */
  get images(): readonly BookedImage[] {
    return JSON.parse(this.#journal.setting(IMAGES) ?? '[]') as readonly BookedImage[]
  }

  /** Where that can't be kept, images stay that are not needed. */
  saveImages(images: readonly BookedImage[]): void {
    try {
      this.#journal.saveSetting(IMAGES, JSON.stringify(images))
    } catch {
      // The journal has reported it.
    }
  }

  /** Fails while the disk takes no more. Leaves nothing behind. */
  probe(nowMs: number): void {
    this.#journal.saveSetting(PROBE, String(nowMs).padEnd(PROBE_CHARACTERS, '.'))
    this.#journal.saveSetting(PROBE, undefined)
  }

  #has(kind: string, subject: string): boolean {
    return this.#journal.setting(`${kind} ${subject}`) !== undefined
  }

  /** Also where that can't be kept, since memory may have it. */
  #order(key: string, value: string | undefined): void {
    this.#version++
    this.#journal.saveSetting(key, value)
  }

  #mark(kind: string, subject: string, value: boolean): void {
    this.#journal.saveSetting(`${kind} ${subject}`, value ? 'yes' : undefined)
  }
}
