import { createServer, type Server, type Socket } from 'node:net'
import { CommuneError } from '../model/errors.ts'
import { connectInside } from './netns-connect.ts'
import type { ForwardRequest } from './netns-messages.ts'
import { pipeBoth } from './netns-pipe.ts'
import type { Namespace } from './netns-socket.ts'

const LISTEN_HOST = '127.0.0.1'
/** Connections through one forward at a time; more are refused. */
const CONNECTIONS_MAX = 512
const CONNECT_TIMEOUT_MS = 5_000
const LISTEN_ATTEMPTS_MAX = 2_000
const PORT_MAX = 65_535
const PORT_FIRST_ON_WRAP = 20_000

export interface RunningForward {
  readonly port: number
  /** New connections go there; takes over the namespace. */
  moveTo(next: Namespace): void
  close(): Promise<void>
}

/** Finds the container's namespace anew; undefined when the container does not run. */
export type Relocate = () => Promise<Namespace | undefined>

/**
 * Listens on this machine's loopback and pipes into the container. Takes over the namespace and
 * closes it at the end, or as soon as the container has another one.
 */
export async function startForward(
  first: Namespace,
  wanted: ForwardRequest,
  relocate: Relocate,
): Promise<RunningForward> {
  const open = new Set<Socket>()
  let namespace: Namespace | undefined = first
  let closed = false

  const current = async (): Promise<Namespace | undefined> => {
    if (namespace?.alive()) return namespace
    const found = await relocate()
    if (closed) found?.close()
    else {
      namespace?.close()
      namespace = found
    }
    return closed ? undefined : found
  }
  const relay = async (outer: Socket): Promise<void> => {
    const inside = await current()
    if (inside === undefined) throw new CommuneError('not-found', 'the container does not run')
    const inner = await connectInside(inside, wanted.containerPort, CONNECT_TIMEOUT_MS)
    if (outer.destroyed) inner.destroy()
    else pipeBoth(outer, inner)
  }
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (outer) => {
    if (open.size >= CONNECTIONS_MAX) return void outer.resetAndDestroy()
    open.add(outer)
    outer.on('close', () => open.delete(outer))
    outer.on('error', () => outer.destroy())
    // The other side learns of a failure the way that TCP tells it: by a reset.
    relay(outer).catch(() => outer.resetAndDestroy())
  })

  const port = await listenFrom(server, wanted.preferredPort).catch((error: unknown) => {
    first.close()
    throw error
  })
  return {
    port,
    moveTo(next) {
      namespace?.close()
      namespace = next
    },
    close: () =>
      new Promise((resolve) => {
        closed = true
        server.close(() => {
          namespace?.close()
          resolve()
        })
        for (const socket of open) socket.destroy()
      }),
  }
}

/** Tries the preferred port and those after it. */
async function listenFrom(server: Server, preferred: number): Promise<number> {
  let port = preferred
  for (let attempt = 0; attempt < LISTEN_ATTEMPTS_MAX; attempt += 1) {
    const taken = await listenOnce(server, port)
    if (taken !== undefined) return taken
    port = port >= PORT_MAX ? PORT_FIRST_ON_WRAP : port + 1
  }
  throw new CommuneError('io', `No port from ${preferred} on is free`)
}

/** The port, or undefined when it is taken. */
function listenOnce(server: Server, port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') return resolve(undefined)
      reject(
        new CommuneError('io', `Can't listen on port ${port} (${error.code})`, { cause: error }),
      )
    }
    server.once('error', onError)
    server.listen({ host: LISTEN_HOST, port, exclusive: true }, () => {
      server.off('error', onError)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}
