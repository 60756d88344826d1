const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
] as const

/** How long ago that was: `12s`, `5m`, `3h`, `8d`. A time in the future is `0s`. */
export function formatAge(time: string | undefined, nowMs: number): string | undefined {
  if (time === undefined) return undefined
  const then = Date.parse(time)
  if (Number.isNaN(then)) return undefined
  const ago = Math.max(0, nowMs - then)
  // Two minutes are more telling as 120s, two days as 48h: the next unit starts at twice its size.
  const [name, size] = UNITS.find(([, unit]) => ago >= 2 * unit) ?? (['s', 1000] as const)
  return `${Math.floor(ago / size)}${name}`
}
