import { Worker } from 'node:worker_threads'
import { CommuneError, invariant, messageOf } from '../model/errors.ts'
import type { Probe, ProbeResult } from '../ports/engine.ts'
import type {
  Attempt,
  AttemptOutcome,
  ForwardRequest,
  NetnsCall,
  NetnsQuestion,
  NetnsReply,
  NetnsRequest,
  NetnsTarget,
} from './netns-messages.ts'

const RESTART_DELAY_MS_FIRST = 100
const RESTART_DELAY_MS_MAX = 10_000

/** The ways into containers' networks. One thread serves all of them; it is started when needed. */
export interface Netns {
  /** Why it can't work here, for people; undefined when it can. Asked once, then remembered. */
  problem(): Promise<string | undefined>
  /** `locate` is asked again when the container, or the thread, was started again. */
  forward(locate: Locate, wanted: ForwardRequest): Promise<NetnsForward>
  probe(target: NetnsTarget, probe: Probe, timeoutMs: number): Promise<ProbeResult>
  /** Tries from inside what can be reached; the outcomes are in the same order. */
  attempt(
    target: NetnsTarget,
    attempts: readonly Attempt[],
    timeoutMs: number,
  ): Promise<readonly AttemptOutcome[]>
  close(): Promise<void>
}

/** Where a container is now. */
export type Locate = () => Promise<NetnsTarget>

export interface NetnsForward {
  readonly port: number
  /** New connections lead to another container; open ones stay where they are. */
  moveTo(locate: Locate): Promise<void>
  close(): Promise<void>
}

interface ForwardState {
  readonly id: number
  locate: Locate
  wanted: ForwardRequest
}

interface Pending {
  resolve(reply: NetnsReply): void
  reject(error: Error): void
}

/** For a platform or an engine where it can't work. */
export function unsupportedNetns(problem: string): Netns {
  const refuse = () => Promise.reject(unsupported(problem))
  return {
    problem: async () => problem,
    forward: refuse,
    probe: refuse,
    attempt: refuse,
    close: async () => {},
  }
}

export interface NetnsOptions {
  /** Called when the thread died; it is started again by itself. */
  readonly onCrash?: (error: Error) => void
  /** The thread itself; tests want to hold it. */
  readonly startWorker?: () => Worker
}

export function createNetns(options: NetnsOptions = {}): Netns {
  if (process.platform !== 'linux') {
    return unsupportedNetns('Ports of containers can be reached on Linux only')
  }
  return new NetnsThread(options)
}

class NetnsThread implements Netns {
  readonly #options: NetnsOptions
  readonly #pending = new Map<number, Pending>()
  readonly #forwards = new Map<number, ForwardState>()
  #worker: Worker | undefined
  #nextId = 0
  #crashes = 0
  #restart: NodeJS.Timeout | undefined
  #problem: Promise<string | undefined> | undefined
  #closed = false

  constructor(options: NetnsOptions) {
    this.#options = options
  }

  problem(): Promise<string | undefined> {
    this.#problem ??= this.#call({ kind: 'check' }).then(
      () => undefined,
      (error: unknown) => messageOf(error),
    )
    return this.#problem
  }

  async forward(locate: Locate, wanted: ForwardRequest): Promise<NetnsForward> {
    const state: ForwardState = { id: this.#newId(), locate, wanted }
    const port = await this.#listen(state)
    // After a crash the same port is asked for again, so that its users do not notice.
    state.wanted = { ...wanted, preferredPort: port }
    this.#forwards.set(state.id, state)
    return {
      port,
      moveTo: async (next) => {
        const target = await next()
        await this.#call({ kind: 'move', forwardId: state.id, target })
        state.locate = next
      },
      close: async () => {
        this.#forwards.delete(state.id)
        if (this.#worker !== undefined) await this.#call({ kind: 'close', forwardId: state.id })
      },
    }
  }

  async probe(target: NetnsTarget, probe: Probe, timeoutMs: number): Promise<ProbeResult> {
    const reply = await this.#call({ kind: 'probe', target, probe, timeoutMs })
    invariant(reply.kind === 'probed', 'the network thread mixed up its answers')
    return reply.result
  }

  async attempt(
    target: NetnsTarget,
    attempts: readonly Attempt[],
    timeoutMs: number,
  ): Promise<readonly AttemptOutcome[]> {
    const reply = await this.#call({ kind: 'attempt', target, attempts, timeoutMs })
    invariant(reply.kind === 'attempted', 'the network thread mixed up its answers')
    return reply.outcomes
  }

  async close(): Promise<void> {
    this.#closed = true
    clearTimeout(this.#restart)
    this.#forwards.clear()
    await this.#worker?.terminate()
  }

  async #listen(state: ForwardState): Promise<number> {
    const target = await state.locate()
    const reply = await this.#call({
      kind: 'forward',
      forwardId: state.id,
      target,
      wanted: state.wanted,
    })
    invariant(reply.kind === 'listening', 'the network thread mixed up its answers')
    return reply.port
  }

  #call(request: NetnsRequest): Promise<NetnsReply> {
    if (this.#closed)
      return Promise.reject(new CommuneError('interrupted', 'The engine was closed'))
    const callId = this.#newId()
    return new Promise((resolve, reject) => {
      this.#pending.set(callId, { resolve, reject })
      const call: NetnsCall = { callId, request }
      this.#thread().postMessage(call)
    })
  }

  #thread(): Worker {
    if (this.#worker !== undefined) return this.#worker
    const worker = (this.#options.startWorker ?? startNetnsWorker)()
    this.#worker = worker
    let failure: Error | undefined
    worker.on('message', (message: NetnsReply | NetnsQuestion) => {
      if (message.kind === 'where') void this.#tellWhere(message.forwardId)
      else this.#settle(message)
    })
    worker.on('error', (error) => (failure = toError(error)))
    worker.on('exit', () => this.#onExit(failure ?? new Error('the network thread ended')))
    return worker
  }

  async #tellWhere(forwardId: number): Promise<void> {
    const target = await this.#forwards
      .get(forwardId)
      ?.locate()
      .catch(() => undefined)
    // When the thread is gone by now, so is the question.
    if (this.#worker !== undefined) {
      await this.#call({ kind: 'moved', forwardId, target }).catch(() => undefined)
    }
  }

  #settle(reply: NetnsReply): void {
    const pending = this.#pending.get(reply.callId)
    this.#pending.delete(reply.callId)
    if (reply.kind !== 'failed') {
      this.#crashes = 0
      pending?.resolve(reply)
    } else if (reply.code === 'unsupported') pending?.reject(unsupported(reply.message))
    else pending?.reject(new CommuneError(reply.code, reply.message, { retry: true }))
  }

  #onExit(failure: Error): void {
    this.#worker = undefined
    const lost = [...this.#pending.values()]
    this.#pending.clear()
    const error = this.#closed
      ? new CommuneError('interrupted', 'The engine was closed')
      : new CommuneError('unavailable', 'The network thread broke down and is started again', {
          retry: true,
          cause: failure,
        })
    for (const pending of lost) pending.reject(error)
    if (this.#closed) return
    this.#options.onCrash?.(failure)
    this.#scheduleRestart()
  }

  #scheduleRestart(): void {
    const delayMs = Math.min(RESTART_DELAY_MS_FIRST * 2 ** this.#crashes, RESTART_DELAY_MS_MAX)
    this.#crashes += 1
    clearTimeout(this.#restart)
    this.#restart = setTimeout(() => {
      for (const state of [...this.#forwards.values()]) void this.#listenAgain(state)
    }, delayMs)
  }

  async #listenAgain(state: ForwardState): Promise<void> {
    try {
      await this.#listen(state)
    } catch (error) {
      const gone = error instanceof CommuneError && error.code === 'not-found'
      if (gone) this.#forwards.delete(state.id)
      else if (!this.#closed && this.#forwards.has(state.id)) this.#scheduleRestart()
    }
  }

  #newId(): number {
    this.#nextId += 1
    return this.#nextId
  }
}

/** From a checkout the thread is TypeScript like everything else, after a build it is bundled. */
export function startNetnsWorker(): Worker {
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return new Worker(new URL(`../engine/netns-worker.${extension}`, import.meta.url), {
    name: 'commune-netns',
    // Flags of the main thread, such as a test runner's loader, are not for this one.
    execArgv: [],
    env: {},
  })
}

function unsupported(problem: string): CommuneError {
  return new CommuneError('unsupported', problem, {
    hint: 'run the meshlet as root, or give it CAP_SYS_ADMIN and CAP_SYS_PTRACE, on the machine of its engine',
  })
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error))
}
