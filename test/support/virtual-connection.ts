import type { FeedFrame } from '../../src/atproto/feed-frame.ts'
import type { StreamConnection, StreamListener } from '../../src/atproto/feed-transport.ts'
import type { Clock } from '../../src/ports/clock.ts'
import type { HostSubscriber, VirtualHost } from './virtual-host.ts'

export interface VirtualConnectionOptions {
  readonly host: VirtualHost
  readonly cursor: number | undefined
  readonly listener: StreamListener
  readonly clock: Clock
  /** How long a frame is under way. */
  readonly nextDelayMs: () => number
  /** Whether packets pass between reader and host now. */
  readonly canReach: () => boolean
  readonly onEnd: (connection: VirtualConnection) => void
}

interface Packet {
  /** `close`: the host hung up with this code. */
  readonly frame: FeedFrame | { readonly kind: 'close'; readonly code: number }
  readonly dueMs: number
}

/** What a frame counts for in the buffers. */
const FRAME_BYTES = 1024
/** How soon lost packets are sent again. */
const RESEND_MS = 1_000
const REFUSED = 1006

/** A connection to the stream of a host: in order and without loss while it lasts, as TCP is. */
export class VirtualConnection implements StreamConnection, HostSubscriber {
  readonly #options: VirtualConnectionOptions
  readonly #packets: Packet[] = []
  #cancelTimer: (() => void) | undefined
  #isOpen = false
  #isOver = false
  #lastDueMs = 0
  isPaused = false

  constructor(options: VirtualConnectionOptions) {
    const { clock, nextDelayMs } = options
    this.#options = options
    this.#cancelTimer = clock.schedule(nextDelayMs(), () => this.#open())
  }

  receive(frame: FeedFrame): void {
    this.#queue(frame)
  }

  close(code: number): void {
    this.#options.host.unsubscribe(this)
    this.#queue({ kind: 'close', code })
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#deliverLater(0)
  }

  ping(): void {
    if (this.#isOpen && this.#passes()) this.#options.listener.alive()
  }

  terminate(): void {
    if (this.#isOver) return
    this.drop()
    this.#cancelTimer = this.#options.clock.schedule(0, () =>
      this.#options.listener.closed(REFUSED),
    )
  }

  /** Ends it and tells nobody: its reader is no more. */
  drop(): void {
    this.#isOver = true
    this.#cancelTimer?.()
    this.#options.host.unsubscribe(this)
    this.#options.onEnd(this)
  }

  #open(): void {
    const { host, listener, cursor, canReach } = this.#options
    this.#cancelTimer = undefined
    if (!canReach()) {
      listener.failed('connection refused')
      return this.#end(REFUSED)
    }
    // It is taken, and nothing ever comes of it.
    if (host.isSilent) return
    this.#isOpen = true
    listener.opened()
    if (!this.#isOver) host.subscribe(this, cursor)
  }

  #passes(): boolean {
    return this.#options.canReach() && !this.#options.host.isSilent
  }

  #queue(frame: Packet['frame']): void {
    const { clock, nextDelayMs } = this.#options
    const now = clock.monotonicMs()
    this.#lastDueMs = Math.max(this.#lastDueMs, now + nextDelayMs())
    this.#packets.push({ frame, dueMs: this.#lastDueMs })
    this.#deliverLater(this.#lastDueMs - now)
  }

  #deliverLater(delayMs: number): void {
    this.#cancelTimer ??= this.#options.clock.schedule(delayMs, () => this.#deliver())
  }

  #deliver(): void {
    const { clock, listener } = this.#options
    this.#cancelTimer = undefined
    const now = clock.monotonicMs()
    for (let next = this.#packets[0]; next; next = this.#packets[0]) {
      if (this.#isOver || this.isPaused) return
      if (!this.#passes()) return this.#deliverLater(RESEND_MS)
      if (next.dueMs > now) return this.#deliverLater(next.dueMs - now)
      this.#packets.shift()
      if (next.frame.kind === 'close') return this.#end(next.frame.code)
      listener.frame(next.frame, FRAME_BYTES)
    }
  }

  #end(code: number): void {
    this.drop()
    this.#options.listener.closed(code)
  }
}
