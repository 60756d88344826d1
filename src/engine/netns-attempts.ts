import { isIPv6 } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import koffi from 'koffi'
import { CommuneError } from '../model/errors.ts'
import type { Attempt, AttemptOutcome } from './netns-messages.ts'
import type { Namespace } from './netns-socket.ts'

// Linux on every architecture that Node runs on, except MIPS.
const AF_INET = 2
const AF_INET6 = 10
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2_000_000
const SOL_SOCKET = 1
const SO_DONTROUTE = 5
const SO_BROADCAST = 6
const SO_BINDTODEVICE = 25
const ON = Buffer.from([1, 0, 0, 0])
/** EALREADY and EINPROGRESS. */
const UNDER_WAY: ReadonlySet<number> = new Set([114, 115])
const EISCONN = 106
/** ECONNREFUSED and ECONNRESET: somebody answered. */
const ANSWERS: ReadonlySet<number> = new Set([111, 104])

/** Every engine calls the first way out of a container so. */
const DEVICE = 'eth0'
const LOOK_MS = 25

/** Tries all at once. Fails with `io` when the namespace has no network of its own at all. */
export type AttemptRunner = (
  namespace: Namespace,
  attempts: readonly Attempt[],
  timeoutMs: number,
) => Promise<readonly AttemptOutcome[]>

/**
 * Sockets of Node can't say which interface a link-local address belongs to, nor go past the routes;
 * so these are made and connected by the system calls themselves. None of them needs a privilege that
 * the programs in a container lack.
 */
export function createAttemptRunner(): AttemptRunner {
  const calls = systemCalls()
  return async (namespace, attempts, timeoutMs) => {
    const deviceIndex = namespace.inside(() => calls.indexOf(DEVICE))
    if (deviceIndex === 0) throw new CommuneError('io', `there is no ${DEVICE} in the container`)
    const deadline = performance.now() + timeoutMs
    const begun = namespace.inside(() =>
      attempts.map((attempt) => begin(calls, attempt, deviceIndex)),
    )
    try {
      while (begun.some(({ outcome }) => outcome === undefined) && performance.now() < deadline) {
        await delay(LOOK_MS)
        for (const one of begun) if (one.outcome === undefined) lookAgain(calls, one)
      }
      return begun.map(({ outcome }) => outcome ?? 'blocked')
    } finally {
      for (const { fd } of begun) if (fd >= 0) calls.close(fd)
    }
  }
}

interface Begun {
  readonly fd: number
  readonly place: Buffer
  outcome: AttemptOutcome | undefined
}

function begin(calls: SystemCalls, attempt: Attempt, deviceIndex: number): Begun {
  const { protocol, address, isDirect = false, payload = '' } = attempt
  const place = socketAddress(calls, attempt, deviceIndex)
  const family = isIPv6(address) ? AF_INET6 : AF_INET
  const kind = protocol === 'tcp' ? SOCK_STREAM : SOCK_DGRAM
  const fd = calls.socket(family, kind | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
  if (fd < 0) return { fd, place, outcome: 'blocked' }
  if (isDirect) {
    const name = Buffer.from(`${DEVICE}\0`)
    calls.setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, name, name.length)
    calls.setsockopt(fd, SOL_SOCKET, SO_DONTROUTE, ON, ON.length)
    calls.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, ON, ON.length)
  }
  const begun: Begun = { fd, place, outcome: undefined }
  if (protocol === 'tcp') lookAgain(calls, begun)
  else {
    const said = Buffer.from(payload)
    const sent = calls.sendto(fd, said, said.length, 0, place, place.length)
    begun.outcome = sent === said.length ? 'sent' : 'blocked'
  }
  return begun
}

/** connect(2), called again, tells how the first call went. */
function lookAgain(calls: SystemCalls, begun: Begun): void {
  const isConnected = calls.connect(begun.fd, begun.place, begun.place.length) === 0
  const errno = isConnected ? EISCONN : koffi.errno()
  if (UNDER_WAY.has(errno)) return
  if (errno === EISCONN) begun.outcome = 'connected'
  else begun.outcome = ANSWERS.has(errno) ? 'refused' : 'blocked'
}

/** `sockaddr_in` or `sockaddr_in6` (ip(7), ipv6(7)): the family as the processor has it, the port as the wire has it. */
function socketAddress(
  calls: SystemCalls,
  { address, port }: Attempt,
  deviceIndex: number,
): Buffer {
  const isLarge = isIPv6(address)
  const place = Buffer.alloc(isLarge ? 28 : 16)
  place.writeUInt16LE(isLarge ? AF_INET6 : AF_INET, 0)
  place.writeUInt16BE(port, 2)
  const inside = place.subarray(isLarge ? 8 : 4)
  if (calls.inet_pton(isLarge ? AF_INET6 : AF_INET, address, inside) !== 1)
    throw new CommuneError('io', `${address} is no address`)
  // Only addresses of one link need the link; the kernel passes over it otherwise.
  if (isLarge && /^fe[89ab]/i.test(address)) place.writeUInt32LE(deviceIndex, 24)
  return place
}

interface SystemCalls {
  socket(domain: number, type: number, protocol: number): number
  connect(fd: number, place: Buffer, length: number): number
  sendto(
    fd: number,
    bytes: Buffer,
    length: number,
    flags: number,
    place: Buffer,
    placeLength: number,
  ): number
  setsockopt(fd: number, level: number, name: number, value: Buffer, length: number): number
  inet_pton(family: number, address: string, into: Buffer): number
  indexOf(device: string): number
  close(fd: number): number
}

function systemCalls(): SystemCalls {
  const libc = koffi.load(null)
  return {
    socket: libc.func('int socket(int domain, int type, int protocol)'),
    connect: libc.func('int connect(int fd, const void *place, uint32_t length)'),
    sendto: libc.func(
      'intptr_t sendto(int fd, const void *bytes, size_t length, int flags, const void *place, uint32_t placeLength)',
    ),
    setsockopt: libc.func(
      'int setsockopt(int fd, int level, int name, const void *value, uint32_t length)',
    ),
    inet_pton: libc.func('int inet_pton(int family, const char *address, void *into)'),
    indexOf: libc.func('uint32_t if_nametoindex(const char *device)'),
    close: libc.func('int close(int fd)'),
  }
}
