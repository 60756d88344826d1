import type { Socket } from 'node:net'

/** A connection on which nothing moves is closed. */
const IDLE_MS_MAX = 60 * 60_000
/** One on which a side has already said its last word is closed sooner. */
const HALF_CLOSED_IDLE_MS_MAX = 60_000
const KEEP_ALIVE_MS = 60_000

/**
 * Pipes both ways. A slow reader slows the writer down; the end of one direction is passed on without
 * ending the other; a break of one side breaks the other.
 */
export function pipeBoth(outer: Socket, inner: Socket): void {
  for (const [from, to] of [
    [outer, inner],
    [inner, outer],
  ] as const) {
    from.setTimeout(IDLE_MS_MAX, () => {
      from.destroy()
      to.destroy()
    })
    from.setKeepAlive(true, KEEP_ALIVE_MS)
    from.setNoDelay(true)
    from.on('error', () => to.resetAndDestroy())
    from.on('end', () => {
      from.setTimeout(HALF_CLOSED_IDLE_MS_MAX)
      to.setTimeout(HALF_CLOSED_IDLE_MS_MAX)
    })
    from.on('close', () => {
      if (!from.readableEnded) to.destroy()
    })
    from.pipe(to)
  }
}
