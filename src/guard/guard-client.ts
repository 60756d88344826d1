import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { uptime } from 'node:os'
import { join } from 'node:path'
import { messageOf } from '../model/errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type { Guard } from '../ports/guard.ts'
import type { Log } from '../ports/log.ts'
import {
  createLineReader,
  GUARD_PID_FILE,
  GUARD_SOCKET,
  parseGuardAnswer,
  type GuardAnswer,
  type GuardRequest,
} from './guard-messages.ts'

export interface GuardClientOptions {
  /** The meshlet's state folder; the guard works in it. */
  readonly stateDir: string
  /**
   * Starts the guard process and leaves it alone. It must know these deadlines before it says that it is
   * at work: the daemon may be killed before it can tell them.
   */
  readonly spawn: (deadlines: ReadonlyMap<string, number>) => void
  readonly clock: Clock
  readonly log: Log
}

/** Time for an answer; a guard that is slower is taken for one that hangs. */
const ANSWER_MS = 1_000
const CONNECT_EVERY_MS = 50
/** How long a new guard may take to listen. */
const START_MS_MAX = 10_000
const RETRY_MS = 500
/** The kernel's limit for the path of a socket, with its end mark. */
const SOCKET_PATH_MAX = 108

/** Milliseconds since the machine started, with the time that it slept: CLOCK_BOOTTIME. */
export function bootMs(): number {
  return uptime() * 1_000
}

/** Takes over a guard that is at work in the folder, if there is one; starts none. */
export async function openGuard(options: GuardClientOptions): Promise<GuardClient> {
  const client = new GuardClient(options)
  await client.takeOver()
  return client
}

type Unsent<T> = T extends { readonly id: number } ? Omit<T, 'id'> : never

/** The daemon's side. The guard is started when first needed, and again whenever it is gone. */
export class GuardClient implements Guard, AsyncDisposable {
  readonly #options: GuardClientOptions
  readonly #deadlines = new Map<string, number>()
  readonly #waiting = new Map<number, (answer: GuardAnswer) => void>()
  readonly #stop = new AbortController()
  #socket: Socket | undefined
  #starting: Promise<Socket> | undefined
  #nextId = 1
  #problem: { readonly message: string; readonly sinceMs: number } | undefined

  constructor(options: GuardClientOptions) {
    this.#options = options
  }

  nowMs(): number {
    return bootMs()
  }

  get deadlines(): ReadonlyMap<string, number> {
    return this.#deadlines
  }

  get problem() {
    return this.#problem
  }

  /** Goes on with a guard that is at work; undefined when there is none, or one that hangs. */
  async takeOver(): Promise<Socket | undefined> {
    try {
      const socket = await this.#connect()
      await this.#greet(socket)
      return socket
    } catch {
      return undefined
    }
  }

  async set(uri: string, deadlineMs: number): Promise<void> {
    await this.#socketNow()
    await this.#ask({ kind: 'set', uri, deadlineMs })
    this.#deadlines.set(uri, deadlineMs)
  }

  clear(uri: string): void {
    this.#deadlines.delete(uri)
    if (this.#socket) this.#ask({ kind: 'clear', uri }).catch(() => undefined)
  }

  /** Hangs up; the guard goes on with what it was told last. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    this.#socket?.destroy()
    await this.#starting?.catch(() => undefined)
  }

  /** One that is still being told what holds must not hear anything newer in between. */
  async #socketNow(): Promise<Socket> {
    if (this.#socket && !this.#starting) return this.#socket
    this.#starting ??= this.#start().finally(() => (this.#starting = undefined))
    return this.#starting
  }

  /** Ends one that hangs, starts another, and tells it all that this daemon holds. */
  async #start(): Promise<Socket> {
    const { stateDir, log } = this.#options
    try {
      if (Buffer.byteLength(join(stateDir, GUARD_SOCKET)) >= SOCKET_PATH_MAX)
        throw new Error(`the path of the state folder is too long for a socket: ${stateDir}`)
      const socket = (await this.takeOver()) ?? (await this.#startAnother())
      this.#problem = undefined
      log.info('the guard is at work')
      return socket
    } catch (error) {
      this.#fail(messageOf(error), RETRY_MS)
      throw error
    }
  }

  async #startAnother(): Promise<Socket> {
    const { spawn, stateDir, clock } = this.#options
    endHanging(stateDir)
    spawn(this.#deadlines)
    const socket = await this.#awaitGuard(clock.monotonicMs() + START_MS_MAX)
    await this.#greet(socket)
    return socket
  }

  async #awaitGuard(untilMs: number): Promise<Socket> {
    const { clock } = this.#options
    for (;;) {
      try {
        return await this.#connect()
      } catch (error) {
        if (clock.monotonicMs() > untilMs) throw error
        await sleep(clock, CONNECT_EVERY_MS, this.#stop.signal)
      }
    }
  }

  #connect(): Promise<Socket> {
    return new Promise((resolve, reject) => {
      this.#stop.signal.throwIfAborted()
      const socket = connect(join(this.#options.stateDir, GUARD_SOCKET))
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(socket)
      })
    })
  }

  /** What it knows and we do not, an earlier daemon has told it; what it does not know it is told. */
  async #greet(socket: Socket): Promise<void> {
    this.#listen(socket)
    const { deadlines } = await this.#ask({ kind: 'hello' })
    const own = [...this.#deadlines.keys()]
    for (const [uri, deadlineMs] of Object.entries(deadlines))
      if (!own.includes(uri)) this.#deadlines.set(uri, deadlineMs)
    for (const uri of own) {
      const deadlineMs = this.#deadlines.get(uri)
      if (deadlineMs !== undefined) await this.#ask({ kind: 'set', uri, deadlineMs })
    }
  }

  #listen(socket: Socket): void {
    this.#socket = socket
    const read = createLineReader((message) => {
      const answer = parseGuardAnswer(message)
      if (!answer) throw new Error('an answer that makes no sense')
      this.#waiting.get(answer.id)?.(answer)
      this.#waiting.delete(answer.id)
    })
    socket.setEncoding('utf8')
    socket.unref()
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#lost(socket))
    socket.on('data', (chunk: string) => {
      try {
        read(chunk)
      } catch {
        socket.destroy()
      }
    })
  }

  async #ask(request: Unsent<GuardRequest>): Promise<GuardAnswer> {
    const socket = this.#socket
    if (!socket) throw new Error('no guard is at work')
    const id = this.#nextId++
    const { promise, resolve, reject } = Promise.withResolvers<GuardAnswer>()
    this.#waiting.set(id, resolve)
    const cancel = this.#options.clock.schedule(ANSWER_MS, () => {
      this.#waiting.delete(id)
      reject(new Error('the guard does not answer'))
      socket.destroy()
    })
    const gone = () => reject(new Error('the guard is gone'))
    socket.once('close', gone)
    socket.write(`${JSON.stringify({ id, ...request })}\n`)
    try {
      return await promise
    } finally {
      cancel()
      socket.off('close', gone)
    }
  }

  #lost(socket: Socket): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    // Whoever is just starting one sees to it herself.
    if (this.#stop.signal.aborted || this.#starting) return
    this.#fail('it ended or does not answer', 0)
  }

  /** Nothing is renewed while there is none; so another is started for as long as one is needed. */
  #fail(message: string, retryMs: number): void {
    const { log, clock } = this.#options
    if (this.#stop.signal.aborted) return
    if (!this.#problem) log.warn('no guard is at work', { problem: message })
    this.#problem ??= { message, sinceMs: this.nowMs() }
    clock.schedule(retryMs, () => {
      if (!this.#stop.signal.aborted) void this.#socketNow().catch(() => undefined)
    })
  }
}

/** One that was stopped would, when it goes on, kill what was renewed meanwhile with another. */
function endHanging(stateDir: string): void {
  try {
    const pid = Number(readFileSync(join(stateDir, GUARD_PID_FILE), 'utf8'))
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    if (command.includes('meshlet-guard') && command.includes(stateDir))
      process.kill(pid, 'SIGKILL')
  } catch {
    // There is none.
  }
}
