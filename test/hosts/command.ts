import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const TIMEOUT_MS = 20_000
const run = promisify(execFile)

/** Runs a program of the system to its end and returns what it printed; fails with what it complained of. */
export async function command(name: string, ...args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await run(name, args, { timeout: TIMEOUT_MS })
    return stdout
  } catch (error) {
    const said = (error as { stderr?: string }).stderr?.trim()
    throw new Error(`${name} ${args.join(' ')}: ${said || String(error)}`, { cause: error })
  }
}
