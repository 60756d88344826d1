import type { ExitMeanings } from './command-exits.ts'
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
  /** As man pages write them: `-o, --output FORMAT`. The last word says what completes it. */
  readonly flags: string
  readonly description: string
  /** It may be given several times; the command gets a list. */
  readonly repeated?: true
  /** What the command does without the option, for the reader of a help text. */
  readonly default?: string
}

/** One command, as data: the parser, help, completion and docs/cli.md follow from it. */
export interface CommandSpec {
  /** One word, or two for a command of a group. */
  readonly name: string
  /** As commander writes them: `<path>`, `[name]`, `<name...>`. The word says what completes it. */
  readonly args: readonly string[]
  readonly summary: string
  /** What a reader of `--help` should know beyond the summary. */
  readonly details?: string
  readonly options: readonly OptionSpec[]
  /** What its exit codes mean, where that is more than for every command. */
  readonly exits?: ExitMeanings
  readonly examples: readonly string[]
  readonly load: () => Promise<RunCommand<never>>
}

/** Commands that belong together, under a heading of the help text. */
export interface CommandGroup {
  readonly title: string
  readonly commands: readonly CommandSpec[]
}
