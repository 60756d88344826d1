import { XrpcResponseError } from '@atproto/lex'
import { didDocument, getPds } from '@atproto/identity'
import { com } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import { callPds, type PdsAgent } from './call-pds.ts'

/** What lets a program act as an account, until it is refused. */
export interface SessionTokens {
  readonly did: string
  readonly handle: string
  readonly accessJwt: string
  readonly refreshJwt: string
}

export interface TokenSessionOptions {
  /** Where sign-ins and renewals go. */
  readonly service: string
  readonly fetch: typeof globalThis.fetch
  /** Called with the new tokens, and without any when they are void. */
  readonly onTokens: (tokens: SessionTokens | undefined) => void
}

/** The tokens of an account at one service: sent with each call, and renewed when they expire. */
export class TokenSession {
  readonly #options: TokenSessionOptions
  readonly #service: PdsAgent
  #tokens: SessionTokens | undefined
  #pdsUrl: string
  #renewing: Promise<void> | undefined

  constructor(options: TokenSessionOptions) {
    this.#options = options
    this.#pdsUrl = options.service
    this.#service = { fetchHandler: (path, init) => this.#send(options.service, path, init) }
  }

  get service(): string {
    return new URL(this.#options.service).origin
  }

  /** None before the first sign-in, and after the service has refused to renew them. */
  get tokens(): SessionTokens | undefined {
    return this.#tokens
  }

  /** Where the account's repo is: by its DID document, as the service gave it. */
  get pdsUrl(): string {
    return new URL(this.#pdsUrl).origin
  }

  resume(tokens: SessionTokens, pdsUrl: string): void {
    this.#tokens = tokens
    this.#pdsUrl = pdsUrl
  }

  forget(): void {
    this.#tokens = undefined
  }

  async signIn(identifier: string, password: string): Promise<void> {
    this.#tokens = undefined
    const { body } = await callPds(this.#service, com.atproto.server.createSession, {
      body: { identifier, password },
    })
    this.#take(body, body.didDoc)
  }

  /** Sends a call, and once more with new tokens when these have expired. */
  async fetchHandler(path: string, init: RequestInit): Promise<Response> {
    await this.#renewing
    const sent = this.#tokens?.accessJwt
    const response = await this.#send(this.#pdsUrl, path, init, sent)
    if (sent === undefined || !(await isExpired(response))) return response
    // Another call may have had them renewed while this one was under way.
    if (this.#tokens?.accessJwt === sent) await this.#renew()
    const renewed = this.#tokens?.accessJwt
    if (renewed === undefined || renewed === sent || init.signal?.aborted) return response
    await response.body?.cancel()
    return this.#send(this.#pdsUrl, path, init, renewed)
  }

  #send(service: string, path: string, init: RequestInit, token?: string): Promise<Response> {
    const headers = new Headers(init.headers)
    if (token !== undefined) headers.set('authorization', `Bearer ${token}`)
    return this.#options.fetch(new URL(path, service), { ...init, headers, redirect: 'error' })
  }

  /** Once for all calls that find them expired. Never rejects. */
  #renew(): Promise<void> {
    this.#renewing ??= this.#renewNow().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renewNow(): Promise<void> {
    const before = this.#tokens
    if (before === undefined) return
    try {
      const { body } = await callPds(this.#service, com.atproto.server.refreshSession, {
        headers: { authorization: `Bearer ${before.refreshJwt}` },
      })
      if (body.did !== before.did)
        throw new CommuneError('unauthorized', `${before.did} is ${body.did} now.`)
      if (this.#tokens === before) this.#take(body, body.didDoc)
    } catch (error) {
      // Anything else may pass: then the tokens are as good as before.
      if (this.#tokens !== before || !isEnd(error)) return
      this.#tokens = undefined
      this.#options.onTokens(undefined)
    }
  }

  #take({ did, handle, accessJwt, refreshJwt }: SessionTokens, didDoc: unknown): void {
    const known = didDocument.safeParse(didDoc)
    const pdsUrl = known.success ? getPds(known.data) : undefined
    if (pdsUrl !== undefined) this.#pdsUrl = pdsUrl
    this.#tokens = { did, handle, accessJwt, refreshJwt }
    this.#options.onTokens(this.#tokens)
  }
}

async function isExpired(response: Response): Promise<boolean> {
  if (response.status === 401) return true
  if (response.status !== 400) return false
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined)
  return (body as { error?: unknown } | null | undefined)?.error === 'ExpiredToken'
}

/** Whether the tokens are void: refused, or those of another account. */
function isEnd(error: unknown): boolean {
  if (error instanceof CommuneError) return true
  if (!(error instanceof XrpcResponseError)) return false
  return error.status === 401 || ['ExpiredToken', 'InvalidToken'].includes(error.error)
}
