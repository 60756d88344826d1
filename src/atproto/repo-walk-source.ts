import { type Cid as CidObject, parseCid } from '@atproto/lex'
import { readCar } from '@atproto/repo'
import { CommuneError, messageOf } from '../model/errors.ts'
import { SYNC_METHOD } from '../model/nsid.ts'
import type { Cid, Did } from '../model/records.ts'

/** Block bytes by CID. Every block was checked against its hash. */
export type Blocks = ReadonlyMap<Cid, Uint8Array>

/** What a PDS says of a repo; blocks are checked against their hashes, nothing else is. */
export interface RepoSource {
  /** Fails with code `unavailable` when the account is not active. */
  latestCommit(did: Did, signal?: AbortSignal): Promise<{ readonly cid: Cid; readonly rev: string }>
  /** Fails with code `not-found` when one is missing, as happens when the repo moved on meanwhile. */
  blocks(did: Did, cids: readonly Cid[], signal?: AbortSignal): Promise<Blocks>
  /** The blocks that prove one record, or its absence, and the CID of the commit that they start from. */
  record(
    did: Did,
    collection: string,
    rkey: string,
    signal?: AbortSignal,
  ): Promise<{ readonly commit: Cid; readonly blocks: Blocks }>
}

export interface RepoSourceOptions {
  readonly pdsUrl: string
  /** Guarded against private addresses where that is wanted; redirects are refused here. */
  readonly fetch: typeof globalThis.fetch
  /** Of one request, from its start to the last byte. */
  readonly timeoutMs?: number
}

const TIMEOUT_MS = 15_000
const JSON_BYTES_MAX = 64 * 1024
/** The largest answer that is read; when many blocks are more, they are asked for in parts. */
const RESPONSE_BYTES_MAX = 4 * 1024 * 1024
/** Keeps the request line near 4 KiB: servers refuse more than 16 KiB, some proxies 8. */
export const CIDS_PER_REQUEST_MAX = 60
/** Requests for blocks of one repo at the same time: a walk waits for its answers, not for a turn. */
export const REQUESTS_AT_ONCE_MAX = 4

/** Why an account can't be read, by the name of the error that a PDS answers with. */
const NOT_ACTIVE: Readonly<Record<string, string>> = {
  RepoTakendown: 'its PDS says that the account was taken down',
  RepoSuspended: 'its PDS says that the account is suspended',
  RepoDeactivated: 'its PDS says that the account is deactivated',
  RepoNotFound: 'its PDS does not have this repo',
}

/** Reads repos over `com.atproto.sync.*`. */
export function createRepoSource(options: RepoSourceOptions): RepoSource {
  const get = (method: string, query: URLSearchParams, bytesMax: number, signal?: AbortSignal) =>
    fetchLimited(
      new URL(`/xrpc/${method}?${query.toString()}`, options.pdsUrl),
      bytesMax,
      options,
      signal,
    )

  return {
    async latestCommit(did, signal) {
      const query = new URLSearchParams({ did })
      const body = await get(SYNC_METHOD.getLatestCommit, query, JSON_BYTES_MAX, signal)
      return parseLatestCommit(ensureWhole(body))
    },
    async blocks(did, cids, signal) {
      const found = new Map<Cid, Uint8Array>()
      const batches: (readonly Cid[])[] = chunk(cids, CIDS_PER_REQUEST_MAX)
      const work = async () => {
        for (let batch = batches.pop(); batch; batch = batches.pop()) {
          const query = new URLSearchParams({ did })
          for (const cid of batch) query.append('cids', cid)
          const body = await get(SYNC_METHOD.getBlocks, query, RESPONSE_BYTES_MAX, signal)
          if (body === 'too-large' && batch.length > 1) {
            batches.push(...chunk(batch, Math.ceil(batch.length / 2)))
            continue
          }
          const { blocks } = await parseCar(ensureWhole(body))
          for (const cid of batch) {
            const bytes = blocks.get(cid)
            if (!bytes) throw notFound('a block is missing from the answer')
            found.set(cid, bytes)
          }
        }
      }
      try {
        await Promise.all(Array.from({ length: REQUESTS_AT_ONCE_MAX }, work))
      } finally {
        // When one fails the others ask for nothing more.
        batches.length = 0
      }
      return found
    },
    async record(did, collection, rkey, signal) {
      const query = new URLSearchParams({ did, collection, rkey })
      const body = await get(SYNC_METHOD.getRecord, query, RESPONSE_BYTES_MAX, signal)
      const { roots, blocks } = await parseCar(ensureWhole(body))
      const commit = roots[0]
      if (commit === undefined) throw badAnswer('the proof names no commit')
      return { commit, blocks }
    },
  }
}

/** Reads a CAR file whole and checks every block; fails with code `bad-answer`. */
export async function parseCar(bytes: Uint8Array): Promise<{ roots: Cid[]; blocks: Blocks }> {
  try {
    const car = await readCar(bytes)
    const blocks = new Map<Cid, Uint8Array>()
    for (const [cid, block] of car.blocks) blocks.set(cid.toString(), block)
    return { roots: car.roots.map((cid: CidObject) => cid.toString()), blocks }
  } catch (cause) {
    throw badAnswer(`the blocks can't be read: ${messageOf(cause)}`, cause)
  }
}

function parseLatestCommit(body: Uint8Array): { cid: Cid; rev: string } {
  try {
    const json: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (json !== null && typeof json === 'object' && 'cid' in json && 'rev' in json) {
      const { cid, rev } = json
      if (typeof cid === 'string' && typeof rev === 'string') {
        return { cid: parseCid(cid).toString(), rev }
      }
    }
  } catch (cause) {
    throw badAnswer('the PDS did not answer with a commit', cause)
  }
  throw badAnswer('the PDS did not answer with a commit')
}

async function fetchLimited(
  url: URL,
  bytesMax: number,
  options: RepoSourceOptions,
  signal?: AbortSignal,
): Promise<Uint8Array | 'too-large'> {
  const timeout = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const either = signal ? AbortSignal.any([signal, timeout]) : timeout
  const { fetch } = options
  try {
    const response = await fetch(url, { signal: either, redirect: 'error' })
    const body = await readLimited(response, response.ok ? bytesMax : JSON_BYTES_MAX)
    if (!response.ok) throw refusal(response, body)
    return body
  } catch (cause) {
    if (cause instanceof CommuneError) throw cause
    signal?.throwIfAborted()
    if (timeout.aborted) {
      throw new CommuneError('timeout', `${url.host} took too long`, { cause, retry: true })
    }
    throw new CommuneError('unreachable', `${url.host} can't be reached: ${reasonOf(cause)}`, {
      cause,
      retry: true,
    })
  }
}

async function readLimited(response: Response, bytesMax: number) {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > bytesMax) return 'too-large'
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, length)
}

/** An error answer of a PDS, as one of ours. */
function refusal(response: Response, body: Uint8Array | 'too-large'): CommuneError {
  const { status } = response
  const retryAfter = response.headers.get('retry-after')
  const name = errorName(body)
  const known = name === undefined ? undefined : NOT_ACTIVE[name]
  if (known !== undefined) return new CommuneError('unavailable', known, { retry: true })
  if (status === 429) {
    const seconds = Number(retryAfter ?? '')
    const details = { retry: true, retryAfterMs: seconds > 0 ? seconds * 1000 : 60_000 }
    return new CommuneError('rate-limited', 'its PDS asks to be called less often', details)
  }
  if (status === 400 || status === 404) return notFound(`its PDS answers ${status} ${name ?? ''}`)
  return new CommuneError('bad-answer', `its PDS answers ${status}`, { retry: true })
}

function errorName(body: Uint8Array | 'too-large'): string | undefined {
  if (body === 'too-large') return undefined
  try {
    const json: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    const name =
      json !== null && typeof json === 'object' && 'error' in json ? json.error : undefined
    return typeof name === 'string' && /^[A-Za-z]{1,64}$/.test(name) ? name : undefined
  } catch {
    return undefined
  }
}

function ensureWhole(body: Uint8Array | 'too-large'): Uint8Array {
  if (body === 'too-large') throw badAnswer('the answer of its PDS is too large')
  return body
}

function chunk<T>(items: readonly T[], size: number): (readonly T[])[] {
  const chunks: (readonly T[])[] = []
  for (let start = 0; start < items.length; start += size) {
    chunks.push(items.slice(start, start + size))
  }
  return chunks
}

/** `fetch` hides the real reason one level down. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error && error.cause.message !== ''
    ? error.cause.message
    : messageOf(error)
}

function notFound(message: string): CommuneError {
  return new CommuneError('not-found', message.trim(), { retry: true })
}

function badAnswer(message: string, cause?: unknown): CommuneError {
  return new CommuneError('bad-answer', message, { cause, retry: true })
}
