import { CI_HOSTS } from '../ci-hosts.ts'
import type { CommandSpec, OptionSpec } from '../command-spec.ts'
import { COMMAND_FAMILIES, COMMANDS } from '../command-table.ts'

/** What a shell offers for an argument or the value of an option. */
export type Offer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'files' }
  | { readonly kind: 'folders' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Asked for when it is needed, by `commune completion --names`. */
  | { readonly kind: 'names'; readonly of: NameKind }

/** What `commune completion --names` knows. */
export const NAME_KINDS = ['workloads', 'meshlets'] as const
export type NameKind = (typeof NAME_KINDS)[number]

export const SHELLS = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof SHELLS)[number]

const NOTHING: Offer = { kind: 'nothing' }
const WORKLOADS: Offer = { kind: 'names', of: 'workloads' }

/** By the word of the table: of arguments in small letters, of options in capitals. */
const OFFERS: Readonly<Record<string, Offer>> = {
  path: { kind: 'files' },
  file: { kind: 'files' },
  folder: { kind: 'folders' },
  name: WORKLOADS,
  meshlet: { kind: 'names', of: 'meshlets' },
  kind: {
    kind: 'words',
    words: ['workloads', 'meshlets', 'members', 'bids', 'clusters', 'proposals', 'disputes'],
  },
  action: { kind: 'words', words: ['admit', 'suspend', 'reinstate', 'expel', 'uphold'] },
  choice: { kind: 'words', words: ['yes', 'no', 'abstain', 'contest', 'concede', 'withdraw'] },
  shell: { kind: 'words', words: SHELLS },
  FORMAT: { kind: 'words', words: ['table', 'wide', 'json', 'yaml', 'name'] },
  CI: { kind: 'words', words: Object.keys(CI_HOSTS) },
  KIND: { kind: 'words', words: NAME_KINDS },
  DIR: { kind: 'folders' },
  FILE: { kind: 'files' },
  MESHLET: { kind: 'names', of: 'meshlets' },
}

export interface OptionGrammar {
  /** With their dashes. */
  readonly names: readonly string[]
  readonly description: string
  /** Absent when the option takes no value. */
  readonly value?: { readonly word: string; readonly offer: Offer }
}

export interface ArgumentGrammar {
  readonly word: string
  readonly offer: Offer
  readonly isRepeated: boolean
}

export interface CommandGrammar {
  /** One word, or two. */
  readonly words: readonly string[]
  readonly summary: string
  readonly options: readonly OptionGrammar[]
  readonly args: readonly ArgumentGrammar[]
}

/** The table of commands as shells need it. */
export function commandGrammar(): readonly CommandGrammar[] {
  return COMMANDS.map((command) => ({
    words: command.name.split(' '),
    summary: command.summary,
    options: [...command.options.map(optionGrammar), HELP],
    args: command.args.map(argumentGrammar),
  }))
}

/** First words, with what they are for: commands, and families of commands. */
export function firstWords(): readonly (readonly [word: string, summary: string])[] {
  const own = COMMANDS.filter(({ name }) => !name.includes(' '))
  return [
    ...own.map(({ name, summary }) => [name, summary] as const),
    ...Object.entries(COMMAND_FAMILIES),
    ['help', 'Show help for a command.'] as const,
  ]
}

/** Second words of a family, with what they are for. */
export function secondWords(family: string): readonly (readonly [word: string, summary: string])[] {
  return COMMANDS.filter(({ name }) => name.startsWith(`${family} `)).map(
    ({ name, summary }) => [name.slice(family.length + 1), summary] as const,
  )
}

/** Every option that takes a value, in any command: what follows it is no argument. */
export function valueOptions(): readonly string[] {
  const names = commandGrammar().flatMap(({ options }) =>
    options.filter(({ value }) => value !== undefined).flatMap((option) => option.names),
  )
  return [...new Set(names)].toSorted()
}

const HELP: OptionGrammar = { names: ['-h', '--help'], description: 'Show help.' }

function optionGrammar({ flags, description }: OptionSpec): OptionGrammar {
  const [, names = '', word] = /^(.*?)(?: ([A-Z]\S*))?$/.exec(flags) ?? []
  const option = { names: names.split(', '), description }
  return word === undefined
    ? option
    : { ...option, value: { word, offer: OFFERS[word] ?? NOTHING } }
}

function argumentGrammar(text: CommandSpec['args'][number]): ArgumentGrammar {
  const word = text.replaceAll(/[<>[\].]/g, '')
  return { word, offer: OFFERS[word] ?? NOTHING, isRepeated: text.includes('...') }
}
