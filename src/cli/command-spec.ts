import type { Drivers } from './drivers.ts'
import type { Io } from './io.ts'

/** What every command is given. */
export interface CommandContext {
  readonly io: Io
  readonly drivers: Drivers
}

/** The part of a command that is loaded only when it runs. Resolves to the exit code. */
export type RunCommand<Options> = (
  context: CommandContext,
  args: readonly string[],
  options: Options,
) => Promise<number>

export interface OptionSpec {
  /** As commander writes them: `-o, --output FORMAT`. */
  readonly flags: string
  readonly description: string
}

/** One command, as data: the parser, the help texts and the documentation follow from it. */
export interface CommandSpec {
  /** One word, or two for a command of a group. */
  readonly name: string
  /** As commander writes them: `<path>`, `[name]`, `<name...>`. */
  readonly args: readonly string[]
  readonly summary: string
  /** What a reader of `--help` should know beyond the summary. */
  readonly details?: string
  readonly options: readonly OptionSpec[]
  readonly examples: readonly string[]
  readonly load: () => Promise<RunCommand<never>>
}
