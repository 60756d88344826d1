/** Time, as the rest of the program may know it. The simulator and the tests bring their own. */
export interface Clock {
  /** Wall clock in milliseconds since 1970, for people and for `createdAt`; decides nothing. */
  wallMs(): number
  /** Never goes back; milliseconds since some fixed moment. Every window and timer uses this. */
  monotonicMs(): number
  /** Calls `callback` once after `delayMs`; the returned function cancels it. */
  schedule(delayMs: number, callback: () => void): () => void
}

/** Resolves after `delayMs`, or at once with a rejection when the signal is aborted. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const onAbort = () => {
      cancel()
      reject(signal?.reason)
    }
    const cancel = clock.schedule(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}
