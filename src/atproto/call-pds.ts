import { xrpc } from '@atproto/lex'
import type { Agent, Procedure, Query, XrpcOptions, XrpcResponse } from '@atproto/lex'
import { com } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'

/** Whoever sends calls to a PDS, and as whom. */
export type PdsAgent = Agent

/**
 * Calls a `com.atproto.*` method by its lexicon; what it rejects with becomes a CommuneError with
 * `pdsError`.
 */
export function callPds<const M extends Query | Procedure>(
  agent: PdsAgent,
  method: { readonly main: M },
  options: XrpcOptions<M>,
): Promise<XrpcResponse<M>> {
  return xrpc<M>(agent, method.main, options)
}

/** A record as the PDS gave it, not parsed yet. */
export interface ListedRecord {
  readonly uri: string
  readonly cid: string
  readonly value: unknown
}

export interface RecordPage {
  readonly records: readonly ListedRecord[]
  readonly cursor?: string
}

type Listing = com.atproto.repo.listRecords.$Params

/**
 * One page of the records of a collection. A record that holds what records may not, such as a
 * fraction, is no reason to refuse the page.
 */
export async function listRecords(
  agent: PdsAgent,
  params: Pick<Listing, 'repo' | 'collection'> & Partial<Listing>,
  signal: AbortSignal,
): Promise<RecordPage> {
  const lenient = { validateResponse: false, strictResponseProcessing: false }
  const options = { params, signal, ...lenient }
  const { body } = await callPds(agent, com.atproto.repo.listRecords, options)
  if (isPage(body)) return body
  throw new CommuneError('bad-answer', 'The PDS does not list records as it should.', {
    retry: true,
  })
}

export async function latestCommit(
  agent: PdsAgent,
  did: Did,
  signal: AbortSignal | undefined,
): Promise<{ readonly cid: string; readonly rev: string }> {
  const options = { params: { did }, ...(signal && { signal }) }
  return (await callPds(agent, com.atproto.sync.getLatestCommit, options)).body
}

/** Whom the PDS knows by a handle. */
export async function resolveHandle(
  agent: PdsAgent,
  handle: string,
  signal: AbortSignal,
): Promise<string> {
  const params = { handle: com.atproto.identity.resolveHandle.$params.parse({ handle }).handle }
  return (await callPds(agent, com.atproto.identity.resolveHandle, { params, signal })).body.did
}

function isPage(body: unknown): body is RecordPage {
  const { records, cursor } = (body ?? {}) as Partial<Record<keyof RecordPage, unknown>>
  if (cursor !== undefined && typeof cursor !== 'string') return false
  return Array.isArray(records) && records.every(isListed)
}

function isListed(record: unknown): boolean {
  const { uri, cid } = (record ?? {}) as Partial<ListedRecord>
  return typeof uri === 'string' && typeof cid === 'string'
}
