import type { CommandSpec } from './command-spec.ts'
import { ACCOUNT_COMMANDS } from './tables/account-commands.ts'
import { FOLDER_COMMANDS } from './tables/folder-commands.ts'
import { LOCAL_COMMANDS } from './tables/local-commands.ts'
import { MACHINE_COMMANDS } from './tables/machine-commands.ts'
import { READING_COMMANDS } from './tables/reading-commands.ts'
import { WORK_COMMANDS } from './tables/work-commands.ts'

/** Every command, in the order of the help text: first what one does every day. */
export const COMMANDS: readonly CommandSpec[] = [
  ...FOLDER_COMMANDS,
  ...READING_COMMANDS,
  ...WORK_COMMANDS,
  ...MACHINE_COMMANDS,
  ...ACCOUNT_COMMANDS,
  ...LOCAL_COMMANDS,
]
