import { request } from 'node:http'
import type { Socket } from 'node:net'
import { messageOf } from '../model/errors.ts'
import type { Probe, ProbeResult } from '../ports/engine.ts'
import { connectInside } from './netns-connect.ts'
import type { Namespace } from './netns-socket.ts'

/** So much of an answer is read before the connection is closed. */
const ANSWER_BYTES_MAX = 64 * 1024
/** So long an answer may take to come in after its status, which decides, is known. */
const DRAIN_MS_MAX = 1_000

/** Asks once. Everything that goes wrong is an answer. */
export async function runProbe(
  namespace: Namespace,
  probe: Probe,
  timeoutMs: number,
): Promise<ProbeResult> {
  const started = performance.now()
  let socket: Socket | undefined
  try {
    socket = await connectInside(namespace, probe.port, timeoutMs)
    if (probe.kind === 'tcp') {
      socket.destroy()
      return { ok: true }
    }
    const status = await httpStatus(socket, probe, timeoutMs - (performance.now() - started))
    if (status >= 200 && status < 400) return { ok: true }
    return { ok: false, message: `GET ${probe.path} on port ${probe.port} answered ${status}` }
  } catch (error) {
    socket?.destroy()
    return { ok: false, message: messageOf(error) }
  }
}

/**
 * The status of one request. It settles in time whatever comes: no answer, a part of one, one without
 * end, another protocol. Redirects are not followed: they could lead out of the container.
 */
function httpStatus(
  socket: Socket,
  probe: Extract<Probe, { kind: 'http' }>,
  timeoutMs: number,
): Promise<number> {
  const where = `GET ${probe.path} on port ${probe.port}`
  return new Promise((resolve, reject) => {
    const call = request({
      createConnection: () => socket,
      path: probe.path,
      headers: {
        host: `localhost:${probe.port}`,
        'user-agent': 'commune-probe',
        connection: 'close',
      },
    })
    const fail = (message: string) => {
      clearTimeout(timer)
      call.destroy()
      reject(new Error(`${where}${message}`))
    }
    const timer = setTimeout(() => fail(' did not answer in time'), Math.max(0, timeoutMs))
    call.on('error', (error) => fail(`: ${error.message}`))
    // An answer that changes the protocol is neither a response nor an error to Node.
    call.on('upgrade', (_, upgraded) => {
      upgraded.destroy()
      fail(' answered 101')
    })
    call.on('response', (response) => {
      clearTimeout(timer)
      resolve(response.statusCode ?? 0)
      let bytes = 0
      const drained = setTimeout(() => socket.destroy(), DRAIN_MS_MAX)
      response.on('close', () => clearTimeout(drained))
      response.on('error', () => socket.destroy())
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length
        if (bytes > ANSWER_BYTES_MAX) socket.destroy()
      })
    })
    call.end()
  })
}
