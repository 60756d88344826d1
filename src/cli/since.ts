import { parseDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'

/** The moment so long before now, in ISO 8601, as `--since` asks for it. Fails with code `usage`. */
export function parseSince(text: string, nowMs: number): string {
  const parsed = parseDuration(text)
  if (parsed.ok) return new Date(nowMs - parsed.value).toISOString()
  throw new CommuneError('usage', `--since ${text} is not understood: expected ${parsed.expected}.`)
}
