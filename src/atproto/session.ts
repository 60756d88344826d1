import type { l } from '@atproto/lex'
import { com } from '../lexicons/index.ts'
import { CommuneError, invariant, messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { silentLog } from '../ports/log.ts'
import type { Log } from '../ports/log.ts'
import { AccountSession } from './account-session.ts'
import { callPds, type PdsAgent } from './call-pds.ts'
import { createPdsFetch } from './pds-fetch.ts'
import { createIdentity } from './identity.ts'
import { pdsError } from './pds-error.ts'
import { publicOrigin } from './public-origin.ts'
import { createRepoWriter } from './repo-writer.ts'
import type { CountingRepoWriter } from './repo-writer.ts'
import { readSession, removeSession, writeSession } from './session-file.ts'

/** An account on a PDS that we are signed in to. Calls renew the session as needed. */
export interface Session extends AsyncDisposable {
  readonly did: Did
  readonly handle: string
  /** Where the account's repo is; may be another host than the one signed in to. */
  readonly pdsUrl: string
  /** For `callPds`. */
  readonly agent: PdsAgent
  readonly writer: CountingRepoWriter
  /** A token that lets this account call one method of one service. */
  getServiceAuth(request: ServiceAuthRequest): Promise<string>
}

export interface ServiceAuthRequest {
  /** DID of the service, with or without a fragment. */
  readonly aud: string
  /** The method's name. */
  readonly lxm: string
  /** The PDS's 60 seconds by its own clock when absent; otherwise this machine's clock counts. */
  readonly lifetimeSeconds?: number
  readonly signal?: AbortSignal
}

export interface SessionOptions {
  /** Address of the PDS; looked up from the identifier when absent. */
  readonly service?: string
  /** Handle or DID. */
  readonly identifier: string
  readonly password: string
  readonly plcUrl?: string
  /** Keeps the tokens between runs, since a PDS allows few sign-ins. */
  readonly sessionFile?: string
  /** Http and private networks; by default as the service's own address has it. */
  readonly allowPrivateAddresses?: boolean
  readonly timeoutMs?: number
  readonly now?: () => number
  readonly log?: Log
  /** Follows the account when it moves to another PDS; for programs that run for long. */
  readonly followMoves?: boolean
}

const TIMEOUT_MS = 15_000
const ANSWER_BYTES_MAX = 8 * 1024 * 1024

/**
 * Signs in, or takes up the session in the file without any call, so that a program can start while
 * its PDS is down. Fails with `unauthorized`, `rate-limited`, `unavailable`, `bad-answer`,
 * `unreachable`, `timeout`, `forbidden`, `invalid-input`, `usage` or `identity`.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const service = await serviceOf(options)
  const { identifier, sessionFile, log = silentLog } = options
  const now = options.now ?? (() => performance.now())
  const call = { service, identifier }
  let saving: Promise<void> = Promise.resolve()
  const save = (change: () => Promise<void>): void => {
    saving = saving.then(change).catch((error: unknown) => {
      log.warn('session not kept', { file: sessionFile, error: messageOf(error) })
    })
  }
  const account = new AccountSession({
    ...call,
    password: options.password,
    now,
    fetch: createPdsFetch({
      allowPrivateAddresses: options.allowPrivateAddresses ?? publicOrigin(service) === undefined,
      allowCustomPort: true,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      responseBytesMax: ANSWER_BYTES_MAX,
    }),
    ...(options.followMoves === true && { locate: (did) => locate(did, options) }),
    onMoved: (pdsUrl) => log.warn('the account has moved; signed in at its new PDS', { pdsUrl }),
    onTokens(tokens) {
      if (sessionFile === undefined) return
      const { pdsUrl } = account
      if (tokens === undefined) save(() => removeSession(sessionFile))
      else save(() => writeSession(sessionFile, { ...call, pdsUrl, tokens }))
    },
  })
  const kept = sessionFile === undefined ? undefined : await readSession(sessionFile, call)
  if (kept === undefined) await account.signIn()
  else account.resume(kept.tokens, kept.pdsUrl)
  await saving

  const { tokens } = account
  invariant(tokens !== undefined, 'signed in without tokens')
  const did = tokens.did as Did
  const agent: PdsAgent = {
    did,
    fetchHandler: (path, init) => account.fetchHandler(path, init),
  }
  return {
    did,
    handle: tokens.handle,
    get pdsUrl() {
      return account.pdsUrl
    },
    agent,
    writer: createRepoWriter({ agent, did, call, now }),
    async getServiceAuth({ aud, lxm, lifetimeSeconds, signal }) {
      const exp =
        lifetimeSeconds === undefined
          ? {}
          : { exp: Math.floor(Date.now() / 1000) + lifetimeSeconds }
      try {
        const { body } = await callPds(agent, com.atproto.server.getServiceAuth, {
          params: { aud, lxm: lxm as l.NsidString, ...exp },
          ...(signal && { signal }),
        })
        return body.token
      } catch (error) {
        throw pdsError(error, call)
      }
    },
    async [Symbol.asyncDispose]() {
      await saving
    },
  }
}

/** Where the account is by its DID document, whatever was known of it before. */
async function locate(did: Did, options: SessionOptions): Promise<string> {
  const identity = createIdentity({
    allowPrivateAddresses: options.allowPrivateAddresses ?? false,
    ...(options.plcUrl !== undefined && { plcUrl: options.plcUrl }),
  })
  return new URL((await identity.resolve(did, { force: true })).pdsUrl).origin
}

/** The address of the service without a path, as given or from the identifier's DID document. */
async function serviceOf(options: SessionOptions): Promise<string> {
  const { service, identifier } = options
  if (service === undefined) {
    const identity = createIdentity({
      allowPrivateAddresses: options.allowPrivateAddresses ?? false,
      ...(options.plcUrl !== undefined && { plcUrl: options.plcUrl }),
    })
    const did = identifier.startsWith('did:')
      ? identifier
      : await identity.resolveHandle(identifier)
    return (await identity.resolve(did)).pdsUrl
  }
  const origin = publicOrigin(service, { allowPrivateAddresses: true })
  if (origin !== undefined) return origin
  throw new CommuneError('usage', `${JSON.stringify(service)} is not the address of a PDS.`, {
    hint: 'It looks like https://pds.example.com.',
  })
}
