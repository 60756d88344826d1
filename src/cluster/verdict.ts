/**
 * What is known of a membership. `no` was positively read; `unknown` means that a repo which could
 * say so has never been read: nothing that depends on it is started or stopped.
 */
export type Verdict = 'yes' | 'no' | 'unknown'

/** True only if all are; one positive no is enough to refuse, whatever else is unknown. */
export function allOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('no')) return 'no'
  return verdicts.includes('unknown') ? 'unknown' : 'yes'
}

/** True if one is; false only if all are positively false. */
export function anyOf(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('yes')) return 'yes'
  return verdicts.includes('unknown') ? 'unknown' : 'no'
}
