import {
  DidNotFoundError,
  IdResolver,
  PoorlyFormattedDidDocumentError,
  getDidKeyFromMultibase,
  getHandle,
  getKey,
  getPds,
} from '@atproto/identity'
import type { DidDocument } from '@atproto/identity'
import { isHandleString } from '@atproto/lex'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { abortable } from './abortable.ts'
import { connectionError } from './connection-error.ts'
import { parseDid } from './did-syntax.ts'
import { createGuardedFetch } from './guarded-fetch.ts'
import { IdentityCache } from './identity-cache.ts'
import { publicOrigin } from './public-origin.ts'

/** What a DID document says. */
export interface ResolvedIdentity {
  readonly did: Did
  /** Claimed by the document only; for display. */
  readonly handle?: string
  /** Origin of the PDS, without a path. */
  readonly pdsUrl: string
  /** The `#atproto` key as did:key. */
  readonly signingKey: string
  /** Of labelers: the `#atproto_label` key as did:key. */
  readonly labelKey?: string
}

/** Resolves DIDs and handles. Every failure is a CommuneError with code `identity`. */
export interface Identity {
  /** With `force` the directory is asked even when the answer is known, as after a bad signature. */
  resolve(
    did: string,
    options?: { readonly force?: boolean; readonly signal?: AbortSignal },
  ): Promise<ResolvedIdentity>
  /** The DID of a handle whose own document names the handle in turn. */
  resolveHandle(handle: string, options?: { readonly signal?: AbortSignal }): Promise<Did>
}

export interface IdentityOptions {
  /** The public directory when absent. */
  readonly plcUrl?: string
  /** Allows directories, PDSes and did:web on http, loopback and private networks. */
  readonly allowPrivateAddresses?: boolean
  readonly cacheTtlMs?: number
  /** Of one request. */
  readonly timeoutMs?: number
  /** Milliseconds on a clock that never goes back. */
  readonly now?: () => number
}

export const PUBLIC_PLC_URL = 'https://plc.directory'
const CACHE_TTL_MS = 60 * 60_000
const STALE_MS = 24 * 60 * 60_000
const FAILURE_TTL_MS = 5_000
const ENTRIES_MAX = 20_000
const TIMEOUT_MS = 5_000

export function createIdentity(options: IdentityOptions = {}): Identity {
  const allowPrivate = options.allowPrivateAddresses ?? false
  const plcUrl = options.plcUrl ?? PUBLIC_PLC_URL
  const timeoutMs = options.timeoutMs ?? TIMEOUT_MS
  const fetch = createGuardedFetch({ allowPrivateAddresses: allowPrivate, timeoutMs })
  const resolver = new IdResolver({ plcUrl, fetch, timeout: timeoutMs })
  const now = options.now ?? (() => performance.now())

  const ask = async (did: string): Promise<ResolvedIdentity> => {
    const document = await readDocument(
      did,
      did.startsWith('did:web:') ? 'its host' : plcUrl,
      () => resolver.did.resolve(did, true),
      () => isTombstoned(fetch, plcUrl, did),
    )
    return parseDocument(document, allowPrivate)
  }
  const cache = new IdentityCache(
    {
      now,
      ttlMs: options.cacheTtlMs ?? CACHE_TTL_MS,
      staleMs: STALE_MS,
      failureTtlMs: FAILURE_TTL_MS,
      entriesMax: ENTRIES_MAX,
    },
    ask,
  )
  const resolve: Identity['resolve'] = async (did, { force = false, signal } = {}) => {
    const syntax = parseDid(did, { allowLocalhost: allowPrivate })
    if (!syntax.ok) throw new CommuneError('identity', syntax.error)
    return abortable(cache.get(syntax.did, force), signal)
  }
  return {
    resolve,
    async resolveHandle(handle, { signal } = {}) {
      const name = handle.toLowerCase().replace(/^@/, '')
      if (!isHandleString(name)) {
        throw new CommuneError(
          'identity',
          `${JSON.stringify(handle.slice(0, 100))} is not a handle.`,
        )
      }
      const did = await abortable(resolver.handle.resolve(name), signal)
      if (did === undefined) {
        throw new CommuneError('identity', `The handle ${name} does not resolve to a DID.`, {
          hint: 'Check the spelling, or use the DID.',
          retry: true,
        })
      }
      const identity = await resolve(did, signal ? { signal } : {})
      if (identity.handle === name) return identity.did
      throw new CommuneError(
        'identity',
        `The handle ${name} points to ${did}, which does not claim it.`,
      )
    },
  }
}

async function readDocument(
  did: string,
  directory: string,
  read: () => Promise<DidDocument | null>,
  tombstoned: () => Promise<boolean>,
): Promise<DidDocument> {
  let document: DidDocument | null
  try {
    document = await read()
  } catch (error) {
    if ((error as { status?: unknown }).status !== 410) throw readError(did, directory, error)
    document = null
  }
  if (document !== null) return document
  if (did.startsWith('did:web:')) {
    throw new CommuneError('identity', `${did} has no DID document at its host.`, { retry: true })
  }
  if (await tombstoned()) {
    throw new CommuneError('identity', `${did} was deleted: its last operation is a tombstone.`)
  }
  throw new CommuneError('identity', `${did} is not registered in the PLC directory.`)
}

function readError(did: string, directory: string, error: unknown): CommuneError {
  if (error instanceof DidNotFoundError || error instanceof PoorlyFormattedDidDocumentError) {
    return new CommuneError('identity', `${did} has a malformed DID document.`, { cause: error })
  }
  if (error instanceof SyntaxError) {
    return new CommuneError('identity', `${did} has a DID document that is not JSON.`, {
      cause: error,
      retry: true,
    })
  }
  const { status } = error as { status?: unknown }
  const reason =
    typeof status === 'number'
      ? `${directory} answers with status ${status}.`
      : connectionError(error, directory).message
  return new CommuneError('identity', `${did} can't be looked up: ${reason}`, {
    cause: error,
    retry: true,
  })
}

async function isTombstoned(
  fetch: typeof globalThis.fetch,
  plcUrl: string,
  did: string,
): Promise<boolean> {
  try {
    const response = await fetch(new URL(`/${did}/log/last`, plcUrl))
    const last = response.ok ? ((await response.json()) as { type?: unknown } | null) : null
    if (!response.ok) await response.body?.cancel()
    return last?.type === 'plc_tombstone'
  } catch {
    // Only the wording of the failure depends on this answer.
    return false
  }
}

function parseDocument(document: DidDocument, allowPrivate: boolean): ResolvedIdentity {
  const did = document.id as Did
  const handle = getHandle(document)
  const claimed = getPds(document)
  if (claimed === undefined) {
    throw new CommuneError('identity', `${did} names no PDS in its DID document.`)
  }
  const pdsUrl = publicOrigin(claimed, { allowPrivateAddresses: allowPrivate })
  if (pdsUrl === undefined) {
    throw new CommuneError(
      'identity',
      `${did} names a PDS at ${JSON.stringify(claimed.slice(0, 200))}, which is not a public https address.`,
    )
  }
  const signingKey = keyOf(document)
  if (signingKey === undefined) {
    throw new CommuneError('identity', `${did} names no usable signing key in its DID document.`)
  }
  const valid = handle !== undefined && isHandleString(handle.toLowerCase())
  const labelKey = labelKeyOf(document)
  return {
    did,
    pdsUrl,
    signingKey,
    ...(valid && { handle: handle.toLowerCase() }),
    ...(labelKey !== undefined && { labelKey }),
  }
}

function labelKeyOf({ id, verificationMethod }: DidDocument): string | undefined {
  const ids = ['#atproto_label', `${id}#atproto_label`]
  const method = verificationMethod?.find((one) => ids.includes(one.id))
  if (method?.publicKeyMultibase === undefined) return undefined
  try {
    return getDidKeyFromMultibase({
      type: method.type,
      publicKeyMultibase: method.publicKeyMultibase,
    })
  } catch {
    return undefined
  }
}

function keyOf(document: DidDocument): string | undefined {
  try {
    return getKey(document)
  } catch {
    return undefined
  }
}
