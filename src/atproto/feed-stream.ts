import { unicastLookup } from '@atproto-labs/fetch-node'
import WebSocket from 'ws'
import { messageOf } from '../model/errors.ts'
import { SYNC_METHOD } from '../model/nsid.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs } from './feed-backoff.ts'

export interface HostStreamOptions {
  /** Origin of the PDS. */
  readonly host: string
  /** Without it, names that resolve to private addresses are refused when the connection is made. */
  readonly allowPrivateAddresses: boolean
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Where to resume; asked before each connection. */
  readonly cursor: () => number | undefined
  /** Connected. `continuous` is false when events may have been missed. */
  readonly onOpen: (continuous: boolean) => void
  /**
   * Called for each frame in order, without waiting for the one before. A rejection or `reconnect`
   * drops the connection; frames that were handed over have to come to their end by themselves.
   */
  readonly onFrame: (bytes: Uint8Array) => Promise<'continue' | 'reconnect'>
}

/** One subscription to the events of a host, for ever, until it is disposed of. */
export interface HostStream extends AsyncDisposable {
  status(): { readonly connected: boolean; readonly reconnects: number; readonly queued: number }
}

const RECONNECT = { initialMs: 250, maxMs: 30_000 }
/** A connection that lasted so long counts as a success, so that the next wait is short again. */
const STABLE_MS = 10_000
const PING_EVERY_MS = 10_000
const SILENT_MS_MAX = 30_000
const CONNECT_MS_MAX = 15_000
/** Away for longer, a repo is compared with its PDS even though the stream resumes. */
const ABSENCE_MS = 60_000
/** With more under way than this the socket is paused, so that the host's buffer fills and not ours. */
const PENDING_FRAMES_MAX = 200
const PENDING_BYTES_MAX = 8 * 1024 * 1024
/** A commit is at most 2 MB, plus its operations. */
const FRAME_BYTES_MAX = 5 * 1024 * 1024

/** Opens the subscription; every end of it, a clean close included, leads to the next connection. */
export function openHostStream(options: HostStreamOptions): HostStream {
  const stream = new Stream(options)
  stream.connect()
  return stream
}

class Stream implements HostStream {
  readonly #options: HostStreamOptions
  #socket: WebSocket | undefined
  #connected = false
  #disposed = false
  /** Nothing more is taken from this connection; what it still brings is sent again on the next. */
  #abandoned = false
  #failures = 0
  #reconnects = 0
  #openedAtMs = 0
  #heardAtMs = 0
  /** When the stream was last known to be whole; undefined at the start. */
  #wholeAtMs: number | undefined
  #pending = 0
  #pendingBytes = 0
  #whenIdle: (() => void)[] = []
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

  connect(): void {
    const { host, clock, allowPrivateAddresses } = this.#options
    const url = new URL(`/xrpc/${SYNC_METHOD.subscribeRepos}`, host.replace(/^http/, 'ws'))
    const cursor = this.#options.cursor()
    if (cursor !== undefined) url.searchParams.set('cursor', String(cursor))
    const socket = new WebSocket(url, {
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      followRedirects: false,
      ...(allowPrivateAddresses ? {} : { lookup: unicastLookup }),
    })
    this.#socket = socket
    this.#abandoned = false
    this.#openedAtMs = this.#heardAtMs = clock.monotonicMs()
    socket.on('open', () => this.#opened(cursor !== undefined))
    socket.on('message', (data: Buffer) => this.#received(data))
    socket.on('pong', () => this.#heard())
    socket.on('error', (error) => this.#trouble('The event stream failed', messageOf(error)))
    socket.on('close', (code) => void this.#closed(code))
    this.#watch(socket)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelTimer()
    this.#cancelWatch()
    this.#abandon()
    await this.#idle()
    const socket = this.#socket
    if (!socket || socket.readyState === WebSocket.CLOSED) return
    await new Promise((resolve) => socket.once('close', resolve))
  }

  #opened(resumed: boolean): void {
    const now = this.#options.clock.monotonicMs()
    this.#connected = true
    this.#openedAtMs = now
    const away = this.#wholeAtMs === undefined ? 0 : now - this.#wholeAtMs
    this.#heard()
    this.#options.onOpen(resumed && away < ABSENCE_MS)
  }

  #heard(): void {
    this.#heardAtMs = this.#options.clock.monotonicMs()
    this.#wholeAtMs = this.#heardAtMs
  }

  /** Asks for a sign of life from time to time; a socket can stay open long after its host is gone. */
  #watch(socket: WebSocket): void {
    const { clock } = this.#options
    this.#cancelWatch = clock.schedule(PING_EVERY_MS, () => {
      const limit = this.#connected ? SILENT_MS_MAX : CONNECT_MS_MAX
      // While the socket is paused it hears nothing, and that is our own doing.
      const silent = !socket.isPaused && clock.monotonicMs() - this.#heardAtMs > limit
      if (silent) {
        this.#trouble('The event stream is silent', 'connecting anew')
        return socket.terminate()
      }
      if (this.#connected) socket.ping()
      this.#watch(socket)
    })
  }

  #received(data: Buffer): void {
    if (this.#abandoned) return
    this.#heard()
    this.#pending += 1
    this.#pendingBytes += data.length
    if (this.#isFull()) this.#socket?.pause()
    void this.#take(data)
  }

  async #take(bytes: Uint8Array): Promise<void> {
    const outcome = await this.#options.onFrame(bytes).catch((error: unknown) => {
      if (!this.#abandoned) this.#trouble('An event could not be taken in', messageOf(error))
      return 'reconnect' as const
    })
    this.#pending -= 1
    this.#pendingBytes -= bytes.length
    if (outcome === 'reconnect') this.#abandon()
    else if (this.#socket?.isPaused && !this.#isFull()) {
      this.#heard()
      this.#socket.resume()
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
    this.#socket?.terminate()
  }

  async #closed(code: number): Promise<void> {
    const { clock, random, log, host } = this.#options
    const stable = this.#connected && clock.monotonicMs() - this.#openedAtMs >= STABLE_MS
    this.#connected = false
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
