import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer as a stranger’s server may give it. */
export interface RawAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

export interface AnsweringServer extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Decides every answer. */
  answer: (request: IncomingMessage) => RawAnswer
}

/**
 * A server on loopback whose every byte a test decides: headers are written as they are, also those
 * that no library would let through.
 */
export async function startAnsweringServer(): Promise<AnsweringServer> {
  const server = createServer((request) => {
    request.resume()
    const { status, headers, body } = answering.answer(request)
    const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`)
    const head = `HTTP/1.1 ${status} Answer\r\n${lines.join('')}connection: close\r\n\r\n`
    request.socket.write(Buffer.from(head, 'latin1'))
    request.socket.end(body)
  })
  server.on('clientError', (_, socket) => socket.destroy())
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const answering: AnsweringServer = {
    port,
    url: `http://127.0.0.1:${port}`,
    answer: () => ({ status: 404, headers: [], body: new Uint8Array() }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return answering
}
