import type { CommandGroup, CommandSpec } from './command-spec.ts'
import { ACCOUNT_COMMANDS } from './tables/account-commands.ts'
import { FOLDER_COMMANDS } from './tables/folder-commands.ts'
import { GOVERNANCE_COMMANDS } from './tables/governance-commands.ts'
import { LOCAL_COMMANDS } from './tables/local-commands.ts'
import { MACHINE_COMMANDS } from './tables/machine-commands.ts'
import { READING_COMMANDS } from './tables/reading-commands.ts'
import { SEAL_COMMANDS } from './tables/seal-commands.ts'
import { SET_COMMANDS } from './tables/set-commands.ts'
import { ROLLOUT_COMMANDS } from './tables/rollout-commands.ts'
import { START_COMMANDS } from './tables/start-commands.ts'
import { WORK_COMMANDS } from './tables/work-commands.ts'

/** Every command by group, in the order of the help text: first what one does every day. */
export const COMMAND_GROUPS: readonly CommandGroup[] = [
  { title: 'Starting', commands: START_COMMANDS },
  { title: 'Files', commands: [...FOLDER_COMMANDS, ...SET_COMMANDS] },
  { title: 'Looking', commands: READING_COMMANDS },
  {
    title: 'Changing what runs',
    commands: [...WORK_COMMANDS, ...ROLLOUT_COMMANDS, ...SEAL_COMMANDS],
  },
  { title: 'Deciding together', commands: GOVERNANCE_COMMANDS },
  { title: 'Machines', commands: MACHINE_COMMANDS },
  { title: 'Account', commands: ACCOUNT_COMMANDS },
  { title: 'This machine', commands: LOCAL_COMMANDS },
]

export const COMMANDS: readonly CommandSpec[] = COMMAND_GROUPS.flatMap(({ commands }) => commands)

/** What the first word of commands with two words stands for. */
export const COMMAND_FAMILIES: Readonly<Record<string, string>> = {
  rollout: 'Follow, hold or take back how a new container replaces the old one.',
  meshlet: 'Add or remove a machine of yours.',
  seal: 'Encrypt what only the machines of a workload may read.',
  set: 'Suspend and resume the syncing of a set of workload files.',
}

/** The command that a command line asks for, if there is one. */
export function findCommand(argv: readonly string[]): CommandSpec | undefined {
  const [first = '', second = ''] = argv
  return COMMANDS.find(({ name }) => name === first || name === `${first} ${second}`)
}
