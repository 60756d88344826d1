import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { CommuneError, messageOf } from '../model/errors.ts'

export const LOOPBACK = '127.0.0.1'

/** Listens on loopback; 0 takes a free port. Returns the port. */
export async function listenOnLoopback(
  server: Server,
  port: number,
  what: string,
): Promise<number> {
  server.listen(port, LOOPBACK)
  try {
    await once(server, 'listening')
  } catch (error) {
    throw portError(error, port, what)
  }
  return (server.address() as AddressInfo).port
}

/** A port that nobody listens on right now. Another program may still take it before its use. */
export async function freePort(): Promise<number> {
  const server = createServer()
  const port = await listenOnLoopback(server, 0, 'a free port')
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Says which port was the trouble, and what to do. */
export function portError(error: unknown, port: number, what: string): CommuneError {
  if ((error as NodeJS.ErrnoException).code === 'EADDRINUSE') {
    return new CommuneError('unavailable', `Port ${port} of ${what} is taken by another program.`, {
      hint: 'The DIDs in this folder point to its port, so it stays: stop the other program.',
      cause: error,
    })
  }
  return new CommuneError(
    'unavailable',
    `${what} can't listen on ${LOOPBACK}:${port}: ${messageOf(error)}`,
    {
      cause: error,
    },
  )
}
