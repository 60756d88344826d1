import { CONNECTION, OUTPUT } from '../command-options.ts'
import { WAIT_EXITS } from '../command-exits.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What changes published workloads without their files. */
export const WORK_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'delete',
    args: ['<name...>'],
    summary: 'Delete workloads, and so end their containers.',
    options: [
      { flags: '-y, --yes', description: 'do not ask' },
      { flags: '--dry-run', description: 'say what would be deleted' },
      ...CONNECTION,
    ],
    examples: ['commune delete hello', 'commune delete hello worker --yes'],
    load: async () => (await import('../commands/delete.ts')).runDelete,
  },
  {
    name: 'rebalance',
    args: ['<name...>'],
    summary: 'Open the bidding for workloads anew, so that they may move to better places.',
    details:
      'Nothing stops by itself: what runs stays until the machines that are chosen anew run it.',
    exits: WAIT_EXITS,
    options: [
      OUTPUT,
      { flags: '--dry-run', description: 'show where they run now and write nothing' },
      { flags: '--wait', description: 'wait until they run where they were chosen' },
      { flags: '--timeout DURATION', description: 'how long to wait', default: '5m' },
      ...CONNECTION,
    ],
    examples: ['commune rebalance hello --wait', 'commune rebalance hello worker --dry-run'],
    load: async () => (await import('../commands/rebalance.ts')).runRebalance,
  },
]
