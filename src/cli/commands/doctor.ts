import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { runChecks, type Finding } from '../doctor-checks.ts'
import { EXIT } from '../exit.ts'
import { parseOutput, printData } from '../output.ts'
import { printable } from '../table.ts'

interface DoctorOptions extends ConnectionOptions {
  readonly output?: string
}

/** Checks everything and fails when something is wrong that must be mended. */
export async function runDoctor(
  context: CommandContext,
  _args: readonly string[],
  options: DoctorOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  const nodeVersion = process.version
  const findings = await runChecks({ context, options, nodeVersion })
  if (format === 'json' || format === 'yaml') printData(io, format, findings)
  else io.out(findings.map(formatFinding).join(''))
  return findings.some(({ state }) => state === 'fail') ? EXIT.failed : EXIT.done
}

function formatFinding({ check, state, message, fix }: Finding): string {
  const line = `${state.padEnd(4)}  ${check}: ${printable(message)}\n`
  return fix === undefined ? line : `${line}      ${printable(fix)}\n`
}
