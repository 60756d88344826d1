/**
 * The one type of the world that the ports name and the pure rooms therefore see; they never make
 * one. Only tsconfig.pure.json includes this file.
 */
interface AbortSignal {
  readonly aborted: boolean
  readonly reason: unknown
  throwIfAborted(): void
  addEventListener(type: 'abort', listener: () => void, options?: { once?: boolean }): void
  removeEventListener(type: 'abort', listener: () => void): void
}
