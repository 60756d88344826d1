import { PLAIN_EXITS, type ExitMeanings } from '../../src/cli/command-exits.ts'
import type { CommandSpec } from '../../src/cli/command-spec.ts'
import { COMMAND_GROUPS } from '../../src/cli/command-table.ts'
import { ENVIRONMENT } from '../../src/cli/environment.ts'

/** The text of docs/cli.md, from the table of commands: no option can be without documentation. */
export function renderCliPage(): string {
  return `${page().join('\n')}\n`
}

function page(): readonly string[] {
  return [
    '<!-- Generated from src/cli/tables by `make generate`; change these files instead. -->',
    '# Commands of `commune`',
    '',
    'Every command, with its options, defaults, exit codes and examples. `commune COMMAND --help` says the same.',
    '',
    ...COMMAND_GROUPS.map(
      ({ title, commands }) =>
        `- **${title}**: ${commands.map(({ name }) => `[${name}](#commune-${anchor(name)})`).join(', ')}`,
    ),
    '',
    'Results go to stdout, everything else to stderr. Without a terminal nothing is asked: the message then names the option that answers.',
    '',
    '## Exit codes',
    '',
    'Unless a command says otherwise:',
    '',
    ...exitTable(PLAIN_EXITS),
    '',
    '## Environment',
    '',
    '| variable | what it is for |',
    '|---|---|',
    ...ENVIRONMENT.map(([name, meaning]) => `| \`${name}\` | ${cell(meaning)} |`),
    ...COMMAND_GROUPS.flatMap(({ title, commands }) => [
      '',
      `## ${title}`,
      ...commands.flatMap(section),
    ]),
  ]
}

function section(command: CommandSpec): readonly string[] {
  const { name, args, summary, details, options, exits, examples } = command
  return [
    '',
    `### commune ${name}`,
    '',
    summary,
    ...(details === undefined ? [] : ['', details.replaceAll('\n', ' ')]),
    '',
    '```sh',
    ['commune', name, ...args, ...(options.length === 0 ? [] : ['[options]'])].join(' '),
    '```',
    ...(options.length === 0 ? [] : optionTable(command)),
    ...(exits === undefined ? [] : ['', ...exitTable(exits)]),
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    '',
    '```sh',
    ...examples,
    '```',
  ]
}

function optionTable({ options }: CommandSpec): readonly string[] {
  return [
    '',
    '| option | what it does | default |',
    '|---|---|---|',
    ...options.map(({ flags, description, default: fallback }) => {
      const shown = fallback === undefined ? '' : `\`${fallback}\``
      return `| \`${flags}\` | ${cell(description)} | ${shown} |`
    }),
  ]
}

function exitTable(exits: ExitMeanings): readonly string[] {
  return [
    '| exit code | meaning |',
    '|---|---|',
    ...Object.entries(exits).map(([code, meaning]) => `| ${code} | ${cell(meaning)} |`),
  ]
}

function anchor(name: string): string {
  return name.replaceAll(' ', '-')
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|')
}
