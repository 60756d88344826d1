/** What a daemon tells its guard; a line of JSON each. Deadlines are milliseconds of the boot clock. */
export type GuardRequest =
  | { readonly id: number; readonly kind: 'hello' }
  | {
      readonly id: number
      readonly kind: 'set'
      readonly uri: string
      readonly deadlineMs: number
    }
  | { readonly id: number; readonly kind: 'clear'; readonly uri: string }

/** What the guard knows after it; the answer to each request. */
export interface GuardAnswer {
  readonly id: number
  readonly pid: number
  readonly deadlines: Readonly<Record<string, number>>
}

/** Names inside the state folder. */
export const GUARD_SOCKET = 'guard.sock'
export const GUARD_PID_FILE = 'guard.pid'

/** Longest line that either side takes: far more than deadlines of all workloads of a machine. */
const LINE_LENGTH_MAX = 1_000_000

/**
 * Cuts a stream into lines and parses each. Throws on what is no JSON or has no end; both sides then
 * hang up.
 */
export function createLineReader(onMessage: (message: unknown) => void): (chunk: string) => void {
  let rest = ''
  return (chunk) => {
    rest += chunk
    if (rest.length > LINE_LENGTH_MAX) throw new Error('a line without an end')
    const lines = rest.split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) onMessage(JSON.parse(line))
  }
}

/** The command line for a guard that knows these deadlines from its first moment on. */
export function deadlineFlags(deadlines: ReadonlyMap<string, number>): string[] {
  return [...deadlines].map(([uri, deadlineMs]) => `--deadline=${deadlineMs} ${uri}`)
}

/** What `deadlineFlags` wrote, as the values of its flag; what makes no sense is left out. */
export function parseDeadlines(values: readonly string[]): ReadonlyMap<string, number> {
  return new Map(
    values.flatMap((value): readonly (readonly [string, number])[] => {
      const end = value.indexOf(' ')
      const deadlineMs = Number(value.slice(0, end))
      return end > 0 && Number.isFinite(deadlineMs) ? [[value.slice(end + 1), deadlineMs]] : []
    }),
  )
}

/** The request that a line holds; undefined when it makes no sense. */
export function parseGuardRequest(message: unknown): GuardRequest | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { id, kind, uri, deadlineMs } = message as Record<string, unknown>
  if (typeof id !== 'number') return undefined
  if (kind === 'hello') return { id, kind }
  if (typeof uri !== 'string') return undefined
  if (kind === 'clear') return { id, kind, uri }
  if (kind !== 'set' || typeof deadlineMs !== 'number' || !Number.isFinite(deadlineMs))
    return undefined
  return { id, kind, uri, deadlineMs }
}

/** The answer that a line holds; undefined when it makes no sense. */
export function parseGuardAnswer(message: unknown): GuardAnswer | undefined {
  if (typeof message !== 'object' || message === null) return undefined
  const { id, pid, deadlines } = message as Record<string, unknown>
  if (typeof id !== 'number' || typeof pid !== 'number') return undefined
  if (typeof deadlines !== 'object' || deadlines === null) return undefined
  const entries = Object.entries(deadlines).filter(
    (entry): entry is [string, number] => typeof entry[1] === 'number',
  )
  return { id, pid, deadlines: Object.fromEntries(entries) }
}
