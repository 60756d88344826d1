import { notParsed, parsed, type Parsed } from './parsed.ts'

/** When a job runs: every list is sorted. Times are UTC. */
export interface Cron {
  readonly minutes: readonly number[]
  readonly hours: readonly number[]
  readonly daysOfMonth: readonly number[]
  readonly months: readonly number[]
  /** 0 is Sunday. */
  readonly daysOfWeek: readonly number[]
  /** True when either of the two day fields suffices: both are restricted (POSIX crontab). */
  readonly eitherDay: boolean
}

interface Field {
  readonly name: string
  readonly min: number
  readonly max: number
  readonly words?: readonly string[]
}

const TEXT_LENGTH_MAX = 256

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
/** Longest each month can be, so that 30 February is found out. */
const MONTH_LENGTHS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const MINUTE: Field = { name: 'minute', min: 0, max: 59 }
const HOUR: Field = { name: 'hour', min: 0, max: 23 }
const DAY_OF_MONTH: Field = { name: 'day of month', min: 1, max: 31 }
const MONTH: Field = { name: 'month', min: 1, max: 12, words: MONTHS }
/** Both 0 and 7 are Sunday. */
const DAY_OF_WEEK: Field = { name: 'day of week', min: 0, max: 7, words: DAYS }

const MACROS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

const EXPECTED =
  'five fields (minute, hour, day of month, month, day of week) such as "*/5 * * * *", or @hourly, @daily, @weekly, @monthly or @yearly'

/**
 * Parses a cron expression of five fields with lists, ranges, steps and English names, or one of the
 * usual macros. An expression that can never come true, such as 30 February, is refused.
 */
export function parseCron(text: string): Parsed<Cron> {
  if (text.length > TEXT_LENGTH_MAX) return notParsed(EXPECTED)
  const trimmed = text.trim()
  const macro = trimmed.toLowerCase()
  const expanded = Object.hasOwn(MACROS, macro) ? (MACROS[macro] ?? trimmed) : trimmed
  const fields = expanded.split(/[ \t]+/)
  if (fields.length !== 5) return notParsed(`${EXPECTED}, not ${fields.length} fields`)
  const [minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = ''] = fields
  const minutes = parseField(minute, MINUTE)
  if (!minutes.ok) return minutes
  const hours = parseField(hour, HOUR)
  if (!hours.ok) return hours
  const daysOfMonth = parseField(dayOfMonth, DAY_OF_MONTH)
  if (!daysOfMonth.ok) return daysOfMonth
  const months = parseField(month, MONTH)
  if (!months.ok) return months
  const daysOfWeek = parseField(dayOfWeek, DAY_OF_WEEK)
  if (!daysOfWeek.ok) return daysOfWeek
  return possible({
    minutes: minutes.value,
    hours: hours.value,
    daysOfMonth: daysOfMonth.value,
    months: months.value,
    daysOfWeek: sorted(daysOfWeek.value.map((day) => day % 7)),
    eitherDay: !dayOfMonth.startsWith('*') && !dayOfWeek.startsWith('*'),
  })
}

function possible(cron: Cron): Parsed<Cron> {
  const first = cron.daysOfMonth[0] ?? 1
  const exists = cron.months.some((month) => first <= (MONTH_LENGTHS[month - 1] ?? 0))
  return exists || cron.eitherDay ? parsed(cron) : notParsed('a day that the month has')
}

function parseField(text: string, field: Field): Parsed<readonly number[]> {
  const values: number[] = []
  for (const item of text.split(',')) {
    const range = parseItem(item, field)
    if (!range.ok) return range
    const { from, to, step } = range.value
    for (let value = from; value <= to; value += step) values.push(value)
  }
  return parsed(sorted(values))
}

interface Range {
  readonly from: number
  readonly to: number
  readonly step: number
}

/** `*`, a step of `*` (every fifth), `3`, `3/5` (from 3 on), `1-5`, `1-5/2`. */
function parseItem(item: string, field: Field): Parsed<Range> {
  const wrong = notParsed(
    `${EXPECTED}; the ${field.name} is from ${field.min} to ${field.max}, not “${item}”`,
  )
  const match = /^(?:(\*)|([0-9]+|[a-z]+)(?:-([0-9]+|[a-z]+))?)(?:\/([0-9]+))?$/i.exec(item)
  if (match === null) return wrong
  const [, star, fromText = '', toText, stepText] = match
  const from = star === undefined ? parseValue(fromText, field) : field.min
  const step = stepText === undefined ? 1 : Number(stepText)
  const openEnd = star !== undefined || (toText === undefined && stepText !== undefined)
  const to = openEnd ? lastOf(field) : toText === undefined ? from : parseValue(toText, field)
  if (from === undefined || to === undefined || from > to) return wrong
  return step < 1 || step > field.max ? wrong : parsed({ from, to, step })
}

/** Sunday must not come twice in `*`. */
function lastOf(field: Field): number {
  return field === DAY_OF_WEEK ? 6 : field.max
}

function parseValue(text: string, field: Field): number | undefined {
  const word = field.words?.indexOf(text.toLowerCase()) ?? -1
  if (word >= 0) return word + field.min
  const value = /^[0-9]{1,2}$/.test(text) ? Number(text) : Number.NaN
  return value >= field.min && value <= field.max ? value : undefined
}

function sorted(values: readonly number[]): readonly number[] {
  return [...new Set(values)].toSorted((a, b) => a - b)
}
