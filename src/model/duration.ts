import { notParsed, parsed, type Parsed } from './parsed.ts'

/** Longer texts are refused unread. */
const TEXT_LENGTH_MAX = 64

/** Nanoseconds in each unit of Go's and Compose's durations. */
const UNIT_NANOS: Readonly<Record<string, bigint>> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}

const NANOS_PER_MILLI = 1_000_000n
const WHOLE = /^(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+$/
const PART = /(\d*)\.?(\d*)(ns|us|µs|μs|ms|s|m|h)/g
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)$/

const EXPECTED = 'a duration such as 250ms, 5s, 1.5h or 1h30m'

/**
 * A duration in the syntax of Go and Compose, in whole milliseconds; what is finer is rounded up.
 * A bare number is refused, since nobody can tell its unit; only 0 needs none.
 */
export function parseDuration(value: string | number): Parsed<number> {
  const text = String(value)
  if (text.length > TEXT_LENGTH_MAX) return notParsed(EXPECTED)
  if (NUMBER.test(text)) {
    return Number(text) === 0 ? parsed(0) : notParsed(`${EXPECTED}; a bare number has no unit`)
  }
  if (text.startsWith('-')) return notParsed(`${EXPECTED}, and not a negative one`)
  const unsigned = text.startsWith('+') ? text.slice(1) : text
  if (!WHOLE.test(unsigned)) return notParsed(EXPECTED)
  const nanos = [...unsigned.matchAll(PART)].reduce((sum, part) => sum + partNanos(part), 0n)
  const millis = (nanos + NANOS_PER_MILLI - 1n) / NANOS_PER_MILLI
  if (millis > BigInt(Number.MAX_SAFE_INTEGER)) return notParsed('a shorter duration')
  return parsed(Number(millis))
}

/** Milliseconds as people write them: `250ms`, `5s`, `1h30m`. Only exact, never rounded. */
export function formatDuration(millis: number): string {
  if (millis === 0) return '0s'
  const parts = [
    [Math.floor(millis / 3_600_000), 'h'],
    [Math.floor(millis / 60_000) % 60, 'm'],
    [Math.floor(millis / 1000) % 60, 's'],
    [millis % 1000, 'ms'],
  ] as const
  return parts.map(([count, unit]) => (count === 0 ? '' : `${count}${unit}`)).join('')
}

/** Rounds up to a whole nanosecond, so that parts finer than that are not lost. */
function partNanos([, whole = '', decimals = '', unit = '']: RegExpMatchArray): bigint {
  const scale = 10n ** BigInt(decimals.length)
  return (BigInt(`${whole}${decimals}`) * (UNIT_NANOS[unit] ?? 0n) + scale - 1n) / scale
}
