import type { Clock } from '../ports/clock.ts'
import type { Pipes } from './pipes.ts'
import type { Problem } from './problem.ts'

/** How large a window is, in characters. It can change at any moment. */
export interface Screen {
  readonly columns: number
  readonly rows: number
}

/** Everything that a command may know of the terminal and the process around it. */
export interface Io {
  /** Absent where there is no process around. */
  readonly pipes?: Pipes
  /** Results. */
  readonly out: (text: string) => void
  /** Narration. */
  readonly note: (text: string) => void
  /** True when a person can be asked. */
  readonly isInteractive: boolean
  /** The terminal that narration goes to; absent when it is none that can be drawn on. */
  readonly screen?: () => Screen
  readonly color: { readonly out: boolean; readonly note: boolean }
  readonly env: Readonly<Record<string, string | undefined>>
  /** Told of what is wrong beside the text, for programs. */
  readonly onProblem?: (problem: Problem) => void
  /** Aborted by Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal
  readonly clock: Clock
  /** Only when `isInteractive`. Resolves to the answer without its newline. */
  readonly ask: (question: string, options?: { readonly hidden?: boolean }) => Promise<string>
}

/** A line of narration that is only of use when something is odd. */
export function debug(io: Io, message: string): void {
  if (isDebug(io.env)) io.note(`debug: ${message}\n`)
}

export function isDebug(env: Io['env']): boolean {
  return env['COMMUNE_DEBUG'] !== undefined && env['COMMUNE_DEBUG'] !== ''
}
