import { CredentialSession } from '@atproto/api'
import type { AtpSessionData } from '@atproto/api'
import { CommuneError } from '../model/errors.ts'
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
}

/** A PDS allows 30 sign-ins in five minutes and 300 a day, so a refused one is not soon repeated. */
const SIGN_IN_PAUSE_MS = 5 * 60_000

/**
 * The account's tokens: renewed by the library when they expire, and made anew with the password
 * when they can't be renewed any more, as after months away or a changed password elsewhere.
 */
export class AccountSession {
  readonly #options: AccountSessionOptions
  readonly #call: PdsCall
  readonly #credentials: CredentialSession
  /** Of the first tokens: everything that uses the session takes it for granted. */
  #did: string | undefined
  #signingIn: Promise<void> | undefined
  #refused: { readonly error: CommuneError; readonly untilMs: number } | undefined

  constructor(options: AccountSessionOptions) {
    this.#options = options
    this.#call = options
    this.#credentials = new CredentialSession(
      new URL(options.service),
      options.fetch,
      (event, tokens) => {
        if (event === 'create' || event === 'update') options.onTokens(tokens)
        if (event === 'expired') options.onTokens(undefined)
      },
    )
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
  }

  /** Signs in with the password, once for all who ask. */
  signIn(): Promise<void> {
    this.#signingIn ??= this.#signInNow().finally(() => {
      this.#signingIn = undefined
    })
    return this.#signingIn
  }

  /** The transport for the library's clients. */
  async fetchHandler(url: string, init: RequestInit): Promise<Response> {
    if (!this.#credentials.hasSession) await this.signIn()
    const response = await this.#credentials.fetchHandler(url, init)
    // The library drops tokens only when the PDS refuses to renew them.
    if (this.#credentials.hasSession) return response
    await response.body?.cancel()
    await this.signIn()
    return this.#credentials.fetchHandler(url, init)
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

function loginEnded(identifier: string): CommuneError {
  return new CommuneError('unauthorized', `The login of ${identifier} has ended.`, {
    hint: 'Run "commune login" again, or set COMMUNE_PASSWORD.',
  })
}
