import { hasErrors, type Issue } from '../../spec/issue.ts'
import type { LayerOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { noteIssues, readOptions, requirePath } from '../load-folder.ts'
import { parseOutput, printData } from '../output.ts'
import { problemOfIssue } from '../problem.ts'

interface ValidateOptions extends LayerOptions {
  readonly output?: string
}

/** Reads files and folders and reports all that is wrong with them, together. */
export async function runValidate(
  { io, drivers }: CommandContext,
  paths: readonly string[],
  options: ValidateOptions,
): Promise<number> {
  const format = parseOutput(options.output)
  const folders = []
  for (const path of paths) {
    await requirePath(path)
    folders.push(await drivers.readFolder(path, { ...readOptions(options), signal: io.signal }))
  }
  const issues = folders.flatMap((folder) => folder.issues)
  const workloads = folders.flatMap((folder) => folder.workloads)
  const clusters = folders.flatMap((folder) => folder.clusters)
  const ok = !hasErrors(issues) && workloads.length + clusters.length > 0
  if (format === 'table' || format === 'wide') noteIssues(io, issues)
  else for (const issue of issues) io.onProblem?.(problemOfIssue(issue))
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, {
        ok,
        workloads: workloads.map(({ file, line, record }) => ({ name: record.name, file, line })),
        ...(clusters.length === 0
          ? {}
          : { clusters: clusters.map(({ name, file, line }) => ({ name, file, line })) }),
        issues,
      })
      break
    case 'name':
      io.out(workloads.map(({ record }) => `${record.name}\n`).join(''))
      break
    case 'table':
    case 'wide':
      io.out(
        `${summary({ workloads: workloads.length, clusters: clusters.length }, issues, paths)}\n`,
      )
      break
  }
  return ok ? EXIT.done : EXIT.usage
}

function summary(
  { workloads, clusters }: { readonly workloads: number; readonly clusters: number },
  issues: readonly Issue[],
  paths: readonly string[],
): string {
  const errors = issues.filter(({ severity }) => severity === 'error').length
  const warnings = issues.length - errors
  if (workloads + clusters === 0 && errors === 0)
    return `There is no workload in ${paths.join(', ')}.`
  return [
    `${workloads} valid ${workloads === 1 ? 'workload' : 'workloads'}`,
    ...(clusters === 0 ? [] : [`rules of ${clusters} ${clusters === 1 ? 'cluster' : 'clusters'}`]),
    ...(errors === 0 ? [] : [`${errors} ${errors === 1 ? 'error' : 'errors'}`]),
    ...(warnings === 0 ? [] : [`${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`]),
  ].join(', ')
}
