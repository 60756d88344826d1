import type { Socket } from 'node:net'
import { CommuneError } from '../model/errors.ts'
import type { Namespace } from './netns-socket.ts'

const LOOPBACK = '127.0.0.1'

/**
 * Connects inside a namespace: to the loopback, and where nothing listens there to the container's
 * own addresses. Fails with `io` and a message for people.
 */
export async function connectInside(
  namespace: Namespace,
  port: number,
  timeoutMs: number,
): Promise<Socket> {
  const deadline = performance.now() + timeoutMs
  let failure: unknown
  for (const address of [LOOPBACK, ...namespace.addresses]) {
    try {
      return await connectOnce(namespace, address, port, deadline - performance.now())
    } catch (error) {
      failure = error
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') break
    }
  }
  throw connectError(failure, port)
}

function connectOnce(
  namespace: Namespace,
  address: string,
  port: number,
  timeoutMs: number,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = namespace.socket()
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('timeout'), { code: 'ETIMEDOUT' })),
      Math.max(0, timeoutMs),
    )
    const onError = (error: Error) => {
      clearTimeout(timer)
      reject(error)
    }
    socket.once('error', onError)
    socket.connect(port, address, () => {
      clearTimeout(timer)
      socket.off('error', onError)
      resolve(socket)
    })
  })
}

function connectError(error: unknown, port: number): CommuneError {
  const code = (error as NodeJS.ErrnoException | undefined)?.code
  switch (code) {
    case 'ECONNREFUSED':
      return new CommuneError('io', `nothing listens on port ${port}`, { cause: error })
    case 'ETIMEDOUT':
      return new CommuneError('io', `port ${port} did not answer in time`, { cause: error })
    default:
      return new CommuneError('io', `port ${port} can't be reached (${code ?? 'unknown'})`, {
        cause: error,
      })
  }
}
