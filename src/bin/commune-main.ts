import { readFileSync } from 'node:fs'
import { surviveParserFault } from './parser-fault.ts'
import { createRealDrivers } from './real-drivers.ts'
import { runProgram } from '../cli/program.ts'
import { createTerminal } from '../cli/terminal.ts'

/** Runs the command line of this process, and leaves its exit code to it. */
export async function runCommandLine(): Promise<void> {
  const { version } = JSON.parse(
    readFileSync(new URL('../../package.json', import.meta.url), 'utf8'),
  ) as { version: string }
  surviveParserFault(() => undefined)
  const context = { io: createTerminal(process), drivers: createRealDrivers() }
  // Setting the code rather than exiting lets what was printed reach a slow pipe.
  process.exitCode = await runProgram(process.argv.slice(2), context, version)
}
