import { createServer } from 'node:http'
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { listenOnLoopback } from './loopback.ts'

/** What a request was, as the server saw it. */
export interface SeenRequest {
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Lie =
  /** No answer at all: the connection stays open, or is cut. */
  | 'hang'
  | 'cut'
  | {
      readonly status?: number
      readonly headers?: Readonly<Record<string, string>>
      /** JSON, or text as it is. */
      readonly body?: unknown
      /** Cuts the connection after the head and this much of the body. */
      readonly cutAfterBytes?: number
    }

/** An http server for tests that answers whatever it is told to. */
export interface LyingServer extends AsyncDisposable {
  readonly url: string
  readonly requests: SeenRequest[]
  /** Decides the next answers; may be replaced at any time. */
  lie: (request: SeenRequest) => Lie | Promise<Lie>
}

export async function startLyingServer(
  lie: LyingServer['lie'] = () => ({ status: 404 }),
): Promise<LyingServer> {
  const server = createServer((request, response) => {
    void (async () => {
      const seen = await see(request)
      running.requests.push(seen)
      const answer = await running.lie(seen)
      if (answer === 'hang') return
      if (answer === 'cut') {
        request.socket.destroy()
        return
      }
      const text = typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? '')
      const body = Buffer.from(answer.body === undefined ? '' : text)
      const headers = { 'content-type': 'application/json', ...answer.headers }
      response.writeHead(answer.status ?? 200, { ...headers, 'content-length': body.length })
      if (answer.cutAfterBytes === undefined) {
        response.end(body)
        return
      }
      response.write(body.subarray(0, answer.cutAfterBytes), () => request.socket.destroy())
    })()
  })
  const port = await listenOnLoopback(server, 0, 'the lying server')
  const running: LyingServer = {
    url: `http://127.0.0.1:${port}`,
    requests: [],
    lie,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
  return running
}

async function see(request: IncomingMessage): Promise<SeenRequest> {
  const chunks: Buffer[] = []
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
  return {
    method: request.method ?? '',
    url: request.url ?? '',
    headers: request.headers,
    body: Buffer.concat(chunks).toString('utf8'),
  }
}
