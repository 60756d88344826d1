import { CommuneError } from '../model/errors.ts'
import { formatRoughBytes } from '../model/quantity.ts'
import { DISK_RESERVE_BYTES } from '../policy/image-limits.ts'
import type { Clock } from '../ports/clock.ts'
import type { Engine, EngineImage, RegistryAuth } from '../ports/engine.ts'

/** A pull of which nothing is heard for so long is given up, milliseconds. */
export const STALL_MS = 60_000
/** How often the disk is looked at while a pull is under way. */
const DISK_LOOK_MS = 2_000

/** A pull came to nothing because nothing came any more. */
export class StalledPull extends CommuneError {}

export interface WatchedPullOptions {
  readonly engine: Engine
  readonly clock: Clock
  /** Reference with digest. */
  readonly image: string
  readonly auth?: RegistryAuth | undefined
  /** What its manifest announces; undefined when nobody asked. */
  readonly sentBytes: number | undefined
  readonly signal: AbortSignal
}

/**
 * Pulls, and gives up what stalls, what sends more than its manifest says, and what fills the disk.
 * Giving up never waits for the engine: some hold on to a download that nobody wants any more.
 */
export async function watchedPull(options: WatchedPullOptions): Promise<EngineImage> {
  const { engine, clock, image, auth, sentBytes, signal } = options
  signal.throwIfAborted()
  const stop = new AbortController()
  const { promise: givenUp, reject } = Promise.withResolvers<never>()
  const giveUp = (reason: unknown) => {
    reject(reason)
    stop.abort(reason)
  }
  const onAbort = () => giveUp(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  const stall = new Timer(clock, STALL_MS, () => giveUp(stalled(image)))
  const disk = new Timer(clock, DISK_LOOK_MS, () => void lookAtDisk())
  const lookAtDisk = async () => {
    const space = await engine.diskSpace(stop.signal).catch(() => undefined)
    if (space && space.freeBytes < DISK_RESERVE_BYTES) giveUp(diskFull(image, space.freeBytes))
    else if (!stop.signal.aborted) disk.restart()
  }
  try {
    const pulling = engine.pullImage(image, {
      ...(auth === undefined ? {} : { auth }),
      signal: stop.signal,
      onProgress({ doneBytes }) {
        stall.restart()
        if (sentBytes !== undefined && doneBytes > sentBytes) giveUp(tooMuch(image, sentBytes))
      },
    })
    // When it is given up nobody is left who listens.
    pulling.catch(() => undefined)
    givenUp.catch(() => undefined)
    return await Promise.race([pulling, givenUp])
  } finally {
    stall.cancel()
    disk.cancel()
    signal.removeEventListener('abort', onAbort)
    stop.abort()
  }
}

class Timer {
  readonly #start: () => () => void
  #cancel: () => void

  constructor(clock: Clock, delayMs: number, act: () => void) {
    this.#start = () => clock.schedule(delayMs, act)
    this.#cancel = this.#start()
  }

  restart(): void {
    this.#cancel()
    this.#cancel = this.#start()
  }

  cancel(): void {
    this.#cancel()
  }
}

function stalled(image: string): StalledPull {
  const message = `Nothing came of ${image} for ${STALL_MS / 1000} s`
  return new StalledPull('registry-unreachable', message, { retry: true })
}

function tooMuch(image: string, sentBytes: number): CommuneError {
  const message = `The registry sends more of ${image} than the ${formatRoughBytes(sentBytes)} that its manifest names`
  return new CommuneError('bad-answer', message)
}

function diskFull(image: string, freeBytes: number): CommuneError {
  const message = `Only ${formatRoughBytes(freeBytes)} of disk were left while ${image} was pulled`
  return new CommuneError('engine', message, { retry: true })
}
