import type { Journal } from '../ports/journal.ts'

export type MachineState = 'active' | 'cordoned' | 'draining' | 'stopped'

const STATE = 'state'
const EPOCH = 'epoch'
const REFUSED = 'refused'
const PAUSED = 'paused'

/** What the owner of the machine told this meshlet, and its epoch; kept in the journal. */
export class Settings {
  readonly #journal: Journal

  constructor(journal: Journal) {
    this.#journal = journal
  }

  get state(): MachineState {
    return (this.#journal.setting(STATE) as MachineState | undefined) ?? 'active'
  }

  set state(state: MachineState) {
    this.#journal.saveSetting(STATE, state)
  }

  /** Undefined when the journal is new or was lost. */
  get epoch(): number | undefined {
    const text = this.#journal.setting(EPOCH)
    return text === undefined ? undefined : Number(text)
  }

  saveEpoch(epoch: number): void {
    this.#journal.saveSetting(EPOCH, String(epoch))
  }

  /** The consent to run this workload was taken back. */
  isRefused(uri: string): boolean {
    return this.#has(REFUSED, uri)
  }

  refuse(uri: string, isRefused: boolean): void {
    this.#mark(REFUSED, uri, isRefused)
  }

  isPaused(uri: string): boolean {
    return this.#has(PAUSED, uri)
  }

  pause(uri: string, isPaused: boolean): void {
    this.#mark(PAUSED, uri, isPaused)
  }

  #has(kind: string, uri: string): boolean {
    return this.#journal.setting(`${kind} ${uri}`) !== undefined
  }

  #mark(kind: string, uri: string, value: boolean): void {
    this.#journal.saveSetting(`${kind} ${uri}`, value ? 'yes' : undefined)
  }
}
