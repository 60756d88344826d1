import { createRealDrivers } from '../../src/bin/real-drivers.ts'
import type { Drivers } from '../../src/cli/drivers.ts'
import type { Io } from '../../src/cli/io.ts'
import { runProgram } from '../../src/cli/program.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import type { TestNetwork } from '../../src/dev/test-network.ts'

/** What a command line printed and how it ended. */
export interface CliResult {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
  /** Answers to questions, in order; with them there is a terminal. */
  readonly answers?: readonly string[]
  readonly drivers?: Partial<Drivers>
  /** Called for every piece of narration. */
  readonly onNote?: (text: string) => void
  readonly io?: Partial<Io>
}

/** What CI sets for this account; whatever is remembered goes below `configFolder`. */
export function accountEnv(
  network: Pick<TestNetwork, 'pdsUrl' | 'plcUrl' | 'account'>,
  name: string,
  configFolder: string,
): Readonly<Record<string, string>> {
  const { handle, password } = network.account(name)
  return {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    XDG_CONFIG_HOME: configFolder,
  }
}

/** Runs one command line in this process, with the real drivers and a terminal made of strings. */
export async function runCli(
  args: readonly string[],
  options: CliOptions = {},
): Promise<CliResult> {
  let out = ''
  let err = ''
  const answers = [...(options.answers ?? [])]
  const io: Io = {
    out: (text) => {
      out += text
    },
    note: (text) => {
      err += text
      options.onNote?.(text)
    },
    isInteractive: options.answers !== undefined,
    color: { out: false, note: false },
    env: options.env ?? {},
    signal: options.signal ?? new AbortController().signal,
    clock: systemClock,
    ask: async (question) => {
      err += question
      return answers.shift() ?? ''
    },
    ...options.io,
  }
  const drivers = { ...createRealDrivers(), ...options.drivers }
  const code = await runProgram(args, { io, drivers }, '0.0.0-test')
  return { code, out, err }
}
