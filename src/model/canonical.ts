import { invariant } from './errors.ts'

/**
 * JSON that is the same text for equal values: RFC 8785 for the values that records hold (strings,
 * safe integers, booleans, null, arrays, plain objects). Fields that are undefined are left out.
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value === 'object' && value !== null) return canonicalObject(value)
  if (typeof value === 'number') {
    invariant(Number.isSafeInteger(value), `only integers can be hashed, not ${value}`)
    return String(value === 0 ? 0 : value)
  }
  invariant(
    value === null || typeof value === 'string' || typeof value === 'boolean',
    `a ${typeof value} has no canonical form`,
  )
  return JSON.stringify(value)
}

function canonicalObject(value: object): string {
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => compareText(a, b))
    .map(([name, field]) => `${JSON.stringify(name)}:${canonicalJson(field)}`)
  return `{${fields.join(',')}}`
}

/** Order by UTF-16 code units: the same on every machine, whatever its language. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
