import { COMMAND_FAMILIES } from '../command-table.ts'
import {
  commandGrammar,
  firstWords,
  secondWords,
  valueOptions,
  type CommandGrammar,
  type Offer,
} from './grammar.ts'
import { quoteFishWord } from './quote-word.ts'

/** Completion for fish, with descriptions. */
export function renderFish(): string {
  const families = Object.keys(COMMAND_FAMILIES)
  return `# Completion of commune for fish. Once: commune completion fish > ~/.config/fish/completions/commune.fish
function __commune_words
    set -l skip
    for word in (commandline -opc)[2..-1]
        if test -n "$skip"
            set skip
        else if contains -- $word ${valueOptions().join(' ')}
            set skip 1
        else if not string match -q -- '-*' $word
            echo $word
        end
    end
end
# True when the words before the cursor are these, and then as many arguments as the last one says.
function __commune_at
    set -l words (__commune_words)
    set -l wanted $argv[1..-2]
    set -l length (count $wanted)
    test (count $words) -ge $length; or return 1
    if test $length -gt 0
        test "$words[1..$length]" = "$wanted"; or return 1
    end
    test $argv[-1] = '*'; or test (math (count $words) - $length) -eq $argv[-1]
end
function __commune_names
    commune completion --names $argv[1] 2>/dev/null
end
complete -c commune -f
${firstWords()
  .map((entry) => wordLine([], entry))
  .join('\n')}
${families.flatMap((family) => secondWords(family).map((entry) => wordLine([family], entry))).join('\n')}
${commandGrammar().flatMap(commandLines).join('\n')}
`
}

function wordLine(before: readonly string[], [word, summary]: readonly [string, string]): string {
  const at = ['__commune_at', ...before, '0'].join(' ')
  return `complete -c commune -n ${quoteFishWord(at)} -a ${word} -d ${quoteFishWord(summary)}`
}

function commandLines({ words, options, args }: CommandGrammar): readonly string[] {
  const start = (count: string) =>
    `complete -c commune -n ${quoteFishWord(['__commune_at', ...words, quoteFishWord(count)].join(' '))}`
  return [
    ...options.map(({ names, description, value }) => {
      const forms = names.map((name) =>
        name.startsWith('--') ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`,
      )
      const offer = value === undefined ? [] : [valueOf(value.offer)]
      return [start('*'), ...forms, ...offer, '-d', quoteFishWord(description)].join(' ')
    }),
    ...args.flatMap(({ offer, isRepeated }, index) => {
      const shown = argumentOf(offer)
      return shown === undefined ? [] : [`${start(isRepeated ? '*' : String(index))} ${shown}`]
    }),
  ]
}

function valueOf(offer: Offer): string {
  const shown = argumentOf(offer)
  return offer.kind === 'files' || offer.kind === 'folders'
    ? `-r ${shown}`
    : `-x ${shown ?? ''}`.trim()
}

function argumentOf(offer: Offer): string | undefined {
  switch (offer.kind) {
    case 'nothing':
      return undefined
    case 'files':
      return '-F'
    case 'folders':
      return "-a '(__fish_complete_directories)'"
    case 'names':
      return `-a '(__commune_names ${offer.of})'`
    case 'words':
      return `-a ${quoteFishWord(offer.words.join(' '))}`
  }
}
