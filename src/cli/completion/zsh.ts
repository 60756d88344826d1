import { COMMAND_FAMILIES } from '../command-table.ts'
import {
  commandGrammar,
  firstWords,
  secondWords,
  type CommandGrammar,
  type Offer,
  type OptionGrammar,
} from './grammar.ts'
import { quoteWord } from './quote-word.ts'

/** Completion for zsh, with descriptions. Can be sourced, or lie as _commune on the fpath. */
export function renderZsh(): string {
  const families = Object.keys(COMMAND_FAMILIES)
  return `#compdef commune
# Completion of commune for zsh. In ~/.zshrc, after compinit: source <(commune completion zsh)
_commune_names() {
  local -a names
  names=(\${(f)"$(commune completion --names "$1" 2>/dev/null)"})
  compadd -a names
}
_commune() {
  local -a choices
  local command="\${words[2]}"
  if (( CURRENT == 2 )); then
    choices=(
${firstWords().map(choice).join('\n')}
    )
    _describe -t commands command choices
    return
  fi
  case "$command" in
${families.map(familyCase).join('\n')}
    *) shift words; (( CURRENT -= 1 )) ;;
  esac
  case "$command" in
${commandGrammar().map(commandCase).join('\n')}
  esac
}
if [[ "\${funcstack[1]}" == _commune ]]; then _commune "$@"; else compdef _commune commune; fi
`
}

function choice([word, summary]: readonly [string, string]): string {
  return `      ${quoteWord(`${word}:${summary}`)}`
}

function familyCase(family: string): string {
  return `    ${quoteWord(family)})
      if (( CURRENT == 3 )); then
        choices=(
${secondWords(family).map(choice).join('\n')}
        )
        _describe -t commands command choices
        return
      fi
      command="$command \${words[3]}"; shift 2 words; (( CURRENT -= 2 )) ;;`
}

function commandCase({ words, options, args }: CommandGrammar): string {
  const specs = [
    ...options.map(optionSpec),
    ...args.map(({ word, offer, isRepeated }, index) => {
      const place = isRepeated ? '*' : String(index + 1)
      return quoteWord(`${place}:${escapeText(word)}:${actionOf(offer)}`)
    }),
  ]
  const lines = specs.map((spec) => `        ${spec}`).join(' \\\n')
  return `    ${quoteWord(words.join(' '))})\n      _arguments -s -S \\\n${lines} ;;`
}

function optionSpec({ names, description, value }: OptionGrammar): string {
  const rest = value === undefined ? '' : `:${escapeText(value.word)}:${actionOf(value.offer)}`
  const text = quoteWord(`[${escapeText(description)}]${rest}`)
  // Each form excludes the others once one of them is given.
  return names.length === 1
    ? `${quoteWord(names[0] ?? '')}${text}`
    : `${quoteWord(`(${names.join(' ')})`)}{${names.join(',')}}${text}`
}

/** What has a meaning in a specification of _arguments. */
function escapeText(text: string): string {
  return text.replaceAll(/[[\]:\\]/g, String.raw`\$&`)
}

function actionOf(offer: Offer): string {
  switch (offer.kind) {
    case 'nothing':
      return ' '
    case 'files':
      return '_files'
    case 'folders':
      return '_files -/'
    case 'names':
      return `_commune_names ${offer.of}`
    case 'words':
      return `(${offer.words.map((word) => word.replaceAll(' ', String.raw`\ `)).join(' ')})`
  }
}
