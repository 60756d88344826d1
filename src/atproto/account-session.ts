import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { pdsError } from './pds-error.ts'
import type { PdsCall } from './pds-error.ts'
import { TokenSession, type SessionTokens } from './token-session.ts'

export interface AccountSessionOptions {
  readonly service: string
  readonly identifier: string
  /** Empty when there is none: then the session lasts for as long as its tokens can be renewed. */
  readonly password: string
  readonly fetch: typeof globalThis.fetch
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number
  /** Called with the new tokens, and without any when they are void. */
  readonly onTokens: (tokens: SessionTokens | undefined) => void
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
 * The account's tokens: renewed when they expire, and made anew with the password
 * when they can't be renewed any more, as after months away or a changed password elsewhere.
 */
export class AccountSession {
  readonly #options: AccountSessionOptions
  readonly #call: PdsCall
  #credentials: TokenSession
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

  get tokens(): SessionTokens | undefined {
    return this.#credentials.tokens
  }

  get did(): string | undefined {
    return this.tokens?.did
  }

  get pdsUrl(): string {
    return this.#credentials.pdsUrl
  }

  /** Takes up tokens from an earlier run without a call: they are renewed when they are refused. */
  resume(tokens: SessionTokens, pdsUrl: string): void {
    this.#did = tokens.did
    this.#credentials.resume(tokens, pdsUrl)
    this.#resumedAt = this.pdsUrl
  }

  /** Signs in with the password, once for all who ask. */
  signIn(): Promise<void> {
    this.#signingIn ??= this.#signInNow().finally(() => {
      this.#signingIn = undefined
    })
    return this.#signingIn
  }

  /** The transport for calls. An account that has moved is followed to its new PDS. */
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
    if (this.tokens === undefined) await this.signIn()
    const response = await this.#credentials.fetchHandler(url, init)
    // Tokens are dropped only when the PDS refuses to renew them.
    if (this.tokens !== undefined) return response
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

  /** Whether the tokens are of this place; a DID document alone may have led there without any. */
  #isAt(place: string): boolean {
    return this.#credentials.service === place || this.#resumedAt === place
  }

  #credentialsAt(service: string): TokenSession {
    const { fetch, onTokens } = this.#options
    return new TokenSession({ service, fetch, onTokens })
  }

  async #signInNow(): Promise<void> {
    const { service, identifier, password, now } = this.#options
    if (password === '') throw loginEnded(identifier)
    if (this.#refused !== undefined && now() < this.#refused.untilMs) throw this.#refused.error
    try {
      await this.#credentials.signIn(identifier, password)
      this.#refused = undefined
      this.#did ??= this.did
      const { did } = this
      if (did !== this.#did) {
        this.#credentials.forget()
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
