import { isWithin } from './hours.ts'
import type { Policy } from './policy.ts'

/** Hours begin and end with a minute. */
const MINUTE_MS = 60_000

/**
 * Which rules' hours it is at a time, in milliseconds since 1970, as a text that is another one whenever
 * the hours of some rule have begun or ended. Remembers the last answer: time zones are slow to ask.
 */
export function openHoursOf(): (policy: Policy, wallMs: number) => string {
  let last: { policy: Policy; minute: number; text: string } | undefined
  return (policy, wallMs) => {
    const minute = Math.floor(wallMs / MINUTE_MS)
    if (last?.policy !== policy || last.minute !== minute)
      last = { policy, minute, text: openHours(policy, wallMs) }
    return last.text
  }
}

function openHours({ rules }: Policy, wallMs: number): string {
  return rules
    .flatMap(({ terms: { hours = [] } }) => (hours.length === 0 ? [] : isWithin(hours, wallMs)))
    .join()
}
