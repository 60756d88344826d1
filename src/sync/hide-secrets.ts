import type { WorkloadRecord } from '../model/records.ts'
import { looksSecret } from '../spec/check-env.ts'
import type { FieldChange } from './field-diff.ts'

/** Stands where a value is not shown. */
export const HIDDEN = '(hidden)'

const VARIABLE = 'env.'

/**
 * Records are public, but a plan is also printed into logs of CI and comments on changes, where more
 * people look: what seems to be a secret is only said to have changed.
 */
export function hideVariable(change: FieldChange): FieldChange {
  if (!change.path.startsWith(VARIABLE)) return change
  const name = change.path.slice(VARIABLE.length)
  const values = [change.before, change.after].filter((value) => typeof value === 'string')
  if (!values.some((value) => looksSecret(name, value))) return change
  return {
    path: change.path,
    ...(change.before === undefined ? {} : { before: HIDDEN }),
    ...(change.after === undefined ? {} : { after: HIDDEN }),
    hidden: true,
  }
}

/** The same of a whole record, and of the container that it can go back to. */
export function hideVariables(record: WorkloadRecord): WorkloadRecord {
  const { env, previous } = record
  return {
    ...record,
    ...(env === undefined ? {} : { env: hidden(env) }),
    ...(previous?.env === undefined
      ? {}
      : { previous: { ...previous, env: hidden(previous.env) } }),
  }
}

function hidden(env: NonNullable<WorkloadRecord['env']>): NonNullable<WorkloadRecord['env']> {
  return env.map((one) => (looksSecret(one.name, one.value) ? { ...one, value: HIDDEN } : one))
}
