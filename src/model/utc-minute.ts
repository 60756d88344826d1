/**
 * A moment as people read it, to the minute: `2026-11-28 23:11 UTC`. Takes ISO 8601 or milliseconds; what
 * is no date that a clock shows, as strangers may write, is given back as it is.
 */
export function utcMinute(moment: string | number): string {
  const date = new Date(moment)
  if (Number.isNaN(date.getTime())) return String(moment)
  return `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`
}
