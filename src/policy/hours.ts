import { notParsed, parsed, type Parsed } from '../model/parsed.ts'

/** A part of the day, in minutes from midnight; one that ends before it begins goes over midnight. */
export interface Hours {
  readonly fromMinute: number
  readonly toMinute: number
  /** IANA name, such as Europe/Berlin. */
  readonly timeZone: string
}

const MINUTES_PER_DAY = 24 * 60
const TEXT = /^(\d{2}):(\d{2})\s*-\s*(\d{2}):(\d{2})$/
const EXPECTED = 'a part of the day such as 22:00-06:00'

/** `22:00-06:00`; 24:00 is the end of the day. */
export function parseHours(text: string, timeZone: string): Parsed<Hours> {
  const [, ...parts] = TEXT.exec(text) ?? []
  const [fromHour, from, toHour, to] = parts.map(Number)
  if (fromHour === undefined || from === undefined || toHour === undefined || to === undefined)
    return notParsed(EXPECTED)
  const fromMinute = fromHour * 60 + from
  const toMinute = toHour * 60 + to
  if (from > 59 || to > 59 || fromMinute >= MINUTES_PER_DAY || toMinute > MINUTES_PER_DAY)
    return notParsed(`${EXPECTED}; a day has 24 hours of 60 minutes`)
  if (fromMinute === toMinute) return notParsed(`${EXPECTED}; this one is empty`)
  return parsed({ fromMinute, toMinute, timeZone })
}

/** As people write it. */
export function formatHours({ fromMinute, toMinute }: Hours): string {
  return `${formatMinute(fromMinute)}-${formatMinute(toMinute)}`
}

/** Whether the time, in milliseconds since 1970, falls into one of them where they are meant. */
export function isWithin(hours: readonly Hours[], wallMs: number): boolean {
  return hours.some(({ fromMinute, toMinute, timeZone }) => {
    const minute = minuteOfDay(wallMs, timeZone)
    return fromMinute < toMinute
      ? fromMinute <= minute && minute < toMinute
      : fromMinute <= minute || minute < toMinute
  })
}

/** True for names that the runtime’s time zone database knows. */
export function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}

function minuteOfDay(wallMs: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en', {
    timeZone,
    hour: 'numeric',
    minute: 'numeric',
    hourCycle: 'h23',
  }).formatToParts(wallMs)
  const numberOf = (type: string) => Number(parts.find((part) => part.type === type)?.value ?? 0)
  return numberOf('hour') * 60 + numberOf('minute')
}

function formatMinute(minute: number): string {
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(minute / 60))}:${two(minute % 60)}`
}
