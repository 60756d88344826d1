import { com } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import type { RepoWriter, WriteAllowance, WriteResult } from '../ports/records.ts'
import { callPds, latestCommit, type PdsAgent } from './call-pds.ts'
import { pdsError } from './pds-error.ts'
import type { PdsCall } from './pds-error.ts'
import type { PreparedWrite } from './prepared-writes.ts'
import {
  POINTS,
  allowanceOf,
  block,
  delayFor,
  newWriteBudget,
  observeHeaders,
  pointsLeft,
  restoreBudget,
  saveBudget,
  spend,
} from './write-budget.ts'
import type { WriteBudget } from './write-budget.ts'
import { operationOf, pointsOf, requestOf } from './write-operations.ts'
import type { Known } from './write-operations.ts'

export interface RepoConnectionOptions {
  readonly agent: PdsAgent
  readonly did: Did
  readonly call: PdsCall
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
}

/** After a refusal that does not say how long it lasts. */
const BLOCK_MS = 5 * 60_000
const LOOKUPS_AT_ONCE = 8
const KNOWN_KEYS_MAX = 50_000

type Options = NonNullable<Parameters<RepoWriter['apply']>[1]>

/** The account's repo as this process knows it: which records exist, and which points are left. */
export class RepoConnection {
  readonly #options: RepoConnectionOptions
  readonly #present = new Map<string, boolean>()
  #budget: WriteBudget

  constructor(options: RepoConnectionOptions) {
    this.#options = options
    this.#budget = newWriteBudget(options.now())
  }

  pointsLeft(): number {
    return pointsLeft(this.#budget, this.#options.now())
  }

  allowance(): WriteAllowance {
    return allowanceOf(this.#budget, this.#options.now())
  }

  savedBudget(wallMs: number): string {
    return saveBudget(this.#budget, this.#options.now(), wallMs)
  }

  restoreBudget(text: string, wallMs: number): void {
    this.#budget = restoreBudget(text, this.#options.now(), wallMs)
  }

  delayFor(points: number): number {
    return delayFor(this.#budget, points, this.#options.now())
  }

  async apply(writes: readonly PreparedWrite[], options: Options): Promise<WriteResult> {
    options.signal?.throwIfAborted()
    const [first] = writes
    const one = writes.length === 1 ? first : undefined
    const send = (known: ReadonlyMap<string, Known>): Promise<WriteResult> =>
      one === undefined ? this.#sendBatch(writes, known, options) : this.#sendOne(one, options)
    const known = one === undefined ? await this.#knowledgeOf(writes, options.signal) : new Map()
    try {
      return await send(known)
    } catch (error) {
      // Whatever happened, what was believed of these records is no longer certain.
      for (const { key } of writes) this.#present.delete(key)
      if (!(error instanceof CommuneError) || !mayHaveBeenTaken(error)) throw error
      const seen = await this.#lookUpAfter(error, writes, options.signal)
      if (writes.every((write) => operationOf(write, seen) === 'none')) {
        // The answer was lost, the commit was not.
        return this.#unchanged(writes, {}, error)
      }
      // Others have written to this repo, and what we believed of it was wrong.
      const wrong = writes.some((write) => operationOf(write, known) !== operationOf(write, seen))
      if (one !== undefined || error.code !== 'unavailable' || !wrong) throw error
      return this.#sendBatch(writes, seen, options)
    }
  }

  async #sendOne(write: PreparedWrite, options: Options): Promise<WriteResult> {
    const { agent, did, call } = this.#options
    const { collection, rkey, put } = write
    const target = { repo: did, collection, rkey, ...swapOf(options) }
    this.#spend(put === undefined ? POINTS.delete : POINTS.update)
    try {
      const answer =
        put === undefined
          ? await callPds(agent, com.atproto.repo.deleteRecord, {
              body: target,
              ...callOptions(options),
            })
          : await callPds(agent, com.atproto.repo.putRecord, {
              body: { ...target, record: put.value, validate: false },
              ...callOptions(options),
            })
      this.#observe(answer.headers)
      this.#remember([write])
      const { commit } = answer.body
      if (commit === undefined) return await this.#unchanged([write], options)
      return { rev: commit.rev, commit: commit.cid, cids: cidsOf([write]) }
    } catch (error) {
      throw this.#failed(error, call)
    }
  }

  async #sendBatch(
    writes: readonly PreparedWrite[],
    known: ReadonlyMap<string, Known>,
    options: Options,
  ): Promise<WriteResult> {
    const { agent, did, call } = this.#options
    const operations = writes.map((write) => ({ write, operation: operationOf(write, known) }))
    const changes = operations.filter(({ operation }) => operation !== 'none')
    if (changes.length === 0) return this.#unchanged(writes, options)
    this.#spend(changes.reduce((sum, change) => sum + pointsOf(change.operation), 0))
    try {
      const answer = await callPds(agent, com.atproto.repo.applyWrites, {
        body: {
          repo: did,
          validate: false,
          writes: changes.map(({ write, operation }) => requestOf(write, operation)),
          ...swapOf(options),
        },
        ...callOptions(options),
      })
      this.#observe(answer.headers)
      this.#remember(writes)
      const { commit } = answer.body
      if (commit === undefined) return await this.#unchanged(writes, options)
      return { rev: commit.rev, commit: commit.cid, cids: cidsOf(writes) }
    } catch (error) {
      throw this.#failed(error, call)
    }
  }

  /** Nothing had to be sent: the repo's present commit holds what was asked for. */
  async #unchanged(
    writes: readonly PreparedWrite[],
    options: Options,
    lost?: CommuneError,
  ): Promise<WriteResult> {
    const { agent, did, call } = this.#options
    let head: { readonly cid: string; readonly rev: string }
    try {
      head = await latestCommit(agent, did, options.signal)
    } catch (error) {
      throw lost ?? pdsError(error, call)
    }
    if (options.swapCommit !== undefined && options.swapCommit !== head.cid) {
      throw new CommuneError('conflict', `The repo of ${call.identifier} has changed meanwhile.`)
    }
    return { rev: head.rev, commit: head.cid, cids: cidsOf(writes) }
  }

  /** What is remembered of these keys, and a fresh look at the others. */
  async #knowledgeOf(
    writes: readonly PreparedWrite[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Known>> {
    const known = new Map<string, Known>()
    const unseen: PreparedWrite[] = []
    for (const write of writes) {
      const present = this.#present.get(write.key)
      if (present === undefined) unseen.push(write)
      else known.set(write.key, present ? 'present' : 'absent')
    }
    for (const [key, seen] of await this.#lookUp(unseen, signal)) known.set(key, seen)
    return known
  }

  /** A fresh look; when that fails too, the first failure says more. */
  async #lookUpAfter(
    error: CommuneError,
    writes: readonly PreparedWrite[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Known>> {
    try {
      return await this.#lookUp(writes, signal)
    } catch {
      throw error
    }
  }

  async #lookUp(
    writes: readonly PreparedWrite[],
    signal: AbortSignal | undefined,
  ): Promise<ReadonlyMap<string, Known>> {
    const found = new Map<string, Known>()
    for (let start = 0; start < writes.length; start += LOOKUPS_AT_ONCE) {
      const some = writes.slice(start, start + LOOKUPS_AT_ONCE)
      const cids = await Promise.all(some.map((write) => this.#cidAt(write, signal)))
      some.forEach((write, index) => {
        const cid = cids[index]
        found.set(write.key, cid ?? 'absent')
        this.#present.set(write.key, cid !== undefined)
      })
    }
    return found
  }

  async #cidAt(write: PreparedWrite, signal: AbortSignal | undefined): Promise<Cid | undefined> {
    const { agent, did, call } = this.#options
    const { collection, rkey } = write
    try {
      const { body } = await callPds(agent, com.atproto.repo.getRecord, {
        params: { repo: did, collection, rkey },
        ...(signal && { signal }),
      })
      return body.cid
    } catch (error) {
      const failure = pdsError(error, call)
      if (failure.code === 'not-found') return undefined
      throw failure
    }
  }

  #spend(points: number): void {
    const { now, call } = this.#options
    const delayMs = delayFor(this.#budget, points, now())
    if (delayMs > 0) {
      throw new CommuneError(
        'rate-limited',
        `${call.identifier} has used up what its PDS lets it write for now.`,
        {
          retry: true,
          retryAfterMs: delayMs,
        },
      )
    }
    this.#budget = spend(this.#budget, points, now())
  }

  #observe(headers: Headers): void {
    this.#budget = observeHeaders(this.#budget, Object.fromEntries(headers), this.#options.now())
  }

  #remember(writes: readonly PreparedWrite[]): void {
    if (this.#present.size > KNOWN_KEYS_MAX) this.#present.clear()
    for (const { key, put } of writes) this.#present.set(key, put !== undefined)
  }

  #failed(error: unknown, call: PdsCall): CommuneError {
    const failure = pdsError(error, call)
    if (failure.code === 'rate-limited') {
      const delayMs = failure.retryAfterMs ?? BLOCK_MS
      this.#budget = block(this.#budget, delayMs, this.#options.now())
    }
    return failure
  }
}

/** Refusals prove that nothing was written; these prove nothing. */
function mayHaveBeenTaken(error: CommuneError): boolean {
  return ['unavailable', 'unreachable', 'timeout', 'bad-answer'].includes(error.code)
}

function swapOf({ swapCommit }: Options): { swapCommit?: string } {
  return swapCommit === undefined ? {} : { swapCommit }
}

function callOptions({ signal }: Options): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}

function cidsOf(writes: readonly PreparedWrite[]): readonly (Cid | undefined)[] {
  return writes.map((write) => write.put?.cid)
}
