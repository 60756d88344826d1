import { readFileSync } from 'node:fs'
import { surviveParserFault } from './parser-fault.ts'
import { createRealDrivers } from './real-drivers.ts'
import { findCommand } from '../cli/command-table.ts'
import { runProgram } from '../cli/program.ts'
import { createTerminal } from '../cli/terminal.ts'

/**
 * Runs the command line of this process, and leaves its exit code to it. Resolves to the first word of
 * the command that it asked for, if it was one.
 */
export async function runCommandLine(): Promise<string | undefined> {
  const argv = process.argv.slice(2)
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  surviveParserFault(() => undefined)
  const context = { io: createTerminal(process), drivers: createRealDrivers() }
  // Setting the code rather than exiting lets what was printed reach a slow pipe.
  process.exitCode = await runProgram(argv, context, version)
  return findCommand(argv)?.name.split(' ')[0]
}
