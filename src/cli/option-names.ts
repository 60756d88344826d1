import type { CommandSpec } from './command-spec.ts'

/** The options of a command as they are given, with their dashes. */
export function optionNames({ options }: CommandSpec): readonly string[] {
  return options.flatMap(({ flags }) => flags.match(/(?<![\w-])--?[a-z][\w-]*/g) ?? [])
}
