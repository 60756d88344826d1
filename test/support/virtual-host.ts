import type { FeedFrame } from '../../src/atproto/feed-frame.ts'
import type { Did } from '../../src/model/records.ts'
import type { Clock } from '../../src/ports/clock.ts'

/** One who listens to a host. */
export interface HostSubscriber {
  receive(frame: FeedFrame): void
  /** The host hangs up in order. */
  close(code: number): void
}

type EventKind = Extract<FeedFrame, { did: Did }>['kind']

/**
 * The event stream of a PDS: what it sent, and what goes wrong while sending. Readers whose stream is
 * cut or slow are the matter of their connection.
 */
export class VirtualHost {
  readonly url: string
  /** It takes connections, keeps them open, and says nothing, not even that it lives. */
  isSilent = false
  readonly #clock: Clock
  readonly #subscribers = new Set<HostSubscriber>()
  #events: (FeedFrame & { readonly seq: number })[] = []
  #seq = 0
  /** Up to here it has forgotten what it sent. */
  #forgotten = 0
  readonly #next: ('lose' | 'duplicate' | 'swap' | { readonly delayMs: number })[] = []
  #swapped: FeedFrame | undefined

  constructor(url: string, clock: Clock) {
    this.url = url
    this.#clock = clock
  }

  emit(kind: EventKind, did: Did, body: unknown): void {
    const time = new Date(this.#clock.wallMs()).toISOString()
    const frame = { kind, seq: ++this.#seq, did, time, body }
    const fault = this.#next.shift()
    if (fault === 'lose') return
    this.#events.push(frame)
    if (fault === 'swap') {
      this.#swapped = frame
      return
    }
    if (typeof fault === 'object') {
      this.#clock.schedule(fault.delayMs, () => this.#send(frame))
      return
    }
    this.#send(frame)
    if (fault === 'duplicate') this.#send(frame)
    const swapped = this.#swapped
    this.#swapped = undefined
    if (swapped) this.#send(swapped)
  }

  /** The next events are never sent, to nobody. */
  loseNext(count = 1): void {
    for (let i = 0; i < count; i++) this.#next.push('lose')
  }

  duplicateNext(count = 1): void {
    for (let i = 0; i < count; i++) this.#next.push('duplicate')
  }

  /** The next event is sent after the one that follows it. */
  swapNext(): void {
    this.#next.push('swap')
  }

  /** The next event is late; those after it overtake it. */
  delayNext(delayMs: number): void {
    this.#next.push({ delayMs })
  }

  /** Sends the last events once more. */
  replay(count: number): void {
    for (const event of this.#events.slice(-count)) this.#send(event)
  }

  /** Nothing more goes wrong with events to come; what was held back is sent. */
  faultless(): void {
    this.#next.length = 0
    const swapped = this.#swapped
    this.#swapped = undefined
    if (swapped) this.#send(swapped)
  }

  /** Hangs up on everybody in order. */
  closeStreams(): void {
    for (const subscriber of [...this.#subscribers]) subscriber.close(1000)
  }

  /** From now on it can't be resumed anywhere before this moment: cursors are outdated. */
  forgetEvents(): void {
    this.#events = []
    this.#forgotten = this.#seq
  }

  /** It lost its log and counts anew: cursors lie in the future. Hangs up on everybody. */
  countAnew(): void {
    this.#events = []
    this.#seq = 0
    this.#forgotten = 0
    this.closeStreams()
  }

  /** Begins to send; tells first what came after the cursor. */
  subscribe(subscriber: HostSubscriber, cursor: number | undefined): void {
    if (cursor !== undefined && cursor > this.#seq) {
      subscriber.receive({ kind: 'error', name: 'FutureCursor' })
      return subscriber.close(1008)
    }
    this.#subscribers.add(subscriber)
    if (cursor === undefined) return
    if (cursor < this.#forgotten) subscriber.receive({ kind: 'info', name: 'OutdatedCursor' })
    for (const event of this.#events) if (event.seq > cursor) subscriber.receive(event)
  }

  unsubscribe(subscriber: HostSubscriber): void {
    this.#subscribers.delete(subscriber)
  }

  #send(frame: FeedFrame): void {
    for (const subscriber of this.#subscribers) subscriber.receive(frame)
  }
}
