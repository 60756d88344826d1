import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'

export interface MetricsServerOptions {
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly contentType: string
  /** The metrics as text. */
  readonly render: () => Promise<string>
  /** What needs attention; nothing when all is well. */
  readonly problems: () => readonly string[]
  readonly log: Log
}

/** Answers until it is disposed of. */
export interface MetricsServer extends AsyncDisposable {
  readonly url: string
}

const HEADER_BYTES_MAX = 8 * 1024
const CONNECTIONS_MAX = 16
const REQUEST_MS_MAX = 5_000

/**
 * `/metrics` for Prometheus and `/healthz` for whoever watches the process, on a port of their own:
 * neither asks who calls. Fails with `unavailable` when the port can't be had.
 */
export async function serveMetrics(options: MetricsServerOptions): Promise<MetricsServer> {
  const { host, port, log } = options
  const server = createServer(
    {
      maxHeaderSize: HEADER_BYTES_MAX,
      headersTimeout: REQUEST_MS_MAX,
      requestTimeout: REQUEST_MS_MAX,
    },
    (request, response) => {
      void answer(options, request.method, request.url, response).catch((error: unknown) => {
        log.error('metrics could not be given', { error: messageOf(error) })
        response.destroy()
      })
    },
  )
  server.maxConnections = CONNECTIONS_MAX
  server.listen(port, host)
  try {
    await once(server, 'listening')
  } catch (error) {
    const reason = messageOf(error)
    throw new CommuneError('unavailable', `${host}:${port} can't be listened on: ${reason}`, {
      hint: 'Choose another port for --metrics, or stop the program that has it.',
      cause: error,
    })
  }
  const address = server.address() as AddressInfo
  const url = `http://${address.family === 'IPv6' ? `[${host}]` : host}:${address.port}`
  log.info('serving metrics', { url: `${url}/metrics` })
  return {
    url,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

async function answer(
  { contentType, render, problems }: MetricsServerOptions,
  method: string | undefined,
  url: string | undefined,
  response: ServerResponse,
): Promise<void> {
  if (method !== 'GET' && method !== 'HEAD') return end(response, 405, 'GET is expected\n')
  switch (url?.split('?')[0]) {
    case '/metrics':
      return end(response, 200, await render(), contentType)
    case '/healthz': {
      const found = problems()
      const body = JSON.stringify({ ok: found.length === 0, problems: found })
      return end(response, found.length === 0 ? 200 : 503, `${body}\n`, 'application/json')
    }
    default:
      return end(response, 404, 'There are /metrics and /healthz\n')
  }
}

function end(
  response: ServerResponse,
  status: number,
  body: string,
  contentType = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, { 'content-type': contentType })
  response.end(body)
}
