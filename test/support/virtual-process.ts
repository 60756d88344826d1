import type { Clock } from '../../src/ports/clock.ts'
import type { Journal } from '../../src/ports/journal.ts'

/** What somebody else says instead of the one who was called. */
export interface Instead {
  readonly result: unknown
}

/** Methods that answer at once, and change nothing. */
const QUESTIONS: ReadonlySet<string> = new Set(['allowance'])
/** No timer of Node goes off sooner. */
const TIMER_MS_MIN = 1

export type CallListener = (name: string, args: readonly unknown[]) => Instead | undefined | void

/**
 * A program that can be killed at any point, or frozen and thawed. What it uses goes through here;
 * from the moment of its death on its timers are gone and no call of it returns, as if it had never
 * been. While it is frozen all of that waits.
 */
export class VirtualProcess {
  #state: 'alive' | 'frozen' | 'dead' = 'alive'
  #waiting: (() => void)[] = []
  #breakStreams: (() => void)[] = []

  get isAlive(): boolean {
    return this.#state !== 'dead'
  }

  get isFrozen(): boolean {
    return this.#state === 'frozen'
  }

  kill(): void {
    this.#state = 'dead'
    this.#waiting = []
  }

  freeze(): void {
    if (this.#state === 'alive') this.#state = 'frozen'
  }

  /** All that has come meanwhile is taken note of, in the order in which it came. */
  thaw(): void {
    if (this.#state !== 'frozen') return
    this.#state = 'alive'
    const waiting = this.#waiting
    this.#waiting = []
    for (const act of waiting) this.#deliver(act)
  }

  /** Whoever is at the other end of the streams that this program reads closes them. */
  breakStreams(): void {
    for (const end of this.#breakStreams) end()
    this.#breakStreams = []
  }

  /**
   * A clock of its own: its monotonic time starts at 0 and may run too fast or too slow (`rate`, 1
   * when it is right), its wall clock may be wrong.
   */
  clock(world: Clock, wallSkewMs: () => number, rate = 1): Clock {
    const startMs = world.monotonicMs()
    const elapsedMs = () => (world.monotonicMs() - startMs) * rate
    return {
      wallMs: () => world.wallMs() - world.monotonicMs() + startMs + elapsedMs() + wallSkewMs(),
      monotonicMs: elapsedMs,
      schedule: (delayMs, callback) => {
        let isCancelled = false
        const cancel = world.schedule(Math.max(delayMs, TIMER_MS_MIN) / rate, () =>
          this.#deliver(() => {
            if (!isCancelled) callback()
          }),
        )
        return () => {
          isCancelled = true
          cancel()
        }
      },
    }
  }

  /**
   * The same object as this program sees it. `onCall` hears of each call before it is made; it may
   * kill the program, and may answer itself.
   */
  guard<T extends object>(target: T, onCall: CallListener = () => undefined): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: readonly unknown[]) => {
          // What it does until it next waits for something is a part of its death throes.
          if (QUESTIONS.has(String(name))) return Reflect.apply(member, target, args)
          if (!this.isAlive) return never()
          const instead = onCall(String(name), args)
          if (instead) return this.#guardResult(instead.result)
          return this.#guardResult(Reflect.apply(member, target, args))
        }
      },
    })
  }

  /** What a program writes after its death never reaches the disk. */
  guardJournal(journal: Journal, onWrite: () => void): Journal {
    const write = (act: () => void) => {
      if (!this.isAlive) return
      onWrite()
      if (this.isAlive) act()
    }
    return {
      records: () => journal.records(),
      setting: (name) => journal.setting(name),
      saveRecord: (record) => write(() => journal.saveRecord(record)),
      removeRecord: (collection, rkey) => write(() => journal.removeRecord(collection, rkey)),
      saveSetting: (name, value) => write(() => journal.saveSetting(name, value)),
      appendEvent: (event) => write(() => journal.appendEvent(event)),
      events: (query) => journal.events(query),
    }
  }

  #deliver(act: () => void): void {
    if (this.#state === 'frozen') this.#waiting.push(act)
    else if (this.#state === 'alive') act()
  }

  #guardResult(result: unknown): unknown {
    if (result instanceof Promise)
      return new Promise((resolve, reject) => {
        result.then(
          (value) => this.#deliver(() => resolve(value)),
          (error: unknown) => this.#deliver(() => reject(error)),
        )
      })
    if (isAsyncIterable(result)) return this.#guardIterable(result)
    return result
  }

  async *#guardIterable(items: AsyncIterable<unknown>): AsyncGenerator {
    const broken = new Promise<never>((_, reject) =>
      this.#breakStreams.push(() => reject(new Error('the connection was closed'))),
    )
    broken.catch(() => undefined)
    const iterator = items[Symbol.asyncIterator]()
    for (;;) {
      const next = await (this.#guardResult(Promise.race([iterator.next(), broken])) as Promise<
        IteratorResult<unknown>
      >)
      if (next.done) return
      yield next.value
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
