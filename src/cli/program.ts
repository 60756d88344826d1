import { Command, CommanderError } from 'commander'
import type { CommandContext, CommandSpec } from './command-spec.ts'
import { COMMANDS } from './command-table.ts'
import { EXIT, exitCodeOf, formatError } from './exit.ts'
import { isDebug } from './io.ts'

const ABOUT = 'A declarative, consent-based container orchestrator on AT Protocol.'

const GROUPS: Readonly<Record<string, string>> = {
  meshlet: 'Add or remove a machine of yours.',
}

/** Commands that answer a question with their exit code. */
const ANSWERS: ReadonlySet<string | undefined> = new Set(['diff', 'verify'])

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
  const program = buildProgram(context, version, (result) => {
    code = result
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage
    return report(context, error, argv[0])
  }
}

function report(context: CommandContext, error: unknown, command: string | undefined): number {
  const { io } = context
  io.note(`${formatError(error)}\n`)
  if (isDebug(io.env) && error instanceof Error) io.note(`${error.stack}\n`)
  const code = exitCodeOf(error)
  // A failed comparison must not look like the answer "different".
  return ANSWERS.has(command) && code === EXIT.failed ? EXIT.usage : code
}

function buildProgram(
  context: CommandContext,
  version: string,
  finish: (code: number) => void,
): Command {
  const program = new Command('commune')
    .description(ABOUT)
    .version(version, '-V, --version', 'Print the version.')
    .helpOption('-h, --help', 'Show help.')
    .helpCommand('help [command]', 'Show help for a command.')
    .exitOverride()
    .configureOutput({
      writeOut: context.io.out,
      writeErr: context.io.note,
      outputError: (text, write) => write(text.replace(/^error: /, 'commune: ')),
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .showHelpAfterError('commune --help lists the commands, commune COMMAND --help their options.')
    .addHelpText('after', EPILOGUE)
  const groups = new Map<string, Command>()
  for (const spec of COMMANDS) addCommand(program, groups, spec, context, finish)
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
    .addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  ${line}\n`).join('')}`)
  for (const { flags, description } of spec.options) command.option(angled(flags), description)
  command.action(async (...given: readonly unknown[]) => {
    // Commander hands over the arguments, then the options, then the command itself.
    const args = given
      .slice(0, -2)
      .flat()
      .filter((arg) => arg !== undefined)
    const run = await spec.load()
    finish(await run(context, args as string[], given.at(-2) as never))
  })
}

function groupOf(program: Command, groups: Map<string, Command>, name: string): Command {
  const known = groups.get(name)
  if (known !== undefined) return known
  const group = program.command(name).description(GROUPS[name] ?? name)
  groups.set(name, group)
  return group
}

/** The table says `--set NAME`, as man pages do; commander wants `--set <NAME>`. */
function angled(flags: string): string {
  return flags.replace(/ ([A-Z]+)$/, ' <$1>')
}

const EPILOGUE = `
Environment:
  COMMUNE_SERVICE, COMMUNE_IDENTIFIER, COMMUNE_PASSWORD, COMMUNE_PLC_URL   instead of \`commune login\`
  NO_COLOR                                                               no colours
  COMMUNE_DEBUG                                                          say more

Results go to stdout, everything else to stderr.
`
