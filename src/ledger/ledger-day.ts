/** A UTC day, YYYY-MM-DD. The same form sorts as text. */
export type LedgerDay = string

export const DAY_MS = 86_400_000
export const DAY_SECONDS = 86_400

const FORM = /^\d{4}-\d{2}-\d{2}$/

/** The UTC day of a moment, milliseconds since 1970. */
export function dayOf(wallMs: number): LedgerDay {
  return new Date(wallMs).toISOString().slice(0, 10)
}

/** The day whose ledger is used today: the last but one, so that every record of it had a day to come. */
export function closedDayOf(wallMs: number): LedgerDay {
  return dayOf(wallMs - 2 * DAY_MS)
}

/** When the day began, milliseconds since 1970; undefined when the text is no day. */
export function parseDay(text: string): number | undefined {
  if (!FORM.test(text)) return undefined
  const startMs = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(startMs) || dayOf(startMs) !== text ? undefined : startMs
}

/** The day so many days later; earlier with a negative number. */
export function addDays(day: LedgerDay, days: number): LedgerDay {
  return dayOf(Date.parse(`${day}T00:00:00Z`) + days * DAY_MS)
}

/** Days from one day to a later one; negative when it is earlier. */
export function daysBetween(from: LedgerDay, to: LedgerDay): number {
  return (Date.parse(`${to}T00:00:00Z`) - Date.parse(`${from}T00:00:00Z`)) / DAY_MS
}
