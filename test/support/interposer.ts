import { Agent, createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import type { ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { setTimeout as pause } from 'node:timers/promises'

/** What goes wrong with a request on its way. */
export type Mischief =
  /** No answer at all while the connection stays open. */
  | 'hang'
  /** The connection breaks; nothing was done. */
  | 'cut'
  /** It is done, and the connection breaks before the answer. */
  | 'lost-reply'
  | { readonly delayMs: number }
  /** Answered here; the other side hears nothing of it. */
  | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>>
      readonly body?: string
    }
  /** The answer breaks off after so many bytes of its body. */
  | { readonly cutAfterBytes: number }

export interface InterposedRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  /** A stream that is upgraded from HTTP. */
  readonly isUpgrade: boolean
}

export interface InterposerOptions {
  readonly upstream: { readonly socketPath: string } | { readonly port: number }
  /** Listens on this socket; on a free port of loopback when left out. */
  readonly socketPath?: string
  /** Changes the text of every answer that is JSON. */
  readonly rewrite?: (text: string) => string
}

/** Stands between a program and a server that it calls by HTTP, and does what a test tells it to. */
export class Interposer implements AsyncDisposable {
  /** Decides what happens to each request; well-behaved at first. */
  mischief: (request: InterposedRequest) => Mischief | undefined = () => undefined
  /** Requests with which something was done. */
  troubled = 0
  readonly #options: InterposerOptions
  readonly #server = createServer((request, response) => void this.#request(request, response))
  readonly #open = new Set<Socket>()
  readonly #agent = new Agent({ keepAlive: true })

  private constructor(options: InterposerOptions) {
    this.#options = options
    this.#server.on('upgrade', (request, socket, head) => void this.#upgrade(request, socket, head))
    this.#server.on('connection', (socket) => {
      this.#open.add(socket)
      socket.once('close', () => this.#open.delete(socket))
      socket.on('error', () => undefined)
    })
  }

  static async start(options: InterposerOptions): Promise<Interposer> {
    const interposer = new Interposer(options)
    const { socketPath } = options
    await new Promise<void>((resolve) => {
      if (socketPath === undefined) interposer.#server.listen(0, '127.0.0.1', resolve)
      else interposer.#server.listen(socketPath, resolve)
    })
    return interposer
  }

  /** `http://localhost:PORT`. */
  get url(): string {
    return `http://localhost:${(this.#server.address() as AddressInfo).port}`
  }

  /** Breaks all connections, also those that hang or stream. */
  cutAll(): void {
    for (const socket of this.#open) socket.destroy()
  }

  /** From now on everything is passed on again; what hangs is cut. */
  heal(): void {
    this.mischief = () => undefined
    this.troubled = 0
    this.cutAll()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.cutAll()
    this.#agent.destroy()
    await closed
  }

  #decide(request: IncomingMessage, isUpgrade: boolean): Mischief | undefined {
    const { method = '', url = '' } = request
    const mischief = this.mischief({ method, url, isUpgrade })
    if (mischief !== undefined) this.troubled++
    return mischief
  }

  async #request(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const mischief = this.#decide(request, false)
    if (mischief === 'hang') return
    if (mischief === 'cut') return void request.socket.destroy()
    if (typeof mischief === 'object' && 'status' in mischief) {
      request.resume()
      return void response.writeHead(mischief.status, mischief.headers).end(mischief.body ?? '')
    }
    if (typeof mischief === 'object' && 'delayMs' in mischief) await pause(mischief.delayMs)
    this.#forward(request, response, mischief)
  }

  #forward(
    request: IncomingMessage,
    response: ServerResponse,
    mischief: Mischief | undefined,
  ): void {
    const { upstream, rewrite } = this.#options
    const { method, url } = request
    const { 'accept-encoding': _, ...plain } = request.headers
    // What is compressed can't be rewritten.
    const headers = rewrite === undefined ? request.headers : plain
    const onward = httpRequest(
      { ...upstream, host: '127.0.0.1', method, path: url, headers, agent: this.#agent },
      (answer) => {
        if (mischief === 'lost-reply') {
          answer.resume().once('end', () => request.socket.destroy())
          return
        }
        if (typeof mischief === 'object' && 'cutAfterBytes' in mischief) {
          breakOff(answer, response, mischief.cutAfterBytes)
          return
        }
        if (rewrite && String(answer.headers['content-type']).includes('json')) {
          void rewriteAnswer(answer, response, rewrite)
          return
        }
        response.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.on('error', () => response.destroy())
        answer.pipe(response)
      },
    )
    onward.on('error', () => request.socket.destroy())
    response.once('close', () => onward.destroy())
    request.pipe(onward)
  }

  async #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const mischief = this.#decide(request, true)
    if (mischief === 'hang') return
    if (typeof mischief === 'object' && 'delayMs' in mischief) await pause(mischief.delayMs)
    else if (mischief !== undefined) return void socket.destroy()
    const { upstream } = this.#options
    const onward = connect(
      'port' in upstream ? { ...upstream, host: '127.0.0.1' } : { path: upstream.socketPath },
    )
    const names = request.rawHeaders
    const lines = names.flatMap((name, index) =>
      index % 2 === 0 ? [`${name}: ${names[index + 1]}`] : [],
    )
    onward.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
    onward.write(head)
    onward.pipe(socket).pipe(onward)
    for (const [one, other] of [
      [onward, socket],
      [socket, onward],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => other.destroy())
    }
  }
}

async function rewriteAnswer(
  answer: IncomingMessage,
  response: ServerResponse,
  rewrite: (text: string) => string,
): Promise<void> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  } catch {
    response.destroy()
    return
  }
  const body = Buffer.from(rewrite(Buffer.concat(chunks).toString('utf8')))
  const { 'transfer-encoding': _, ...headers } = answer.headers
  response.writeHead(answer.statusCode ?? 502, { ...headers, 'content-length': body.length })
  response.end(body)
}

function breakOff(answer: IncomingMessage, response: ServerResponse, afterBytes: number): void {
  response.writeHead(answer.statusCode ?? 502, answer.headers)
  let left = afterBytes
  answer.on('data', (chunk: Buffer) => {
    response.write(chunk.subarray(0, left), () => {
      if (left <= 0) response.destroy()
    })
    left -= chunk.length
  })
}
