import { CONNECTION, ERRORS, FOLDER, LAYERS, OUTPUT } from '../command-options.ts'
import { ANSWER_EXITS, WAIT_EXITS } from '../command-exits.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What turns files into desired state. */
export const FOLDER_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'validate',
    args: ['<path...>'],
    summary: 'Check workload files, without any network.',
    options: [OUTPUT, ERRORS, ...LAYERS],
    examples: ['commune validate workloads/', 'commune validate hello.yaml -o json'],
    load: async () => (await import('../commands/validate.ts')).runValidate,
  },
  {
    name: 'render',
    args: ['<path>'],
    summary: 'Print the workloads of a folder with overlay and variables put in.',
    details:
      'Without any network; tags stay tags. What it prints can be synced in place of the folder.',
    options: [OUTPUT, ERRORS, ...LAYERS],
    examples: [
      'commune render workloads/ --overlay production',
      'commune render workloads/ --var tag=1.4 -o json',
    ],
    load: async () => (await import('../commands/render.ts')).runRender,
  },
  {
    name: 'diff',
    args: ['<path>'],
    summary: 'Show what sync would change.',
    exits: ANSWER_EXITS,
    options: [OUTPUT, ERRORS, ...FOLDER, ...CONNECTION],
    examples: ['commune diff workloads/', 'commune diff workloads/ --prune -o json'],
    load: async () => (await import('../commands/diff.ts')).runDiff,
  },
  {
    name: 'sync',
    args: ['[path]'],
    summary: 'Publish a folder of workload files as your desired state.',
    exits: WAIT_EXITS,
    options: [
      OUTPUT,
      ERRORS,
      { flags: '--dry-run', description: 'show the plan and write nothing' },
      ...FOLDER,
      { flags: '-y, --yes', description: 'do not ask before deleting much' },
      { flags: '--watch', description: 'go on, and sync whenever a file changes' },
      { flags: '--git URL', description: 'sync what a git repository holds, instead of a folder' },
      {
        flags: '--branch NAME',
        description: 'with --git: the branch',
        default: 'that of the repository',
      },
      {
        flags: '--path PATH',
        description: 'with --git: the folder inside the repository',
        default: 'its root',
      },
      {
        flags: '--interval DURATION',
        description: 'with --git: go on, and look this often; with --watch: look for drift',
        default: 'once; 5m with --watch',
      },
      {
        flags: '--require-signed',
        description: 'with --git: only commits with a good signature count',
      },
      {
        flags: '--signers FILE',
        description: 'with --git: the SSH signers who count, as git wants them',
      },
      {
        flags: '--allow-rewrites',
        description: 'with --git: also follow a history that was rewritten',
      },
      { flags: '--wait', description: 'wait until exactly this revision runs and is healthy' },
      { flags: '--timeout DURATION', description: 'how long to wait', default: '5m' },
      ...CONNECTION,
    ],
    examples: [
      'commune sync workloads/ --dry-run',
      'commune sync workloads/ --wait --timeout 2m',
      'commune sync workloads/ --prune --yes',
      'commune sync --git https://git.example.org/me/app --path workloads --interval 1m',
    ],
    load: async () => (await import('../commands/sync.ts')).runSyncCommand,
  },
]
