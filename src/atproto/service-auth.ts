import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { ReplayCache } from './replay-cache.ts'
import { parseToken } from './service-token.ts'
import type { ServiceToken } from './service-token.ts'

/** Why a token was refused, by name; the name is the error of the 401 answer. */
export type TokenRefusal =
  | 'MissingToken'
  | 'TokenTooLarge'
  | 'MalformedToken'
  | 'UnknownIssuer'
  | 'WrongAudience'
  | 'WrongMethod'
  | 'WrongAlgorithm'
  | 'WrongTime'
  | 'LivesTooLong'
  | 'BadTokenId'
  | 'KeyUnavailable'
  | 'BadSignature'
  | 'TokenUsed'
  | 'TooManyTokens'

export type TokenVerdict =
  | { readonly ok: true; readonly issuer: Did }
  | { readonly ok: false; readonly reason: TokenRefusal; readonly message: string }

export interface ServiceAuthOptions {
  readonly ownDid: Did
  /** Wall clock, milliseconds since 1970. */
  readonly nowMs: () => number
  /** Wall clock when this process started; what was issued before may have been used before. */
  readonly startedAtMs: number
  /** Whether anybody by this DID may call at all. Asked before anything is fetched for its sake. */
  readonly isKnown: (issuer: string) => boolean
  /** The `#atproto` key of the DID's document as did:key; `force` looks it up anew. */
  readonly resolveKey: (issuer: Did, force: boolean) => Promise<string>
  /** The heartbeat key in the meshlet's own verified records, docs/decisions/0001-heartbeat-auth.md. */
  readonly heartbeatKey: (issuer: Did) => string | undefined
}

export interface ServiceAuth {
  /** Checks the `authorization` header of a call of the method `lxm`. Never throws. */
  verify(header: string | undefined, lxm: string): Promise<TokenVerdict>
}

export const HEADER_BYTES_MAX = 8 * 1024
export const CLOCK_SKEW_SECONDS_MAX = 30
export const LIFETIME_SECONDS_MAX = 120
/** Fragment of the service in `aud`; new software sends it, a PDS that proxies does not. */
export const SERVICE_FRAGMENT = '#meshlet'
/** `kid` of a token that is signed with the heartbeat key. */
export const HEARTBEAT_KID = '#heartbeat'

const TOKEN_ID = /^[\x21-\x7e]{16,64}$/
const TOKENS_PER_ISSUER_MAX = 2_000
const REFRESH_INTERVAL_MS = 60_000
const SWEEP_EVERY = 1_000
const ALGORITHMS = ['ES256K', 'ES256']

/** Stricter than the library's check on purpose; each rule answers an attack that was tried. */
export function createServiceAuth(options: ServiceAuthOptions): ServiceAuth {
  const verifySignature = createSignatureVerifier()
  const replays = new ReplayCache(TOKENS_PER_ISSUER_MAX)
  const refreshedAtMs = new Map<Did, number>()
  let checked = 0

  const isSigned = (key: string, token: ServiceToken): boolean => {
    try {
      return verifySignature(key, token.signed, token.signature)
    } catch {
      return false
    }
  }
  const mayRefresh = (issuer: Did): boolean => {
    const nowMs = options.nowMs()
    const lastMs = refreshedAtMs.get(issuer)
    if (lastMs !== undefined && Math.abs(nowMs - lastMs) < REFRESH_INTERVAL_MS) return false
    for (const [did, atMs] of refreshedAtMs) {
      if (Math.abs(nowMs - atMs) >= REFRESH_INTERVAL_MS) refreshedAtMs.delete(did)
    }
    refreshedAtMs.set(issuer, nowMs)
    return true
  }
  const checkSignature = async (issuer: Did, token: ServiceToken): Promise<TokenVerdict> => {
    if (token.kid === HEARTBEAT_KID) {
      const key = options.heartbeatKey(issuer)
      if (key === undefined)
        return refuse('KeyUnavailable', `no heartbeat key of ${issuer} is known`)
      if (isSigned(key, token)) return { ok: true, issuer }
      return refuse('BadSignature', 'the signature is not by the heartbeat key of the issuer')
    }
    try {
      if (isSigned(await options.resolveKey(issuer, false), token)) return { ok: true, issuer }
      // The key may have been changed lately; an attacker must not make us ask again and again.
      if (mayRefresh(issuer) && isSigned(await options.resolveKey(issuer, true), token)) {
        return { ok: true, issuer }
      }
    } catch {
      return refuse('KeyUnavailable', `the key of ${issuer} can't be looked up at the moment`)
    }
    return refuse('BadSignature', 'the signature is not by the issuer')
  }

  return {
    async verify(header, lxm) {
      if (header === undefined)
        return refuse('MissingToken', 'this call needs a service-auth token')
      if (header.length > HEADER_BYTES_MAX) {
        return refuse('TokenTooLarge', `the token has more than ${HEADER_BYTES_MAX} bytes`)
      }
      const bearer = /^Bearer ([\w.-]+)$/i.exec(header)?.[1]
      const token = bearer === undefined ? undefined : parseToken(bearer)
      if (token === undefined) return refuse('MalformedToken', 'this is no service-auth token')
      const { iss } = token
      if (typeof iss !== 'string' || !options.isKnown(iss)) {
        return refuse('UnknownIssuer', 'the issuer is not known here')
      }
      const issuer = iss as Did
      const claims = checkClaims(token, lxm, options)
      if (claims !== undefined) return claims
      const verdict = await checkSignature(issuer, token)
      if (!verdict.ok) return verdict
      checked += 1
      const nowSeconds = options.nowMs() / 1000
      if (checked % SWEEP_EVERY === 0) replays.sweep(nowSeconds)
      // By issuer and id, never by the token's text: the same token has many spellings.
      const use = replays.use(issuer, String(token.jti), Number(token.exp), nowSeconds)
      if (use === 'used') return refuse('TokenUsed', 'the token was used before')
      if (use === 'full')
        return refuse('TooManyTokens', 'too many tokens of this issuer are in use')
      return verdict
    },
  }
}

function checkClaims(
  token: ServiceToken,
  lxm: string,
  options: ServiceAuthOptions,
): TokenVerdict | undefined {
  const { ownDid, startedAtMs } = options
  if (token.aud !== ownDid && token.aud !== `${ownDid}${SERVICE_FRAGMENT}`) {
    return refuse('WrongAudience', `the token is not for ${ownDid}`)
  }
  if (token.lxm !== lxm) return refuse('WrongMethod', `the token is not for ${lxm}`)
  if (!ALGORITHMS.includes(token.alg))
    return refuse('WrongAlgorithm', 'ES256K or ES256 is expected')
  const typed = token.typ === undefined || token.typ === 'JWT'
  if (!typed || token.crit !== undefined) return refuse('MalformedToken', 'another type of token')
  const ownKey = token.kid === HEARTBEAT_KID && lxm === METHOD.heartbeat
  if (token.kid !== undefined && token.kid !== '#atproto' && !ownKey) {
    return refuse('MalformedToken', 'the token names a key that is not for this')
  }
  return checkTimes(token, options.nowMs(), startedAtMs) ?? checkId(token)
}

function checkTimes(
  { iat, exp }: ServiceToken,
  nowMs: number,
  startedAtMs: number,
): TokenVerdict | undefined {
  // A number such as 1e400 parses as infinity, which is no integer.
  if (!isSeconds(iat) || !isSeconds(exp)) return refuse('MalformedToken', 'iat and exp are seconds')
  if (Math.abs(nowMs / 1000 - iat) > CLOCK_SKEW_SECONDS_MAX) {
    return refuse(
      'WrongTime',
      `iat is more than ${CLOCK_SKEW_SECONDS_MAX} seconds from the time here`,
    )
  }
  if (exp - iat > LIFETIME_SECONDS_MAX) {
    return refuse('LivesTooLong', `exp is more than ${LIFETIME_SECONDS_MAX} seconds after iat`)
  }
  if (exp * 1000 <= nowMs) return refuse('WrongTime', 'the token has expired')
  if (iat * 1000 < startedAtMs) {
    return refuse('WrongTime', 'the token was issued before this process started')
  }
  return undefined
}

function checkId({ jti }: ServiceToken): TokenVerdict | undefined {
  if (typeof jti === 'string' && TOKEN_ID.test(jti)) return undefined
  return refuse('BadTokenId', 'jti must have 16 to 64 characters')
}

function isSeconds(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function refuse(reason: TokenRefusal, message: string): TokenVerdict {
  return { ok: false, reason, message }
}
