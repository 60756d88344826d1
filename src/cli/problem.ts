import type { ErrorCode } from '../model/errors.ts'
import type { Issue } from '../spec/issue.ts'
import type { PlanItem } from '../sync/sync-plan.ts'

/** Something wrong, as programs read it; schemas/errors.schema.json is what they rely on. */
export interface Problem {
  /** What kind of failure; `invalid-input` for what is wrong in a file. */
  readonly code: ErrorCode
  readonly severity: 'error' | 'warning'
  readonly message: string
  /** What to do next. */
  readonly hint?: string
  readonly workload?: string
  readonly file?: string
  /** From 1, as columns. */
  readonly line?: number
  readonly column?: number
  /** Where in the document, such as `resources.cpu`. */
  readonly path?: string
  /** Completes “expected …”. */
  readonly expected?: string
  /** What to write instead. */
  readonly suggestion?: string
}

/** What is wrong in a file. */
export function problemOfIssue(issue: Issue): Problem {
  const { severity, message, file, line, column, path, expected, suggestion } = issue
  return {
    code: 'invalid-input',
    severity,
    message,
    file,
    line,
    column,
    ...(path === '' ? {} : { path }),
    ...(expected === undefined ? {} : { expected }),
    ...(suggestion === undefined ? {} : { suggestion }),
  }
}

/** Why a workload of a plan is not published; undefined when it is, or when its file was told of. */
export function problemOfItem(item: PlanItem): Problem | undefined {
  const { action, name, file, line, reason } = item
  if (name === '' || (action !== 'invalid' && action !== 'conflict')) return undefined
  return {
    code: action === 'invalid' ? 'invalid-input' : 'conflict',
    severity: 'error',
    message: reason,
    workload: name,
    ...(file === undefined ? {} : { file }),
    ...(line === undefined ? {} : { line }),
  }
}
