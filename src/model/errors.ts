/** Every way in which commune can fail, by name. */
export type ErrorCode =
  | 'usage'
  | 'invalid-input'
  | 'not-found'
  | 'conflict'
  | 'unauthorized'
  | 'forbidden'
  | 'rate-limited'
  | 'unreachable'
  | 'timeout'
  | 'bad-answer'
  | 'unavailable'
  | 'engine'
  | 'engine-unreachable'
  | 'image-not-found'
  | 'image-denied'
  | 'registry-unreachable'
  | 'name-taken'
  | 'identity'
  | 'io'
  | 'unsupported'
  | 'interrupted'
  | 'internal'

export interface ErrorDetails {
  /** What to do next: a sentence or a command. */
  readonly hint?: string
  /** True when the same call may succeed later. */
  readonly retry?: boolean
  /** Wait this long before the next try. */
  readonly retryAfterMs?: number
  readonly cause?: unknown
}

/** A failure with a code for programs and a message for people. Never carries a secret. */
export class CommuneError extends Error {
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly retry: boolean
  readonly retryAfterMs: number | undefined

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause })
    this.name = 'CommuneError'
    this.code = code
    this.hint = details.hint
    this.retry = details.retry ?? false
    this.retryAfterMs = details.retryAfterMs
  }
}

/** For what can only be a bug. */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new CommuneError('internal', `This is a bug: ${message}`)
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
