import { IMPORT_EXITS } from '../command-exits.ts'
import type { CommandSpec } from '../command-spec.ts'

/** How one comes to workload files. */
export const START_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'init',
    args: ['[folder]'],
    summary: 'Start a folder of workload files, with an example and what editors and CI need.',
    details:
      'Nothing that is there is overwritten. The file for CI goes to the root of the git repository.',
    options: [
      {
        flags: '--ci CI',
        description: 'also a file for this CI: github, forgejo, gitlab or tangled',
      },
    ],
    examples: ['commune init', 'commune init workloads --ci github'],
    load: async () => (await import('../commands/init.ts')).runInit,
  },
  {
    name: 'import',
    args: ['<file...>'],
    summary: 'Turn Compose files into workload files, and tell what was not carried over.',
    details:
      'Later files go over earlier ones. A folder stands for the Compose files that Compose would take.\nVariables come from the .env beside the first file, never from your shell: records are public.\nThe address of a list of accounts (at://…) is printed as a list of owners for a policy instead.',
    options: [
      {
        flags: '-o, --output DIR',
        description: 'folder for the workload files, or - for standard output',
        default: 'workloads',
      },
      { flags: '--env-file FILE', description: 'variables, instead of .env' },
    ],
    exits: IMPORT_EXITS,
    examples: [
      'commune import compose.yaml',
      'commune import compose.yaml -o -',
      'commune import at://did:plc:…/app.bsky.graph.list/3k… > lists/spam.txt',
    ],
    load: async () => (await import('../commands/import.ts')).runImport,
  },
]
