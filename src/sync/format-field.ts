/** A field as a person would write it in the file. */
export interface FieldText {
  readonly path: string
  readonly text: string
}

const LENGTH_MAX = 160

const BYTE_UNITS = [
  ['Ti', 1024 ** 4],
  ['Gi', 1024 ** 3],
  ['Mi', 1024 ** 2],
  ['Ki', 1024],
] as const

const TIME_UNITS = [
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/**
 * Records count in milliseconds, bytes and milli-CPU; files say `5s`, `64Mi` and `250m`. Undefined
 * when there is no value.
 */
export function formatField(path: string, value: unknown): FieldText | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'number') {
    if (path.endsWith('Ms')) return { path: path.slice(0, -2), text: scaled(value, TIME_UNITS, 'ms') }
    if (path.endsWith('Bytes')) return { path: path.slice(0, -5), text: scaled(value, BYTE_UNITS, '') }
    if (path.endsWith('cpuMilli')) return { path: path.slice(0, -5), text: `${value}m` }
  }
  return { path, text: shorten(typeof value === 'string' ? value : JSON.stringify(value)) }
}

function scaled(
  value: number,
  units: readonly (readonly [name: string, size: number])[],
  base: string,
): string {
  const unit = units.find(([, size]) => value !== 0 && value % size === 0)
  return unit === undefined ? `${value}${base}` : `${value / unit[1]}${unit[0]}`
}

/** Control characters would let a record paint the terminal of who looks at it. */
function shorten(text: string): string {
  // oxlint-disable-next-line no-control-regex
  const clean = text.replace(/[\u0000-\u001F\u007F-\u009F]/g, escapeControl)
  return clean.length <= LENGTH_MAX ? clean : `${clean.slice(0, LENGTH_MAX)}… (${clean.length} characters)`
}

function escapeControl(character: string): string {
  if (character === '\n') return '\\n'
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}
