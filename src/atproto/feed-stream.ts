import { messageOf } from '../model/errors.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs } from './feed-backoff.ts'
import type { FeedFrame } from './feed-frame.ts'
import type { ConnectStream, StreamConnection } from './feed-transport.ts'

export interface HostStreamOptions {
  /** Origin of the PDS. */
  readonly host: string
  readonly connect: ConnectStream
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Where to resume; asked before each connection. */
  readonly cursor: () => number | undefined
  /** Connected. `continuous` is false when events may have been missed. */
  readonly onOpen: (continuous: boolean) => void
  /**
   * Called for each frame in order, without waiting for the one before. Gives undefined when there is
   * nothing to wait for. A rejection or `reconnect` drops the connection; frames that were handed over
   * have to come to their end by themselves.
   */
  readonly onFrame: (frame: FeedFrame) => Promise<'continue' | 'reconnect'> | undefined
}

/** One subscription to the events of a host, for ever, until it is disposed of. */
export interface HostStream extends AsyncDisposable {
  /** Ends this connection; the next one asks for the cursor anew. */
  restart(): void
  status(): { readonly connected: boolean; readonly reconnects: number; readonly queued: number }
  /**
   * For how long it has been connected and has answered every ping, milliseconds; 0 when it does not.
   * A socket can stay open long after its host.
   */
  freshForMs(): number
}

const RECONNECT = { initialMs: 250, maxMs: 30_000 }
/** A connection that lasted so long counts as a success, so that the next wait is short again. */
const STABLE_MS = 10_000
const PING_EVERY_MS = 10_000
/** A ping's interval and time for its answer. */
const FRESH_MS = 12_000
const SILENT_MS_MAX = 30_000
const CONNECT_MS_MAX = 15_000
/** Away for longer, a repo is compared with its PDS even though the stream resumes. */
const ABSENCE_MS = 60_000
/** With more under way than this the socket is paused, so that the host's buffer fills and not ours. */
const PENDING_FRAMES_MAX = 200
const PENDING_BYTES_MAX = 8 * 1024 * 1024

/** Opens the subscription; every end of it, a clean close included, leads to the next connection. */
export function openHostStream(options: HostStreamOptions): HostStream {
  const stream = new Stream(options)
  stream.connect()
  return stream
}

class Stream implements HostStream {
  readonly #options: HostStreamOptions
  #connection: StreamConnection | undefined
  #connected = false
  /** The last connection has come to its end. */
  #closed = true
  #disposed = false
  /** Nothing more is taken from this connection; what it still brings is sent again on the next. */
  #abandoned = false
  #failures = 0
  #reconnects = 0
  #openedAtMs = 0
  #heardAtMs = 0
  #freshSinceMs = 0
  /** When the stream was last known to be whole; undefined at the start. */
  #wholeAtMs: number | undefined
  #pending = 0
  #pendingBytes = 0
  #whenIdle: (() => void)[] = []
  #whenClosed: (() => void)[] = []
  #cancelTimer: () => void = () => {}
  #cancelWatch: () => void = () => {}

  constructor(options: HostStreamOptions) {
    this.#options = options
  }

  status() {
    return {
      connected: this.#connected,
      reconnects: this.#reconnects,
      queued: this.#pending,
    }
  }

  freshForMs(): number {
    const now = this.#options.clock.monotonicMs()
    const isFresh = this.#connected && now - this.#heardAtMs < FRESH_MS
    return isFresh ? now - this.#freshSinceMs : 0
  }

  connect(): void {
    const { host, clock, connect } = this.#options
    const cursor = this.#options.cursor()
    this.#closed = false
    this.#abandoned = false
    this.#openedAtMs = this.#heardAtMs = clock.monotonicMs()
    const connection = connect(host, cursor, {
      opened: () => this.#opened(cursor !== undefined),
      frame: (frame, bytes) => this.#received(frame, bytes),
      alive: () => this.#heard(),
      failed: (reason) => this.#trouble('The event stream failed', reason),
      closed: (code) => void this.#ended(code),
    })
    this.#connection = connection
    this.#watch(connection)
  }

  restart(): void {
    this.#abandon()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelTimer()
    this.#cancelWatch()
    this.#abandon()
    await this.#idle()
    if (!this.#closed) await new Promise<void>((resolve) => this.#whenClosed.push(resolve))
  }

  #opened(resumed: boolean): void {
    const now = this.#options.clock.monotonicMs()
    this.#connected = true
    this.#openedAtMs = now
    this.#freshSinceMs = now
    const away = this.#wholeAtMs === undefined ? 0 : now - this.#wholeAtMs
    this.#heard()
    this.#options.onOpen(resumed && away < ABSENCE_MS)
  }

  #heard(): void {
    const now = this.#options.clock.monotonicMs()
    if (now - this.#heardAtMs >= FRESH_MS) this.#freshSinceMs = now
    this.#heardAtMs = now
    this.#wholeAtMs = now
  }

  /** Asks for a sign of life from time to time; a socket can stay open long after its host is gone. */
  #watch(connection: StreamConnection): void {
    const { clock } = this.#options
    this.#cancelWatch = clock.schedule(PING_EVERY_MS, () => {
      const limit = this.#connected ? SILENT_MS_MAX : CONNECT_MS_MAX
      // While the socket is paused it hears nothing, and that is our own doing.
      const silent = !connection.isPaused && clock.monotonicMs() - this.#heardAtMs > limit
      if (silent) {
        this.#trouble('The event stream is silent', 'connecting anew')
        return connection.terminate()
      }
      if (this.#connected) connection.ping()
      this.#watch(connection)
    })
  }

  #received(frame: FeedFrame, bytes: number): void {
    if (this.#abandoned) return
    this.#heard()
    const taking = this.#options.onFrame(frame)
    if (!taking) return
    this.#pending += 1
    this.#pendingBytes += bytes
    if (this.#isFull()) this.#connection?.pause()
    void this.#take(taking, bytes)
  }

  async #take(taking: Promise<'continue' | 'reconnect'>, bytes: number): Promise<void> {
    const outcome = await taking.catch((error: unknown) => {
      if (!this.#abandoned) this.#trouble('An event could not be taken in', messageOf(error))
      return 'reconnect' as const
    })
    this.#pending -= 1
    this.#pendingBytes -= bytes
    if (outcome === 'reconnect') this.#abandon()
    else if (this.#connection?.isPaused && !this.#isFull()) {
      this.#heard()
      this.#connection.resume()
    }
    if (this.#pending === 0) for (const resolve of this.#whenIdle.splice(0)) resolve()
  }

  #idle(): Promise<void> {
    if (this.#pending === 0) return Promise.resolve()
    return new Promise((resolve) => this.#whenIdle.push(resolve))
  }

  #isFull(): boolean {
    return this.#pending > PENDING_FRAMES_MAX || this.#pendingBytes > PENDING_BYTES_MAX
  }

  #abandon(): void {
    this.#abandoned = true
    this.#connection?.terminate()
  }

  async #ended(code: number): Promise<void> {
    const { clock, random, log, host } = this.#options
    const stable = this.#connected && clock.monotonicMs() - this.#openedAtMs >= STABLE_MS
    this.#connected = false
    this.#closed = true
    for (const resolve of this.#whenClosed.splice(0)) resolve()
    this.#cancelWatch()
    // What was received is worked off first, so that the cursor to resume at is right.
    await this.#idle()
    if (this.#disposed) return
    this.#failures = stable ? 0 : this.#failures + 1
    const delayMs = backoffMs(RECONNECT, Math.max(0, this.#failures - 1), random)
    log.debug('The event stream was closed; connecting again', { host, code, delayMs })
    this.#cancelTimer = clock.schedule(delayMs, () => {
      this.#reconnects += 1
      this.connect()
    })
  }

  #trouble(message: string, reason: string): void {
    if (!this.#disposed) this.#options.log.warn(message, { host: this.#options.host, reason })
  }
}
