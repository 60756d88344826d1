import { CommuneError } from '../model/errors.ts'

/**
 * Why a call got no answer: code `timeout`, `interrupted` (the caller gave up) or `unreachable`.
 * Fetch itself only ever says that it failed, so the causes below it are looked through.
 */
export function connectionError(error: unknown, service: string): CommuneError {
  const chain = causes(error)
  if (chain.some((cause) => cause.name === 'TimeoutError' || codeOf(cause)?.includes('TIMEOUT'))) {
    return new CommuneError('timeout', `${service} does not answer in time.`, {
      retry: true,
      cause: error,
    })
  }
  if (chain.some((cause) => cause.name === 'AbortError')) {
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
