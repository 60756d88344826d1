import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type Server } from 'node:net'
import type { HostAddress } from './host-network.ts'

/**
 * Somebody who listens on every address of this machine for the time of a trial: that nothing answers
 * then shows a wall, and not only that nobody is there.
 */
export interface CanaryListeners extends AsyncDisposable {
  readonly tcp: number
  readonly udp: number
  /** What UDP packets said, as far as they begin with the nonce. */
  readonly arrived: ReadonlySet<string>
  /** Those of the addresses where the listener answers this machine itself. */
  answering(addresses: readonly HostAddress[]): Promise<ReadonlySet<string>>
}

const ARRIVED_MAX = 10_000
const CONTROL_MS = 1_000

/** Fails as `listen` does when not even IPv4 can be listened on. */
export async function openListeners(nonce: string): Promise<CanaryListeners> {
  await using stack = new AsyncDisposableStack()
  // Nobody has anything to say there.
  const server = createServer((socket) => socket.destroy())
  const tcp = await listenAnywhere(server)
  stack.defer(() => new Promise<void>((resolve) => void server.close(() => resolve())))
  const arrived = new Set<string>()
  const receiver = await bindAnywhere((text) => {
    if (text.startsWith(nonce) && arrived.size < ARRIVED_MAX) arrived.add(text)
  })
  stack.defer(() => new Promise<void>((resolve) => receiver.close(() => resolve())))
  const open = stack.move()
  return {
    tcp,
    udp: receiver.address().port,
    arrived,
    answering: async (addresses) => {
      const found = await Promise.all(
        addresses.map(async (one) => ((await answers(one, tcp)) ? [one.address] : [])),
      )
      return new Set(found.flat())
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  }
}

/** On IPv6 and IPv4 at once where there is IPv6. */
async function listenAnywhere(server: Server): Promise<number> {
  for (const host of ['::', '0.0.0.0']) {
    try {
      server.listen({ host, port: 0 })
      await once(server, 'listening')
      break
    } catch (error) {
      if (host === '0.0.0.0') throw error
    }
  }
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function bindAnywhere(onText: (text: string) => void): Promise<UdpSocket> {
  try {
    return await bind(createSocket('udp6'), '::', onText)
  } catch {
    return bind(createSocket('udp4'), '0.0.0.0', onText)
  }
}

async function bind(
  socket: UdpSocket,
  host: string,
  onText: (text: string) => void,
): Promise<UdpSocket> {
  try {
    socket.bind(0, host)
    await once(socket, 'listening')
  } catch (error) {
    socket.close()
    throw error
  }
  socket.on('message', (message) => onText(message.toString('latin1')))
  socket.on('error', () => undefined)
  return socket
}

/** An address that is not settled yet, or that a firewall of the machine closes to itself, does not. */
function answers(one: HostAddress, port: number): Promise<boolean> {
  const host = one.isLinkLocal ? `${one.address}%${one.interface}` : one.address
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONTROL_MS })
    const settle = (isAnswered: boolean) => {
      socket.destroy()
      resolve(isAnswered)
    }
    socket.once('connect', () => settle(true))
    socket.once('timeout', () => settle(false))
    socket.once('error', () => settle(false))
  })
}
