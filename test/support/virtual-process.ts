import type { Clock } from '../../src/ports/clock.ts'

/**
 * A program that can be killed at any point. What it uses goes through here; from the moment of its
 * death on its timers are gone and no call of it returns, as if it had never been.
 */
export class VirtualProcess {
  #isAlive = true

  get isAlive(): boolean {
    return this.#isAlive
  }

  kill(): void {
    this.#isAlive = false
  }

  /** A clock of its own: its monotonic time starts at 0, its wall clock may be wrong. */
  clock(world: Clock, wallSkewMs: number): Clock {
    const startMs = world.monotonicMs()
    return {
      wallMs: () => world.wallMs() + wallSkewMs,
      monotonicMs: () => world.monotonicMs() - startMs,
      schedule: (delayMs, callback) =>
        world.schedule(delayMs, () => {
          if (this.#isAlive) callback()
        }),
    }
  }

  /** The same object as this program sees it. `onCall` hears of each call before it is made. */
  guard<T extends object>(
    target: T,
    onCall: (name: string, args: readonly unknown[]) => void = () => undefined,
  ): T {
    return new Proxy(target, {
      get: (_, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (typeof member !== 'function') return member
        return (...args: readonly unknown[]) => {
          if (!this.#isAlive) return never()
          onCall(String(name), args)
          return this.#guardResult(Reflect.apply(member, target, args))
        }
      },
    })
  }

  #guardResult(result: unknown): unknown {
    if (result instanceof Promise)
      return new Promise((resolve, reject) => {
        result.then(
          (value) => this.#isAlive && resolve(value),
          (error: unknown) => this.#isAlive && reject(error),
        )
      })
    if (isAsyncIterable(result)) return this.#guardIterable(result)
    return result
  }

  async *#guardIterable(items: AsyncIterable<unknown>): AsyncGenerator {
    for await (const item of items) {
      if (!this.#isAlive) return await never()
      yield item
    }
  }
}

function never(): Promise<never> {
  return new Promise(() => undefined)
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value
}
