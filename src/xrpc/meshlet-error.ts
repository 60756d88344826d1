import { XrpcFetchError, XrpcInvalidResponseError, XrpcResponseError } from '@atproto/lex'
import type { XrpcFailure } from '@atproto/lex'
import { connectionError } from '../atproto/connection-error.ts'
import { CommuneError } from '../model/errors.ts'
import type { ErrorCode, ErrorDetails } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { TIME_HEADER } from './time-header.ts'

/** A meshlet refused a call. */
export class MeshletError extends CommuneError {
  /** Name of the error as the meshlet gave it. */
  readonly reason: string
  /** Its clock, milliseconds since 1970, when it refused a token for its time. */
  readonly theirTimeMs: number | undefined

  constructor(
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { readonly reason: string; readonly theirTimeMs?: number | undefined },
  ) {
    super(code, message, details)
    this.name = 'MeshletError'
    this.reason = details.reason
    this.theirTimeMs = details.theirTimeMs
  }
}

const RETRY_AFTER_SECONDS_MAX = 3600
const MESSAGE_CHARACTERS_MAX = 300

/** Turns a failed call into an error that says which meshlet refused what, and why. */
export function meshletError(failure: XrpcFailure, did: Did, endpoint: string): CommuneError {
  if (failure instanceof XrpcFetchError) {
    return connectionError(failure.cause ?? failure, `The meshlet ${did} at ${endpoint}`)
  }
  if (!(failure instanceof XrpcResponseError)) {
    const code = failure instanceof XrpcInvalidResponseError ? 'bad-answer' : 'invalid-input'
    const what =
      code === 'bad-answer' ? 'gives an answer that is not valid' : 'can not be asked this'
    return new CommuneError(code, `The meshlet ${did} ${what}: ${printable(failure.message)}`, {
      cause: failure,
    })
  }
  const { status, headers } = failure
  const code = codeOf(status, failure.error)
  const theirTimeMs = Date.parse(headers.get(TIME_HEADER) ?? '')
  const afterSeconds = Number(headers.get('retry-after') ?? Number.NaN)
  return new MeshletError(code, `The meshlet ${did} refuses: ${printable(failure.message)}`, {
    reason: failure.error,
    theirTimeMs: Number.isNaN(theirTimeMs) ? undefined : theirTimeMs,
    retry: code === 'unavailable' || code === 'rate-limited' || code === 'timeout',
    ...(afterSeconds >= 0 && {
      retryAfterMs: Math.min(afterSeconds, RETRY_AFTER_SECONDS_MAX) * 1000,
    }),
    cause: failure,
  })
}

function codeOf(status: number, name: string): ErrorCode {
  if (name === 'WorkloadNotFound') return 'not-found'
  if (name === 'RevisionMismatch') return 'conflict'
  switch (status) {
    case 401:
      return 'unauthorized'
    case 403:
      return 'forbidden'
    case 429:
      return 'rate-limited'
    case 501:
      return 'unsupported'
    case 504:
      return 'timeout'
    default:
      return status >= 500 ? 'unavailable' : 'invalid-input'
  }
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ').slice(0, MESSAGE_CHARACTERS_MAX)
}
