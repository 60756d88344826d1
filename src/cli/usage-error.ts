import type { CommanderError } from 'commander'
import { CommuneError } from '../model/errors.ts'
import { nearest } from '../spec/suggest.ts'
import { COMMAND_FAMILIES, COMMANDS, findCommand } from './command-table.ts'
import { optionNames } from './option-names.ts'

/**
 * A command line that the parser refused, said in our words: what is wrong, what was probably meant,
 * and the command line that shows or does it. Undefined for what is no error, such as a help text.
 */
export function usageError(
  error: CommanderError,
  argv: readonly string[],
): CommuneError | undefined {
  const command = findCommand(argv)
  const name = command?.name ?? familyOf(argv)
  const called = name === undefined ? 'commune' : `commune ${name}`
  const help = `"${called} --help" shows `
  const [, given = ''] = /'([^']*)'/.exec(error.message) ?? []
  switch (error.code) {
    case 'commander.unknownCommand':
      return failure(
        name === undefined
          ? `There is no command "${given}".`
          : `${name} has no command "${given}".`,
        meant(given, subcommandsOf(name)),
        `${help}the commands.`,
      )
    case 'commander.unknownOption': {
      const known = [...(command === undefined ? [] : optionNames(command)), '--help']
      return failure(
        name === undefined ? `There is no option "${given}".` : `${name} has no option "${given}".`,
        meant(given, known),
        `${help}the options.`,
      )
    }
    case 'commander.missingArgument':
      return failure(
        `${name} needs <${given}>.`,
        `For example:  ${command?.examples[0]}\n  ${help}more.`,
      )
    case 'commander.optionMissingArgument': {
      const [, word = 'a value'] = /<(.*)>/.exec(given) ?? []
      const [option = given] = /--[\w-]+/.exec(given) ?? []
      return failure(`${option} needs ${word} after it.`, `${help}the options.`)
    }
    case 'commander.excessArguments': {
      const [, words = ''] = /got \d+: (.*)\.$/.exec(error.message) ?? []
      const taken = (command?.args ?? []).join(' ') || 'no arguments'
      return failure(`${name} takes ${taken}, not: ${words}`, `${help}more.`)
    }
    default:
      return undefined
  }
}

function failure(message: string, ...hints: readonly (string | undefined)[]): CommuneError {
  const hint = hints.filter((text) => text !== undefined).join(' ')
  return new CommuneError('usage', message, { hint })
}

function meant(given: string, known: readonly string[]): string | undefined {
  const found = nearest(given, known)
  return found === undefined ? undefined : `Did you mean ${found}?`
}

function familyOf([first = '']: readonly string[]): string | undefined {
  return Object.hasOwn(COMMAND_FAMILIES, first) ? first : undefined
}

/** The words that may follow: first words without a family. */
function subcommandsOf(family: string | undefined): readonly string[] {
  const words = COMMANDS.map(({ name }) => name.split(' '))
  const found =
    family === undefined
      ? words.map(([first = '']) => first)
      : words.filter(([first]) => first === family).map(([, second = '']) => second)
  return [...new Set(found)]
}
