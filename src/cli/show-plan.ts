import { nameOfCluster } from '../sync/apply-plan.ts'
import { formatPlan } from '../sync/format-plan.ts'
import { planData, type Outcome } from '../sync/plan-data.ts'
import { itemsOf, type SyncPlan } from '../sync/sync-plan.ts'
import type { Io } from './io.ts'
import { printData, type OutputFormat } from './output.ts'
import { problemOfItem } from './problem.ts'

export interface ShowPlanOptions {
  readonly format: OutputFormat
  readonly handle: string
  /** What became of it; absent before it is applied. */
  readonly outcome?: Outcome
}

/** The plan as a result, in the format that was asked for. */
export function showPlan(io: Io, plan: SyncPlan, options: ShowPlanOptions): void {
  const { format } = options
  for (const item of plan.items) {
    const problem = problemOfItem(item)
    if (problem !== undefined) io.onProblem?.(problem)
  }
  switch (format) {
    case 'json':
    case 'yaml':
      return printData(io, format, planData(plan, options.handle, options.outcome))
    case 'name':
      return io.out(
        plan.items
          .filter(({ action }) => action !== 'unchanged' && action !== 'invalid')
          .map(({ name }) => `${name}\n`)
          .join('') +
          (plan.clusters ?? [])
            .filter(({ action }) => action !== 'unchanged')
            .map(({ name }) => `${nameOfCluster(name)}\n`)
            .join(''),
      )
    case 'table':
    case 'wide': {
      const wide = format === 'wide'
      const text = formatPlan(plan, {
        color: io.color.out,
        wide,
        ownerName: options.handle,
        done: options.outcome !== undefined,
      })
      return io.out(`${text}\n`)
    }
  }
}

/** True when something in the folder could not be published. */
export function hasInvalid(plan: SyncPlan): boolean {
  return itemsOf(plan, 'invalid').length > 0
}
