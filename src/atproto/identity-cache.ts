import { CommuneError } from '../model/errors.ts'

export interface CacheOptions {
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** How long an answer is used without asking again. */
  readonly ttlMs: number
  /** How long an old answer stands in while the directory can't be reached. */
  readonly staleMs: number
  /** How long a failure is repeated without asking again. */
  readonly failureTtlMs: number
  readonly entriesMax: number
}

interface Entry<T> {
  readonly value?: { readonly of: T; readonly at: number }
  readonly failure?: { readonly error: CommuneError; readonly at: number }
}

/** Remembers answers and failures, and asks once for all who want the same key at the same time. */
export class IdentityCache<T> {
  readonly #options: CacheOptions
  readonly #ask: (key: string) => Promise<T>
  readonly #entries = new Map<string, Entry<T>>()
  readonly #asking = new Map<string, Promise<T>>()

  /** `ask` rejects with a CommuneError; one with `retry` says that nobody could be asked. */
  constructor(options: CacheOptions, ask: (key: string) => Promise<T>) {
    this.#options = options
    this.#ask = ask
  }

  async get(key: string, force: boolean): Promise<T> {
    const entry = this.#entries.get(key)
    if (!force && entry !== undefined) {
      const { value, failure } = entry
      if (value !== undefined && this.#age(value.at) < this.#options.ttlMs) return value.of
      if (failure !== undefined && this.#age(failure.at) < this.#options.failureTtlMs) {
        return this.#orStale(entry, failure.error)
      }
    }
    try {
      return await this.#askOnce(key)
    } catch (error) {
      if (force || !(error instanceof CommuneError)) throw error
      return this.#orStale(entry ?? {}, error)
    }
  }

  /** An old answer is better than none, but only when nobody could say that it is wrong. */
  #orStale(entry: Entry<T>, error: CommuneError): T {
    const { value } = entry
    if (error.retry && value !== undefined && this.#age(value.at) < this.#options.staleMs) {
      return value.of
    }
    throw error
  }

  #askOnce(key: string): Promise<T> {
    const running = this.#asking.get(key)
    if (running !== undefined) return running
    const asking = this.#askNow(key).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return asking
  }

  async #askNow(key: string): Promise<T> {
    try {
      const of = await this.#ask(key)
      this.#keep(key, { value: { of, at: this.#options.now() } })
      return of
    } catch (error) {
      if (error instanceof CommuneError) {
        const value = error.retry ? this.#entries.get(key)?.value : undefined
        this.#keep(key, { ...(value && { value }), failure: { error, at: this.#options.now() } })
      }
      throw error
    }
  }

  #keep(key: string, entry: Entry<T>): void {
    this.#entries.delete(key)
    this.#entries.set(key, entry)
    if (this.#entries.size <= this.#options.entriesMax) return
    // A map keeps the order of insertion, so the first key is the one not asked for the longest.
    const oldest = this.#entries.keys().next().value
    if (oldest !== undefined) this.#entries.delete(oldest)
  }

  #age(at: number): number {
    return this.#options.now() - at
  }
}
