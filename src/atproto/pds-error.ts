import {
  XrpcFetchError,
  XrpcInvalidResponseError,
  XrpcResponseError,
  isXrpcErrorPayload,
} from '@atproto/lex'
import { formatDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'
import type { ErrorDetails } from '../model/errors.ts'
import { connectionError } from './connection-error.ts'

/** Whom we talked to as whom, for the message. */
export interface PdsCall {
  readonly service: string
  readonly identifier: string
}

const RETRY_AFTER_MS_MAX = 24 * 60 * 60_000
const SIGN_IN_HINT =
  'Check the identifier and the password (COMMUNE_IDENTIFIER, COMMUNE_PASSWORD), or make a new app password on the PDS.'

/** Turns whatever a call to a PDS rejected with into a CommuneError that says what to do. */
export function pdsError(error: unknown, call: PdsCall): CommuneError {
  if (error instanceof CommuneError) return error
  // The client wraps whatever the transport below it throws.
  if (error instanceof Error && error.cause instanceof CommuneError) return error.cause
  if (error instanceof XrpcResponseError) return answerError(error, call)
  if (error instanceof XrpcInvalidResponseError && !brokeOff(error)) {
    return new CommuneError('bad-answer', `${call.service} does not answer like a PDS.`, {
      hint: 'Check the address of the service.',
      retry: true,
      cause: error,
    })
  }
  const cause = error instanceof XrpcFetchError ? error.cause : undefined
  return connectionError(cause ?? error, call.service)
}

/** Whether the answer itself was well, as far as it came. */
function brokeOff({ cause }: XrpcInvalidResponseError): boolean {
  if (!(cause instanceof Error)) return false
  return ['AbortError', 'TimeoutError'].includes(cause.name) || cause.cause !== undefined
}

function answerError(error: XrpcResponseError, call: PdsCall): CommuneError {
  const { service, identifier } = call
  const details: ErrorDetails = { cause: error }
  const said = saidBy(error)
  switch (error.status) {
    case 401:
      return new CommuneError('unauthorized', signInMessage(error, call), {
        ...details,
        hint: SIGN_IN_HINT,
      })
    case 403:
      return new CommuneError('forbidden', `${service} refuses ${identifier}${said}`, details)
    case 413:
      return new CommuneError(
        'invalid-input',
        `The request is larger than ${service} takes.`,
        details,
      )
    case 429: {
      const retryAfterMs = retryAfterMsOf(Object.fromEntries(error.headers))
      return new CommuneError(
        'rate-limited',
        `${service} has had enough of ${identifier} for now.`,
        {
          ...details,
          retry: true,
          ...(retryAfterMs !== undefined && { retryAfterMs }),
          hint:
            retryAfterMs === undefined
              ? 'Try again later.'
              : `Try again in ${formatDuration(Math.ceil(retryAfterMs / 1000) * 1000)}.`,
        },
      )
    }
  }
  if (error.error === 'InvalidSwap') {
    return new CommuneError(
      'conflict',
      `The repo of ${identifier} has changed meanwhile${said}`,
      details,
    )
  }
  if (error.error === 'RecordNotFound') {
    return new CommuneError('not-found', `The record is not there${said}`, details)
  }
  if (error.error === 'AccountTakedown' || error.error === 'AccountDeactivated') {
    return new CommuneError(
      'forbidden',
      `The account ${identifier} on ${service} is not active${said}`,
      details,
    )
  }
  if (error.error === 'InvalidToken') {
    return new CommuneError('unauthorized', signInMessage(error, call), {
      ...details,
      hint: SIGN_IN_HINT,
    })
  }
  // An expired token comes here only when renewing it failed for the moment.
  if (error.error === 'ExpiredToken') {
    return new CommuneError(
      'unavailable',
      `${service} does not renew the session of ${identifier}.`,
      {
        ...details,
        retry: true,
      },
    )
  }
  if (error.status >= 500) {
    const retryAfterMs = retryAfterMsOf(Object.fromEntries(error.headers))
    return new CommuneError('unavailable', `${service} is in trouble (status ${error.status}).`, {
      ...details,
      retry: true,
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    })
  }
  if (error.status === 404) {
    return new CommuneError('bad-answer', `${service} does not answer like a PDS.`, {
      ...details,
      hint: 'Check the address of the service.',
    })
  }
  return new CommuneError('invalid-input', `${service} refuses the request${said}`, details)
}

function signInMessage(error: XrpcResponseError, { service, identifier }: PdsCall): string {
  if (error.error === 'AuthFactorTokenRequired') {
    return `${service} wants a second factor of ${identifier}: use an app password.`
  }
  return `${service} does not accept the credentials of ${identifier}.`
}

/** What the server said, when it is a line of text and not a web page. */
function saidBy(error: XrpcResponseError): string {
  const said = isXrpcErrorPayload(error.payload) ? error.payload.body.message : undefined
  const text = (said ?? '').replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
  if (text === '' || text.startsWith('<')) return '.'
  return `: ${text.slice(0, 300)}`
}

/** Milliseconds to wait as the headers say; undefined when they don't. */
export function retryAfterMsOf(
  headers: Readonly<Record<string, string | undefined>> | undefined,
): number | undefined {
  const after = headers?.['retry-after']
  if (after !== undefined && /^\d{1,9}$/.test(after)) return bounded(Number(after) * 1000)
  const serverNowMs = Date.parse(headers?.['date'] ?? '')
  if (Number.isNaN(serverNowMs)) return undefined
  // Both moments are the server's, so that its clock and ours may differ.
  const afterMs = after === undefined ? Number.NaN : Date.parse(after)
  if (!Number.isNaN(afterMs)) return bounded(afterMs - serverNowMs)
  const reset = headers?.['ratelimit-reset']
  if (reset === undefined || !/^\d{1,12}$/.test(reset)) return undefined
  return bounded(Number(reset) * 1000 - serverNowMs)
}

function bounded(delayMs: number): number {
  return Math.min(Math.max(delayMs, 0), RETRY_AFTER_MS_MAX)
}
