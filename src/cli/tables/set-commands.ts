import { CONNECTION, OUTPUT } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What concerns a whole set of workload files. */
export const SET_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'set list',
    args: [],
    summary: 'List the sets that published something, and whether they are suspended.',
    options: [OUTPUT, ...CONNECTION],
    examples: ['commune set list', 'commune set list -o json'],
    load: async () => (await import('../commands/set.ts')).runSetList,
  },
  {
    name: 'set suspend',
    args: ['<set>'],
    summary: 'Have no sync publish a set, wherever it runs, until it is resumed.',
    details:
      'What is published stays as it is, and goes on running. diff still shows the difference.',
    options: [{ flags: '--reason TEXT', description: 'why, shown by every sync' }, ...CONNECTION],
    examples: ['commune set suspend home --reason "the database is being moved"'],
    load: async () => (await import('../commands/set.ts')).runSetSuspend,
  },
  {
    name: 'set resume',
    args: ['<set>'],
    summary: 'Let a set be published again.',
    options: CONNECTION,
    examples: ['commune set resume home'],
    load: async () => (await import('../commands/set.ts')).runSetResume,
  },
]
