import { unicastLookup } from '@atproto-labs/fetch-node'
import { Frame } from '@atproto/xrpc-server'
import WebSocket from 'ws'
import { publicOrigin } from '../atproto/public-origin.ts'
import { farm } from '../lexicons/index.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { LogLine } from '../model/records.ts'

export interface LogSubscription {
  /** As the meshlet published it. */
  readonly endpoint: string
  /** Good for this meshlet, this method, and once. */
  readonly token: string
  readonly params: {
    readonly workload: string
    readonly replica?: number
    readonly tail?: number
    readonly since?: string
  }
  /** Http, loopback and private networks. */
  readonly allowPrivateAddresses: boolean
  readonly signal: AbortSignal
}

/** A line and what surrounds it. */
const FRAME_BYTES_MAX = 256 * 1024
/** Lines that wait to be taken; then the machine has to wait. */
const WAITING_MAX = 1_000
const CONNECT_MS = 10_000
/** The machine asks for a sign of life more often. */
const SILENT_MS = 75_000

const FAILURES = {
  NotAllowed: 'forbidden',
  WorkloadNotFound: 'not-found',
  RateLimitExceeded: 'rate-limited',
} as const

/**
 * Log lines of a workload on one machine, as they are written, until the signal is aborted. Fails with
 * `forbidden`, `not-found`, `unauthorized`, `rate-limited`, or, when the connection ends,
 * `unreachable`.
 */
export async function* subscribeLogs(subscription: LogSubscription): AsyncGenerator<LogLine> {
  const { signal } = subscription
  const socket = open(subscription)
  const waiting: Buffer[] = []
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
    if (waiting.length >= WAITING_MAX) socket.pause()
    wake()
  })
  socket.on('error', (error) => finish(lost(messageOf(error))))
  socket.on('close', () => finish(lost('the connection ended')))
  const onAbort = () => finish(new CommuneError('interrupted', 'Stopped.'))
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    while (!signal.aborted) {
      const next = waiting.splice(0)
      if (socket.isPaused) socket.resume()
      for (const data of next) yield readLine(data)
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

function open({ endpoint, token, params, allowPrivateAddresses }: LogSubscription): WebSocket {
  const origin = publicOrigin(endpoint, { allowPrivateAddresses })
  if (origin === undefined) {
    const shown = JSON.stringify(endpoint.slice(0, 200))
    throw new CommuneError('unreachable', `${shown} is not a public https address.`)
  }
  const url = new URL(`/xrpc/${METHOD.subscribeLogs}`, origin.replace(/^http/, 'ws'))
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

/** Fails with what the machine says is wrong, or with `bad-answer`. */
function readLine(data: Buffer): LogLine {
  let frame: ReturnType<typeof Frame.fromBytes>
  try {
    frame = Frame.fromBytes(data)
  } catch (error) {
    throw new CommuneError('bad-answer', `This is no log line: ${messageOf(error)}`)
  }
  if (frame.isError()) {
    const code = FAILURES[frame.code as keyof typeof FAILURES] ?? 'unauthorized'
    throw new CommuneError(code, frame.message ?? frame.code)
  }
  const { line } = farm.meshlet.subscribeLogs
  const parsed = line.safeParse({
    $type: `${METHOD.subscribeLogs}#line`,
    ...(frame.body as object),
  })
  if (parsed.success) return parsed.value.line
  throw new CommuneError('bad-answer', 'This is no log line.')
}

function lost(why: string): CommuneError {
  return new CommuneError('unreachable', why, { retry: true })
}
