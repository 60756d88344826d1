import type { RawData, WebSocket } from 'ws'

/** Messages that wait to be taken; then the sender has to wait. */
const WAITING_MAX = 16

/** What the other side of a stream sends, as fast as it is taken. Ends with the connection. */
export class Inbox implements AsyncIterable<Uint8Array> {
  readonly #socket: WebSocket
  readonly #waiting: Uint8Array[] = []
  #isClosed = false
  #wake: () => void = () => {}

  constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data: RawData) => {
      this.#waiting.push(data as Buffer)
      if (this.#waiting.length >= WAITING_MAX) socket.pause()
      this.#wake()
    })
    socket.once('close', () => {
      this.#isClosed = true
      this.#wake()
    })
  }

  /** The next message; undefined when the connection has ended or the signal is aborted. */
  async next(signal: AbortSignal): Promise<Uint8Array | undefined> {
    const onAbort = () => this.#wake()
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      while (!signal.aborted) {
        const message = this.#waiting.shift()
        if (this.#socket.isPaused) this.#socket.resume()
        if (message !== undefined) return message
        if (this.#isClosed) return undefined
        await new Promise<void>((wake) => {
          this.#wake = wake
          if (this.#waiting.length > 0 || this.#isClosed || signal.aborted) wake()
        })
      }
      return undefined
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const never = new AbortController().signal
    for (let next = await this.next(never); next; next = await this.next(never)) yield next
  }
}
