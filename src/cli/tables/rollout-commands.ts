import { WAIT_EXITS } from '../command-exits.ts'
import { CONNECTION, OUTPUT, READING } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

const WAIT = [
  { flags: '--wait', description: 'wait until exactly this revision runs and is healthy' },
  { flags: '--timeout DURATION', description: 'how long to wait', default: '5m' },
]

/** How a new container replaces the old one. */
export const ROLLOUT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'rollout status',
    args: ['<name>'],
    summary: 'Show how far the newest revision of a workload has got, replica by replica.',
    exits: WAIT_EXITS,
    options: [...WAIT, ...READING],
    examples: ['commune rollout status hello', 'commune rollout status hello --wait --timeout 2m'],
    load: async () => (await import('../commands/rollout-status.ts')).runRolloutStatus,
  },
  {
    name: 'rollout history',
    args: ['<name>'],
    summary: 'List the containers that were published last, with the commits they came from.',
    options: READING,
    examples: ['commune rollout history hello', 'commune rollout history hello -o json'],
    load: async () => (await import('../commands/rollout-history.ts')).runRolloutHistory,
  },
  {
    name: 'rollout undo',
    args: ['<name>'],
    summary: 'Go back to the last good container, which the published record carries.',
    details:
      'Needs no files, so it works from any machine. Until the files change, sync does not publish\nwhat was undone again, and says so; sync --redo does.',
    exits: WAIT_EXITS,
    options: [
      OUTPUT,
      { flags: '--dry-run', description: 'say what would be undone and write nothing' },
      ...WAIT,
      ...CONNECTION,
    ],
    examples: ['commune rollout undo hello --dry-run', 'commune rollout undo hello --wait'],
    load: async () => (await import('../commands/rollout-undo.ts')).runRolloutUndo,
  },
  {
    name: 'rollout pause',
    args: ['<name>'],
    summary: 'Hold a roll-out where it is; what is missing is started all the same.',
    options: CONNECTION,
    examples: ['commune rollout pause hello'],
    load: async () => (await import('../commands/rollout-pause.ts')).runRolloutPause,
  },
  {
    name: 'rollout resume',
    args: ['<name>'],
    summary: 'Let a roll-out that was held go on.',
    options: CONNECTION,
    examples: ['commune rollout resume hello'],
    load: async () => (await import('../commands/rollout-pause.ts')).runRolloutResume,
  },
]
