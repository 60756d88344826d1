import { rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import {
  createLineReader,
  GUARD_PID_FILE,
  GUARD_SOCKET,
  parseGuardRequest,
  type GuardAnswer,
  type GuardRequest,
} from './guard-messages.ts'
import { Watch, type WatchOptions } from './watch.ts'

export interface GuardServerOptions extends WatchOptions {
  readonly pid: number
  /** What a guard before it was told, as its daemon knows it. */
  readonly deadlines: ReadonlyMap<string, number>
}

/** How often deadlines are looked at, milliseconds: a part of κ. */
const LOOK_EVERY_MS = 200
/** Without a daemon it ends after this long, when every deadline has passed: an engine may still start one. */
const LONELY_MS_MAX = 10 * 60_000
/** The same when it was told of nothing. */
const IDLE_MS_MAX = 10_000
/** A guard that answers within this time is at work, and another is not needed. */
const ANSWER_MS = 500

/**
 * Runs in the current folder, which must be the state folder of the meshlet: a path of a socket has to be
 * short. Resolves when there is nothing to guard any more, or another guard is at work.
 */
export async function runGuard(
  options: GuardServerOptions,
  terminated: AbortSignal,
): Promise<void> {
  if (await isAtWork()) return
  const { nowMs, pid } = options
  const watch = new Watch(options)
  for (const [uri, deadlineMs] of options.deadlines) watch.set(uri, deadlineMs)
  const daemons = new Set<Socket>()
  let lonelySinceMs = nowMs()
  rmSync(GUARD_SOCKET, { force: true })
  const server = createServer((socket) => {
    daemons.add(socket)
    socket.on('close', () => {
      daemons.delete(socket)
      lonelySinceMs = nowMs()
    })
    serve(socket, watch, pid)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(GUARD_SOCKET, resolve)
  })
  writeFileSync(GUARD_PID_FILE, String(pid))
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      watch.look()
      const patienceMs = watch.deadlines.size === 0 ? IDLE_MS_MAX : LONELY_MS_MAX
      const isLonely = daemons.size === 0 && nowMs() - lonelySinceMs > patienceMs
      // Told to end, it first sees to it that nothing outlives its lease.
      if (!watch.isOver || !(isLonely || terminated.aborted)) return
      clearInterval(timer)
      resolve()
    }, LOOK_EVERY_MS)
  })
  watch.look()
  for (const socket of daemons) socket.destroy()
  server.close()
}

function serve(socket: Socket, watch: Watch, pid: number): void {
  const read = createLineReader((message) => {
    const request = parseGuardRequest(message)
    if (!request) throw new Error('a request that makes no sense')
    carryOut(request, watch)
    const deadlines = Object.fromEntries(watch.deadlines)
    const answer: GuardAnswer = { id: request.id, pid, deadlines }
    socket.write(`${JSON.stringify(answer)}\n`)
  })
  socket.setEncoding('utf8')
  socket.on('error', () => socket.destroy())
  socket.on('data', (chunk: string) => {
    try {
      read(chunk)
    } catch {
      socket.destroy()
    }
  })
}

function carryOut(request: GuardRequest, watch: Watch): void {
  if (request.kind === 'set') watch.set(request.uri, request.deadlineMs)
  if (request.kind === 'clear') watch.clear(request.uri)
}

/** Whether another guard answers here. */
function isAtWork(): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(GUARD_SOCKET)
    const end = (answer: boolean) => {
      socket.destroy()
      resolve(answer)
    }
    socket.setTimeout(ANSWER_MS, () => end(false))
    socket.once('error', () => end(false))
    socket.once('data', () => end(true))
    socket.write(`${JSON.stringify({ id: 0, kind: 'hello' } satisfies GuardRequest)}\n`)
  })
}
