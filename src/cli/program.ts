import { Command, CommanderError, Option } from 'commander'
import { ANSWER_EXITS } from './command-exits.ts'
import type { CommandContext, CommandSpec, OptionSpec } from './command-spec.ts'
import { COMMAND_FAMILIES, COMMAND_GROUPS, findCommand } from './command-table.ts'
import { ENVIRONMENT } from './environment.ts'
import { describeOption, formatRows } from './help-text.ts'
import { EXIT, exitCodeOf, formatError } from './exit.ts'
import { isDebug } from './io.ts'
import { reportErrors } from './report-errors.ts'
import { usageError } from './usage-error.ts'

const ABOUT = 'A declarative, consent-based container orchestrator on AT Protocol.'

/**
 * Runs one command line and resolves to its exit code. Never rejects: whatever is thrown below is
 * turned into text and a code here.
 */
export async function runProgram(
  argv: readonly string[],
  context: CommandContext,
  version: string,
): Promise<number> {
  let code: number = EXIT.done
  const asked = findCommand(argv)
  const program = buildProgram(context, version, asked, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    const known = error instanceof CommanderError ? usageError(error, argv) : error
    if (known !== undefined) return report(context, known, asked)
    return (error as CommanderError).exitCode === 0 ? EXIT.done : EXIT.usage
  }
}

function report(context: CommandContext, error: unknown, command: CommandSpec | undefined): number {
  const { io } = context
  io.note(`${formatError(error)}\n`)
  if (isDebug(io.env) && error instanceof Error) io.note(`${error.stack}\n`)
  return exitOf(error, command)
}

/** A failed comparison must not look like the answer "different". */
function exitOf(error: unknown, command: CommandSpec | undefined): number {
  const code = exitCodeOf(error)
  return command?.exits === ANSWER_EXITS && code === EXIT.failed ? EXIT.usage : code
}

/** With only the command that is asked for, if it is one; else with all of them, for help and advice. */
function buildProgram(
  context: CommandContext,
  version: string,
  asked: CommandSpec | undefined,
  finish: (code: number) => void,
): Command {
  const program = new Command('commune')
    .description(ABOUT)
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Show help.')
    .addHelpCommand(
      new Command('help')
        .argument('[command]')
        .description('Show help for a command.')
        .helpGroup(`${COMMAND_GROUPS.at(-1)?.title}:`),
    )
    .configureHelp({ subcommandTerm })
    .exitOverride()
    .configureOutput({
      writeOut: context.io.out,
      writeErr: context.io.note,
      // What is wrong with a command line is said once, together with other errors.
      outputError: () => undefined,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .addHelpText('after', EPILOGUE)
  const groups = new Map<string, Command>()
  for (const { title, commands } of COMMAND_GROUPS) {
    program.commandsGroup(`${title}:`)
    const wanted = asked === undefined ? commands : commands.filter((spec) => spec === asked)
    for (const spec of wanted) addCommand(program, groups, spec, context, finish)
  }
  return program
}

function addCommand(
  program: Command,
  groups: Map<string, Command>,
  spec: CommandSpec,
  context: CommandContext,
  finish: (code: number) => void,
): void {
  const [first = '', second] = spec.name.split(' ')
  const parent = second === undefined ? program : groupOf(program, groups, first)
  const command = parent
    .command([second ?? first, ...spec.args].join(' '))
    .description([spec.summary, spec.details].filter(Boolean).join('\n\n'))
    .summary(spec.summary)
    .addHelpText('after', afterHelp(spec))
  for (const option of spec.options) addOption(command, option)
  command.action(async (...given: readonly unknown[]) => {
    // Commander hands over the arguments, then the options, then the command itself.
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg) => arg !== undefined)
    const run = await spec.load()
    const options = given.at(-2) as never
    const code = await reportErrors(
      context,
      spec,
      options,
      (reporting) => run(reporting, args as string[], options),
      (error) => exitOf(error, spec),
    )
    finish(code)
  })
}

function addOption(command: Command, option: OptionSpec): void {
  const flags = angled(option.flags)
  if (option.repeated !== true) {
    command.option(flags, describeOption(option))
    return
  }
  // Without a start: what was not given stays undefined, so that the environment counts then.
  const gather = (value: string, all: readonly string[] | undefined) => [...(all ?? []), value]
  command.addOption(new Option(flags, describeOption(option)).argParser(gather))
}

/** Without "[options]", which is true of all and leaves less room for what differs. */
function subcommandTerm(command: Command): string {
  const args = command.registeredArguments.map((argument) => {
    const name = `${argument.name()}${argument.variadic ? '...' : ''}`
    return argument.required ? `<${name}>` : `[${name}]`
  })
  return [command.name(), ...args].join(' ')
}

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name)
  if (known !== undefined) return known
  const group = program.command(name).description(COMMAND_FAMILIES[name] ?? name)
  groups.set(name, group)
  return group
}

/** The table says `--set NAME`, as man pages do; commander wants `--set <NAME>`. */
function angled(flags: string): string {
  return flags.replace(/ ([A-Z]+)$/, ' <$1>')
}

function afterHelp({ exits, examples }: CommandSpec): string {
  const codes = exits === undefined ? '' : `\nExit codes:\n${formatRows(Object.entries(exits))}`
  return `${codes}\nExamples:\n${examples.map((line) => `  ${line}\n`).join('')}`
}

const EPILOGUE = `
Environment:
${formatRows(ENVIRONMENT)}
Results go to stdout, everything else to stderr.
commune COMMAND --help shows options, exit codes and examples.
`
