import { formatDuration, parseDuration } from '../model/duration.ts'
import type { Parsed } from '../model/parsed.ts'
import { formatBytes, formatCpu, parseBytes, parseCpuMilli } from '../model/quantity.ts'
import { describeValue } from './describe-schema.ts'
import { finding, type Finding, type Path } from './finding.ts'
import type { SoundParts } from './sound-parts.ts'

const MIB = 1024 ** 2
const HOUR_MS = 3_600_000

/** What Docker and runc accept; less cannot start a container. */
export const MEMORY_BYTES_MIN = 6 * MIB
/** No machine has more; whoever asks for it has mistaken the unit. */
export const MEMORY_BYTES_MAX = 64 * 1024 ** 4
export const STORAGE_BYTES_MAX = 1024 ** 5
export const CPU_MILLI_MAX = 1_024_000
export const BID_WINDOW_MS_MAX = 60_000
const DURATION_MS_MAX = 24 * HOUR_MS
const DEADLINE_MS_MAX = 7 * DURATION_MS_MAX

type Amount = string | number | undefined

const PROBES = ['healthcheck', 'liveness'] as const

/** Quantities and durations: that they parse, and that they make sense. */
export function checkAmounts(document: SoundParts): readonly Finding[] {
  const { resources, update, restart, placement } = document
  return [
    ...checkCpu(resources?.cpu),
    ...checkBytes(['resources', 'memory'], resources?.memory, MEMORY_BYTES_MIN, MEMORY_BYTES_MAX),
    ...checkBytes(['resources', 'storage'], resources?.storage, 1, STORAGE_BYTES_MAX),
    ...(document.volumes ?? []).flatMap((volume, index) =>
      checkBytes(['volumes', index, 'size'], volume?.size, 1, STORAGE_BYTES_MAX),
    ),
    ...PROBES.flatMap((key) => checkProbe(key, document[key])),
    ...checkDuration(
      ['restart', 'backoff', 'initial'],
      restart?.backoff?.initial,
      0,
      DURATION_MS_MAX,
    ),
    ...checkDuration(['restart', 'backoff', 'max'], restart?.backoff?.max, 0, DURATION_MS_MAX),
    ...checkDuration(['update', 'healthyAfter'], update?.healthyAfter, 0, DURATION_MS_MAX),
    ...checkDuration(['update', 'deadline'], update?.deadline, 1, DEADLINE_MS_MAX),
    ...checkDuration(['update', 'before', 'timeout'], update?.before?.timeout, 1, DEADLINE_MS_MAX),
    ...checkDuration(['placement', 'bidWindow'], placement?.bidWindow, 1, BID_WINDOW_MS_MAX),
    ...checkDuration(['stopGracePeriod'], document.stopGracePeriod, 0, DURATION_MS_MAX),
    ...checkOrder(['restart', 'backoff', 'max'], restart?.backoff?.initial, restart?.backoff?.max),
    ...checkOrder(['update', 'deadline'], update?.healthyAfter, update?.deadline),
  ]
}

function checkProbe(
  key: (typeof PROBES)[number],
  probe: SoundParts['healthcheck'],
): readonly Finding[] {
  return [
    ...checkDuration([key, 'interval'], probe?.interval, 1, DURATION_MS_MAX),
    ...checkDuration([key, 'timeout'], probe?.timeout, 1, DURATION_MS_MAX),
    ...checkDuration([key, 'startPeriod'], probe?.startPeriod, 0, DURATION_MS_MAX),
  ]
}

function checkCpu(value: Amount): readonly Finding[] {
  const limits = { min: 1, max: CPU_MILLI_MAX, format: formatCpu }
  return checkAmount(['resources', 'cpu'], value, parseCpuMilli, limits)
}

function checkBytes(path: Path, value: Amount, min: number, max: number): readonly Finding[] {
  const suggestion = value === undefined ? undefined : suggestBytes(value, min)
  return checkAmount(path, value, parseBytes, {
    min,
    max,
    format: formatBytes,
    ...(suggestion === undefined ? {} : { suggestion }),
  })
}

function checkDuration(path: Path, value: Amount, min: number, max: number): readonly Finding[] {
  const isBare = typeof value === 'number' || /^\d+(?:\.\d+)?$/.test(value ?? '')
  return checkAmount(path, value, parseDuration, {
    min,
    max,
    format: formatDuration,
    ...(isBare && Number(value) > 0 ? { suggestion: `${value}s` } : {}),
  })
}

interface Limits {
  readonly min: number
  readonly max: number
  readonly format: (value: number) => string
  readonly suggestion?: string
}

function checkAmount(
  path: Path,
  value: Amount,
  parse: (value: string | number) => Parsed<number>,
  { min, max, format, suggestion }: Limits,
): readonly Finding[] {
  if (value === undefined) return []
  const hint = suggestion === undefined ? {} : { suggestion }
  const amount = parse(value)
  const found = `found ${describeValue(value)}`
  if (!amount.ok) return [finding(path, found, { expected: amount.expected, ...hint })]
  if (amount.value < min) {
    const expected = `at least ${format(min)}`
    return [finding(path, `${found}, which is too little`, { expected, ...hint })]
  }
  if (amount.value <= max) return []
  return [finding(path, `${found}, which is too much`, { expected: `at most ${format(max)}` })]
}

/** `64`, `64m`, `64MB` and `64mb` all mean 64Mi to those who write them. */
function suggestBytes(value: string | number, min: number): string | undefined {
  const match = /^(\d+(?:\.\d+)?) ?([kmgt]?)(?:i?b)?$/i.exec(String(value))
  if (match === null) return undefined
  const [, number = '', unit = ''] = match
  const binary = `${number}${unit === '' ? 'M' : unit.toUpperCase()}i`
  const amount = parseBytes(binary)
  const isMeant = amount.ok && amount.value >= min && amount.value <= MEMORY_BYTES_MAX
  return isMeant ? binary : undefined
}

function checkOrder(path: Path, lower: Amount, upper: Amount): readonly Finding[] {
  if (lower === undefined || upper === undefined) return []
  const low = parseDuration(lower)
  const high = parseDuration(upper)
  if (!low.ok || !high.ok || low.value <= high.value) return []
  return [finding(path, `found ${describeValue(upper)}`, { expected: `at least ${lower}` })]
}
