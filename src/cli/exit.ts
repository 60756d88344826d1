import { CommuneError, messageOf, type ErrorCode } from '../model/errors.ts'

/** What a program that calls `commune` can rely on (DESIGN §9). */
export const EXIT = {
  done: 0,
  failed: 1,
  usage: 2,
  notPlaced: 3,
  notHealthy: 4,
  timedOut: 5,
  interrupted: 130,
} as const

export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** `diff` answers a question with its exit code, so that its own failures need another one. */
export const DIFF_EXIT = { same: 0, different: 1, failed: 2 } as const

/** `verify` answers a question as well: what runs is what the records say, or it is not. */
export const VERIFY_EXIT = { same: 0, different: 1, failed: 2 } as const

/** The one door from an error to an exit code. */
export function exitCodeOf(error: unknown): ExitCode {
  if (isAbort(error)) return EXIT.interrupted
  return error instanceof CommuneError ? EXIT_OF_CODE[error.code] : EXIT.failed
}

/** The same error for a person: what happened, and what to do next. Never a stack. */
export function formatError(error: unknown): string {
  if (isAbort(error)) return 'Interrupted.'
  if (!(error instanceof CommuneError)) {
    return `commune: ${messageOf(error)}\n  This is probably a bug. COMMUNE_DEBUG=1 shows where it happened.`
  }
  const hint = error.hint === undefined ? '' : `\n  ${error.hint}`
  return `commune: ${error.message}${hint}`
}

const EXIT_OF_CODE: Readonly<Record<ErrorCode, ExitCode>> = {
  usage: EXIT.usage,
  'invalid-input': EXIT.usage,
  'not-found': EXIT.failed,
  conflict: EXIT.failed,
  unauthorized: EXIT.failed,
  forbidden: EXIT.failed,
  'rate-limited': EXIT.failed,
  unreachable: EXIT.failed,
  timeout: EXIT.failed,
  'bad-answer': EXIT.failed,
  unavailable: EXIT.failed,
  engine: EXIT.failed,
  'engine-unreachable': EXIT.failed,
  'image-not-found': EXIT.failed,
  'image-denied': EXIT.failed,
  'registry-unreachable': EXIT.failed,
  'name-taken': EXIT.failed,
  identity: EXIT.failed,
  io: EXIT.failed,
  unsupported: EXIT.failed,
  interrupted: EXIT.interrupted,
  internal: EXIT.failed,
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError'
}
