import { unicastLookup } from '@atproto-labs/fetch-node'
import { Frame } from '@atproto/xrpc-server'
import WebSocket from 'ws'
import { publicOrigin } from '../atproto/public-origin.ts'
import { CommuneError, messageOf } from '../model/errors.ts'

export interface StreamTarget {
  /** As the meshlet published it. */
  readonly endpoint: string
  readonly method: string
  /** Good for this meshlet, this method, and once. */
  readonly token: string
  readonly params: Readonly<Record<string, string | number | undefined>>
  /** Http, loopback and private networks. */
  readonly allowPrivateAddresses: boolean
}

const FRAME_BYTES_MAX = 256 * 1024
/** What waits to be taken; beyond it the machine has to wait. */
const WAITING_BYTES_MAX = 1024 * 1024
const CONNECT_MS = 10_000
/** The machine asks for a sign of life more often. */
const SILENT_MS = 75_000

const FAILURES = {
  NotAllowed: 'forbidden',
  WorkloadNotFound: 'not-found',
  RateLimitExceeded: 'rate-limited',
  InvalidRequest: 'invalid-input',
  MethodNotImplemented: 'unsupported',
  Unavailable: 'unavailable',
} as const

/** Connects to a stream of a machine. Fails with `unreachable` for an address that must not be called. */
export function openStream(target: StreamTarget): WebSocket {
  const { endpoint, method, token, params, allowPrivateAddresses } = target
  const origin = publicOrigin(endpoint, { allowPrivateAddresses })
  if (origin === undefined) {
    const shown = JSON.stringify(endpoint.slice(0, 200))
    throw new CommuneError('unreachable', `${shown} is not a public https address.`)
  }
  const url = new URL(`/xrpc/${method}`, origin.replace(/^http/, 'ws'))
  for (const [name, value] of Object.entries(params))
    if (value !== undefined) url.searchParams.set(name, String(value))
  return new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    maxPayload: FRAME_BYTES_MAX,
    perMessageDeflate: false,
    followRedirects: false,
    handshakeTimeout: CONNECT_MS,
    ...(allowPrivateAddresses ? {} : { lookup: unicastLookup }),
  })
}

/**
 * What the machine sends, as fast as it is taken, until the signal is aborted; then the connection ends.
 * Fails with what the machine says is wrong, with `bad-answer`, or, when the connection ends, with
 * `unreachable`.
 */
export async function* messagesOf(socket: WebSocket, signal: AbortSignal): AsyncGenerator<object> {
  const waiting: Buffer[] = []
  let waitingBytes = 0
  let end: CommuneError | undefined
  let wake = () => {}
  const finish = (error: CommuneError) => {
    end ??= error
    wake()
  }
  let silence = setTimeout(() => socket.terminate(), SILENT_MS)
  socket.on('ping', () => {
    clearTimeout(silence)
    silence = setTimeout(() => socket.terminate(), SILENT_MS)
  })
  socket.on('message', (data: Buffer) => {
    waiting.push(data)
    waitingBytes += data.length
    if (waitingBytes >= WAITING_BYTES_MAX) socket.pause()
    wake()
  })
  socket.on('error', (error) => finish(lost(messageOf(error))))
  socket.on('close', () => finish(lost('the connection ended')))
  const onAbort = () => finish(new CommuneError('interrupted', 'Stopped.'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      const next = waiting.splice(0)
      for (const data of next) {
        yield readFrame(data)
        waitingBytes -= data.length
      }
      if (socket.isPaused && waitingBytes < WAITING_BYTES_MAX) socket.resume()
      if (next.length > 0) continue
      if (end !== undefined) throw end
      await new Promise<void>((resolve) => {
        wake = resolve
        if (waiting.length > 0 || end !== undefined) resolve()
      })
    }
  } finally {
    clearTimeout(silence)
    signal.removeEventListener('abort', onAbort)
    socket.terminate()
  }
}

/** The body, with its whole type. */
function readFrame(data: Buffer): object {
  let frame: ReturnType<typeof Frame.fromBytes>
  try {
    frame = Frame.fromBytes(data)
  } catch (error) {
    throw new CommuneError('bad-answer', `This is no message: ${messageOf(error)}`)
  }
  if (frame.isError()) {
    const code = FAILURES[frame.code as keyof typeof FAILURES] ?? 'unauthorized'
    throw new CommuneError(code, frame.message ?? frame.code)
  }
  return { ...(frame.body as object), ...(frame.isMessage() && { $type: frame.type }) }
}

function lost(why: string): CommuneError {
  return new CommuneError('unreachable', why, { retry: true })
}
