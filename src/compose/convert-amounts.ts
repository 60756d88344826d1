import { parseDuration } from '../model/duration.ts'
import { formatBytes, formatCpu } from '../model/quantity.ts'
import { textOf, type ComposeValue } from './compose-value.ts'

const BYTES = /^(\d+(?:\.\d+)?) ?([bkmgt]?)(?:i?b)?$/i
const BINARY: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
}

/** `512m`, `1gb`: Compose counts in powers of 1024. As a Kubernetes quantity, or undefined. */
export function convertBytes(value: ComposeValue | undefined): string | undefined {
  const [, number, unit = ''] = BYTES.exec((textOf(value) ?? '').trim()) ?? []
  if (number === undefined) return undefined
  const bytes = Math.ceil(Number(number) * (BINARY[unit.toLowerCase()] ?? 1))
  return bytes > 0 && Number.isSafeInteger(bytes) ? formatBytes(bytes) : undefined
}

/** Cores, as in `0.5`. As a Kubernetes quantity, or undefined. */
export function convertCpus(value: ComposeValue | undefined): string | undefined {
  const cores = Number(textOf(value) ?? Number.NaN)
  const milli = Math.ceil(cores * 1000)
  return cores > 0 && Number.isSafeInteger(milli) ? formatCpu(milli) : undefined
}

/** A duration that means the same in both; undefined for what is none. */
export function convertDuration(value: ComposeValue | undefined): string | undefined {
  const text = (textOf(value) ?? '').trim()
  // Old files leave the unit out and mean seconds.
  const withUnit = /^\d+(?:\.\d+)?$/.test(text) && Number(text) !== 0 ? `${text}s` : text
  return withUnit !== '' && parseDuration(withUnit).ok ? withUnit : undefined
}

/** A whole number that is not negative; undefined for what is none. */
export function convertCount(value: ComposeValue | undefined): number | undefined {
  const text = textOf(value) ?? ''
  return /^\d{1,9}$/.test(text) ? Number(text) : undefined
}
