const UNITS = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'] as const
/** Below it one decimal is shown. */
const DECIMAL_BELOW = 10

/** Measured bytes, to two or three digits: `412Ki`, `1.5Gi`. */
export function formatUse(bytes: number): string {
  let rest = bytes
  let unit = 0
  // A number that would be rounded up to 1024 belongs to the next unit.
  while (Math.round(rest) >= 1024 && unit < UNITS.length - 1) {
    rest /= 1024
    unit += 1
  }
  const decimals = unit > 0 && rest < DECIMAL_BELOW ? 1 : 0
  return `${rest.toFixed(decimals)}${UNITS[unit]}`
}

/** What is used of what there is; a dash is left to the table. */
export function formatUseOf(
  used: number | undefined,
  most: number | undefined,
  format: (amount: number) => string,
): string | undefined {
  if (used === undefined) return undefined
  return most === undefined ? format(used) : `${format(used)} of ${format(most)}`
}
