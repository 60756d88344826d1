import type { WriteAllowance } from '../ports/records.ts'

/**
 * How soon a write has to go out:
 * - `now`: others wait for it, whatever it costs: a bid, a refusal, a suspicion, an answer;
 * - `prompt`: at once as long as there is plenty: a status;
 * - `soon`: with others of its kind, when a few have come together.
 */
export type Urgency = 'now' | 'prompt' | 'soon'

const NOW_MS = 5
const SOON_MS = 400
/** With less than this share of a budget left, what can wait waits for so many milliseconds. */
const STEPS = [
  { shareBelow: 0.1, delayMs: 120_000 },
  { shareBelow: 0.25, delayMs: 30_000 },
  { shareBelow: 0.5, delayMs: 5_000 },
] as const

/** Whether what can wait may go along with what can't. */
export function isPlenty(allowance: WriteAllowance): boolean {
  return shareLeft(allowance) >= STEPS[2].shareBelow
}

/** Milliseconds until a write goes out. What is wanted anew meanwhile takes its place. */
export function writeDelayMs(urgency: Urgency, allowance: WriteAllowance): number {
  if (urgency === 'now') return NOW_MS
  const share = shareLeft(allowance)
  const paced = STEPS.find(({ shareBelow }) => share < shareBelow)?.delayMs ?? NOW_MS
  return urgency === 'soon' ? Math.max(SOON_MS, paced) : paced
}

/** The least share that is left of any of the budgets, 0 to 1. */
function shareLeft({ hour, day }: WriteAllowance): number {
  return Math.min(
    ...[hour, day].flatMap(({ pointsLeft, pointsMax, eventsLeft, eventsMax }) => [
      pointsLeft / pointsMax,
      eventsLeft / eventsMax,
    ]),
  )
}
