import { XRPCError } from '@atproto/api'
import { CommuneError } from '../model/errors.ts'
import type { ErrorDetails } from '../model/errors.ts'

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
  if (!(error instanceof XRPCError)) return connectionError(error, call)
  if (error.status === INVALID_RESPONSE) {
    return new CommuneError('bad-answer', `${call.service} does not answer like a PDS.`, {
      hint: 'Check the address of the service.',
      retry: true,
      cause: error,
    })
  }
  if (error.status === NO_RESPONSE) return connectionError(error.cause ?? error, call)
  return answerError(error, call)
}

/** The library's own statuses, beside those of HTTP. */
const NO_RESPONSE = 1
const INVALID_RESPONSE = 2

function answerError(error: XRPCError, call: PdsCall): CommuneError {
  const { service, identifier } = call
  const details: ErrorDetails = { cause: error }
  const said = saidBy(error)
  switch (error.status as number) {
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
      const retryAfterMs = retryAfterMsOf(error.headers)
      return new CommuneError(
        'rate-limited',
        `${service} has had enough of ${identifier} for now.`,
        {
          ...details,
          retry: true,
          ...(retryAfterMs !== undefined && { retryAfterMs }),
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
    return new CommuneError('forbidden', `The account ${identifier} is not active${said}`, details)
  }
  // An expired token is renewed before it comes here; what still does can't be renewed.
  if (error.error === 'ExpiredToken' || error.error === 'InvalidToken') {
    return new CommuneError('unauthorized', signInMessage(error, call), {
      ...details,
      hint: SIGN_IN_HINT,
    })
  }
  if (error.status >= 500) {
    const retryAfterMs = retryAfterMsOf(error.headers)
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

function signInMessage(error: XRPCError, { service, identifier }: PdsCall): string {
  if (error.error === 'AuthFactorTokenRequired') {
    return `${service} wants a second factor of ${identifier}: use an app password.`
  }
  return `${service} does not accept the credentials of ${identifier}.`
}

/** What the server said, when it is a line of text and not a web page. */
function saidBy(error: XRPCError): string {
  const text = error.message.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ').trim()
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

function connectionError(error: unknown, { service }: PdsCall): CommuneError {
  const chain = causes(error)
  if (chain.some((cause) => cause.name === 'TimeoutError' || codeOf(cause)?.includes('TIMEOUT'))) {
    return new CommuneError('timeout', `${service} does not answer in time.`, {
      retry: true,
      cause: error,
    })
  }
  const aborted = chain.find((cause) => cause.name === 'AbortError')
  if (aborted !== undefined) {
    return new CommuneError('interrupted', 'The call was given up.', { cause: error })
  }
  const last = chain.at(-1)
  const code = chain.map(codeOf).find((found) => found !== undefined)
  return new CommuneError('unreachable', `${service} can't be reached: ${reasonOf(code, last)}`, {
    hint: 'Check the address of the service and the network.',
    retry: true,
    cause: error,
  })
}

function reasonOf(code: string | undefined, last: Error | undefined): string {
  switch (code) {
    case 'ECONNREFUSED':
      return 'nothing listens there (connection refused).'
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve.'
    case 'ECONNRESET':
    case 'UND_ERR_SOCKET':
      return 'the connection broke off.'
    default:
      return `${last?.message ?? 'no connection'}.`
  }
}

/** The error and what caused it, outermost first; a loop or a very long chain is cut. */
function causes(error: unknown): readonly Error[] {
  const chain: Error[] = []
  let next: unknown = error
  while (next instanceof Error && chain.length < 8) {
    chain.push(next)
    next = next instanceof AggregateError ? (next.errors[0] as unknown) : next.cause
  }
  return chain
}

function codeOf(error: Error): string | undefined {
  const { code } = error as { code?: unknown }
  return typeof code === 'string' ? code : undefined
}
