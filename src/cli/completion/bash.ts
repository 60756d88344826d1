import { COMMAND_FAMILIES } from '../command-table.ts'
import {
  commandGrammar,
  firstWords,
  secondWords,
  valueOptions,
  type CommandGrammar,
  type Offer,
} from './grammar.ts'
import { quoteWord } from './quote-word.ts'

/** Completion for bash 3.2 and later, without the package bash-completion. */
export function renderBash(): string {
  const commands = commandGrammar()
  const families = Object.keys(COMMAND_FAMILIES)
  return `# Completion of commune for bash. In ~/.bashrc: source <(commune completion bash)
_commune_offer() {
  local IFS=$'\\n'
  case "$1" in
    files) COMPREPLY=($(compgen -f -- "$2")); compopt -o filenames 2>/dev/null ;;
    folders) COMPREPLY=($(compgen -d -- "$2")); compopt -o filenames 2>/dev/null ;;
    names) IFS=$' \\t\\n'; COMPREPLY=($(compgen -W "$("\${COMP_WORDS[0]}" completion --names "$3" 2>/dev/null)" -- "$2")) ;;
    words) IFS=$' \\t\\n'; COMPREPLY=($(compgen -W "$3" -- "$2")) ;;
  esac
}
_commune() {
  local IFS=$' \\t\\n'
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}"
  local command= count=0 skip= index word
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    if [ -n "$skip" ]; then skip=; continue; fi
    case "$word" in
      ${valueOptions().join('|')}) skip=1; continue ;;
      -*) continue ;;
    esac
    case "$command" in
      '') command="$word" ;;
      ${families.map(quoteWord).join('|')}) command="$command $word" ;;
      *) count=$((count + 1)) ;;
    esac
  done
  if [ -n "$skip" ]; then
    case "$command $previous" in
${commands.flatMap(valueLines).join('\n')}
    esac
    return
  fi
  case "$current" in
    -*)
      case "$command" in
${commands.map(optionLine).join('\n')}
        '') _commune_offer words "$current" '--help --version' ;;
      esac
      return ;;
  esac
  case "$command" in
    '') _commune_offer words "$current" ${quoteWord(
      firstWords()
        .map(([word]) => word)
        .join(' '),
    )} ;;
${families.map(familyLine).join('\n')}
${commands.flatMap(argumentLines).join('\n')}
  esac
}
complete -F _commune commune
`
}

function nameOf({ words }: CommandGrammar): string {
  return words.join(' ')
}

function valueLines(command: CommandGrammar): readonly string[] {
  return command.options.flatMap(({ names, value }) => {
    const offer = value === undefined ? undefined : offerOf(value.offer)
    if (offer === undefined) return []
    const cases = names.map((name) => quoteWord(`${nameOf(command)} ${name}`)).join('|')
    return [`      ${cases}) ${offer} ;;`]
  })
}

function optionLine(command: CommandGrammar): string {
  const names = command.options.flatMap((option) => option.names).join(' ')
  return `        ${quoteWord(nameOf(command))}) _commune_offer words "$current" ${quoteWord(names)} ;;`
}

function familyLine(family: string): string {
  const words = secondWords(family).map(([word]) => word)
  return `    ${quoteWord(family)}) _commune_offer words "$current" ${quoteWord(words.join(' '))} ;;`
}

function argumentLines(command: CommandGrammar): readonly string[] {
  const lines = command.args.flatMap(({ offer, isRepeated }, index) => {
    const shown = offerOf(offer)
    const count = isRepeated ? '*' : String(index)
    return shown === undefined ? [] : [`${count}) ${shown} ;;`]
  })
  if (lines.length === 0) return []
  return [`    ${quoteWord(nameOf(command))}) case "$count" in ${lines.join(' ')} esac ;;`]
}

function offerOf(offer: Offer): string | undefined {
  switch (offer.kind) {
    case 'nothing':
      return undefined
    case 'files':
    case 'folders':
      return `_commune_offer ${offer.kind} "$current"`
    case 'names':
      return `_commune_offer names "$current" ${offer.of}`
    case 'words':
      return `_commune_offer words "$current" ${quoteWord(offer.words.join(' '))}`
  }
}
