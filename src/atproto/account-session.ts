import { CredentialSession } from '@atproto/api'
import type { AtpSessionData } from '@atproto/api'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { pdsError } from './pds-error.ts'
import type { PdsCall } from './pds-error.ts'

export interface AccountSessionOptions {
  readonly service: string
  readonly identifier: string
  /** Empty when there is none: then the session lasts for as long as its tokens can be renewed. */
  readonly password: string
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** Called with the new tokens, and without any when they are void. */
  readonly onTokens: (tokens: AtpSessionData | undefined) => void
  /** The address of the account's PDS by its DID document, asked anew; for accounts that may move. */
  readonly locate?: ((did: Did) => Promise<string>) | undefined
  /** The account is at another PDS now. */
  readonly onMoved?: (pdsUrl: string) => void
}

/** A PDS allows 30 sign-ins in five minutes and 300 a day, so a refused one is not soon repeated. */
const SIGN_IN_PAUSE_MS = 5 * 60_000
/** A PDS that refuses or fails is no reason to ask the directory more often than this. */
const LOOK_PAUSE_MS = 30_000

/**
 * The account's tokens: renewed by the library when they expire, and made anew with the password
 * when they can't be renewed any more, as after months away or a changed password elsewhere.
 */
export class AccountSession {
  readonly #options: AccountSessionOptions
  readonly #call: PdsCall
  #credentials: CredentialSession
  #lookedAtMs: number | undefined
  #resumedAt: string | undefined
  /** Of the first tokens: everything that uses the session takes it for granted. */
  #did: string | undefined
  #signingIn: Promise<void> | undefined
  #refused: { readonly error: CommuneError; readonly untilMs: number } | undefined

  constructor(options: AccountSessionOptions) {
    this.#options = options
    this.#call = options
    this.#credentials = this.#credentialsAt(options.service)
  }

  get tokens(): AtpSessionData | undefined {
    return this.#credentials.session
  }

  get did(): string | undefined {
    return this.#credentials.did
  }

  get pdsUrl(): string {
    return this.#credentials.dispatchUrl.origin
  }

  /** Takes up tokens from an earlier run without a call: they are renewed when they are refused. */
  resume(tokens: AtpSessionData, pdsUrl: string): void {
    this.#did = tokens.did
    this.#credentials.session = tokens
    this.#credentials.pdsUrl = new URL(pdsUrl)
    this.#resumedAt = this.pdsUrl
  }

  /** Signs in with the password, once for all who ask. */
  signIn(): Promise<void> {
    this.#signingIn ??= this.#signInNow().finally(() => {
      this.#signingIn = undefined
    })
    return this.#signingIn
  }

  /** The transport for the library's clients. An account that has moved is followed to its new PDS. */
  async fetchHandler(url: string, init: RequestInit): Promise<Response> {
    try {
      const response = await this.#fetchHere(url, init)
      if (!mayHaveMoved(response.status) || !(await this.#follow())) return response
      await response.body?.cancel()
    } catch (error) {
      if (init.signal?.aborted || !(await this.#follow())) throw error
    }
    return this.#fetchHere(url, init)
  }

  async #fetchHere(url: string, init: RequestInit): Promise<Response> {
    if (!this.#credentials.hasSession) await this.signIn()
    const response = await this.#credentials.fetchHandler(url, init)
    // The library drops tokens only when the PDS refuses to renew them.
    if (this.#credentials.hasSession) return response
    await response.body?.cancel()
    await this.signIn()
    return this.#credentials.fetchHandler(url, init)
  }

  /** Signs in where the account is now, if that is another place than before. */
  async #follow(): Promise<boolean> {
    const { locate, now, onMoved } = this.#options
    const did = this.#did ?? this.did
    if (!locate || did === undefined) return false
    if (this.#lookedAtMs !== undefined && now() - this.#lookedAtMs < LOOK_PAUSE_MS) return false
    this.#lookedAtMs = now()
    const place = await locate(did as Did).catch(() => undefined)
    if (place === undefined || this.#isAt(place)) return false
    const before = this.#credentials
    this.#credentials = this.#credentialsAt(place)
    this.#refused = undefined
    try {
      await this.signIn()
    } catch {
      // The new place is not ready for it yet: the old one is as good as before.
      this.#credentials = before
      return false
    }
    onMoved?.(place)
    return true
  }

  /** Whether the tokens are of this place; the library alone may have gone there without any. */
  #isAt(place: string): boolean {
    return this.#credentials.serviceUrl.origin === place || this.#resumedAt === place
  }

  #credentialsAt(service: string): CredentialSession {
    const { fetch, onTokens } = this.#options
    return new CredentialSession(new URL(service), fetch, (event, tokens) => {
      if (event === 'create' || event === 'update') onTokens(tokens)
      if (event === 'expired') onTokens(undefined)
    })
  }

  async #signInNow(): Promise<void> {
    const { service, identifier, password, now } = this.#options
    if (password === '') throw loginEnded(identifier)
    if (this.#refused !== undefined && now() < this.#refused.untilMs) throw this.#refused.error
    try {
      await this.#credentials.login({ identifier, password })
      this.#refused = undefined
      this.#did ??= this.did
      const { did } = this
      if (did !== this.#did) {
        delete this.#credentials.session
        throw new CommuneError(
          'unauthorized',
          `${identifier} is another account on ${service} than before: ${did} instead of ${this.#did}.`,
          {
            hint: 'Start again to use the new one.',
          },
        )
      }
    } catch (cause) {
      const error = pdsError(cause, this.#call)
      if (error.code === 'unauthorized' || error.code === 'rate-limited') {
        const pauseMs = error.retryAfterMs ?? SIGN_IN_PAUSE_MS
        this.#refused = { error, untilMs: now() + pauseMs }
      }
      throw error
    }
  }
}

/** What a PDS says that has given an account away, or that is gone altogether. */
function mayHaveMoved(status: number): boolean {
  return [401, 403, 404, 410].includes(status) || status >= 500
}

function loginEnded(identifier: string): CommuneError {
  return new CommuneError('unauthorized', `The login of ${identifier} has ended.`, {
    hint: 'Run "commune login" again, or set COMMUNE_PASSWORD.',
  })
}
