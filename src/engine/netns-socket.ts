import { closeSync, openSync, readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import koffi from 'koffi'
import { CommuneError } from '../model/errors.ts'
import type { NetnsTarget } from './netns-messages.ts'

// Linux on every architecture that Node runs on, except MIPS.
const CLONE_NEWNET = 0x4000_0000
const AF_INET = 2
const SOCK_STREAM = 1
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2_000_000

/**
 * Opens sockets inside the network namespaces of containers. A socket belongs for ever to the
 * namespace in which it was made, and setns(2) moves one thread only: so the thread goes there, makes
 * the socket, and comes back before anything else can run on it.
 */
export interface NamespaceSockets {
  /** Fails with `unsupported` when this process may not change its namespace. */
  check(): void
  /** A handle that keeps the namespace; `not-found` when the container is not there any more. */
  enter(target: NetnsTarget): Namespace
}

export interface Namespace {
  readonly addresses: readonly string[]
  /** False once the container's first process has ended: the namespace is then empty. */
  alive(): boolean
  /** A socket inside that is not connected yet. */
  socket(): Socket
  /** What is called there happens inside; it must not wait for anything. */
  inside<T>(act: () => T): T
  close(): void
}

export function createNamespaceSockets(): NamespaceSockets {
  // Null is the program itself, which carries the C library along, be it glibc or musl.
  const libc = koffi.load(null)
  const setns = libc.func('int setns(int fd, int kind)') as (fd: number, kind: number) => number
  const socket = libc.func('int socket(int domain, int type, int protocol)') as (
    domain: number,
    type: number,
    protocol: number,
  ) => number
  const own = openSync('/proc/thread-self/ns/net', 'r')

  const move = (fd: number) => {
    if (setns(fd, CLONE_NEWNET) !== 0) throw namespaceError(koffi.errno())
  }
  /** The thread must never stay away: whatever it would open next would be in a stranger's network. */
  const comeBack = () => {
    if (setns(own, CLONE_NEWNET) !== 0) process.exit(1)
  }

  return {
    check: () => move(own),
    enter(target) {
      const fd = openNamespace(target)
      const inside = <T>(act: () => T): T => {
        move(fd)
        try {
          return act()
        } finally {
          comeBack()
        }
      }
      return {
        addresses: target.addresses,
        alive: () => isProcessOf(target),
        socket() {
          const { made, errno } = inside(() => {
            const result = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)
            return { made: result, errno: result < 0 ? koffi.errno() : 0 }
          })
          if (made < 0) throw new CommuneError('io', `socket(2) failed with errno ${errno}`)
          return wrap(made)
        },
        inside,
        close: () => closeSync(fd),
      }
    },
  }
}

/** `manualStart` keeps Node from reading before the socket is connected. */
function wrap(fd: number): Socket {
  const options = { fd, allowHalfOpen: true, manualStart: true }
  return new Socket(options)
}

/** Opens the namespace, then makes sure that the process id still means this container. */
function openNamespace(target: NetnsTarget): number {
  let fd: number | undefined
  try {
    fd = openSync(`/proc/${target.pid}/ns/net`, 'r')
    if (isProcessOf(target)) return fd
  } catch (error) {
    if (fd !== undefined) closeSync(fd)
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'EACCES' || code === 'EPERM') throw namespaceError(EPERM)
    throw notRunning(target)
  }
  closeSync(fd)
  throw notRunning(target)
}

/** Process ids are used again, but control groups carry the container's id on every engine. */
function isProcessOf(target: NetnsTarget): boolean {
  try {
    return readFileSync(`/proc/${target.pid}/cgroup`, 'utf8').includes(target.containerId)
  } catch {
    return false
  }
}

const EPERM = 1

function notRunning(target: NetnsTarget): CommuneError {
  return new CommuneError(
    'not-found',
    `Container ${target.containerId} is not running on this machine`,
  )
}

function namespaceError(errno: number): CommuneError {
  const reason =
    errno === EPERM
      ? 'this process lacks the capability CAP_SYS_ADMIN'
      : `setns(2) failed, errno ${errno}`
  return new CommuneError('unsupported', `The network of a container can't be entered: ${reason}`)
}
