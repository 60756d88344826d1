import { CONNECTION, OUTPUT, READING } from '../command-options.ts'
import { EXEC_EXITS, WAIT_EXITS } from '../command-exits.ts'
import type { CommandSpec, OptionSpec } from '../command-spec.ts'

const ON_MACHINE: readonly OptionSpec[] = [
  { flags: '--meshlet MESHLET', description: 'only on this machine' },
  ...READING,
]

/** What changes published workloads without their files. */
export const WORK_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'delete',
    args: ['<name...>'],
    summary: 'Delete workloads, and so end their containers.',
    details:
      'With --meshlet nothing is deleted: that machine gives its replicas to others, and does not bid\nfor the workload again until resume. As the owner of a machine you may do this with the work of\nothers, too.',
    options: [
      { flags: '-y, --yes', description: 'do not ask' },
      { flags: '--dry-run', description: 'say what would be deleted' },
      { flags: '--meshlet MESHLET', description: 'only from this machine; the workload stays' },
      { flags: '--owner WHO', description: 'with --meshlet: handle or DID of its owner' },
      ...CONNECTION,
    ],
    examples: [
      'commune delete hello',
      'commune delete hello worker --yes',
      'commune delete hello --meshlet box --owner bob.example.org',
    ],
    load: async () => (await import('../commands/delete.ts')).runDelete,
  },
  {
    name: 'exec',
    args: ['<name>', '<command...>'],
    summary: 'Run a command inside of a running replica of your workload.',
    details:
      'Only where the policy of its machine grants it; most grant nobody anything. The command has the\nuser, the environment and the limits of the container, and ends when the connection does. It is\nan event that the machine’s owner sees. Its exit code is that of this program.',
    exits: EXEC_EXITS,
    options: [
      { flags: '-i, --stdin', description: 'pass on what is typed or piped in' },
      { flags: '-t, --tty', description: 'run it in a terminal' },
      { flags: '--meshlet MESHLET', description: 'on this machine' },
      { flags: '--replica NUMBER', description: 'in the replica with this number' },
      ...CONNECTION,
    ],
    examples: [
      'commune exec hello -- ls -l /',
      'commune exec hello -it --meshlet box -- /bin/sh',
      'commune exec hello -i -- /bin/sh < check.sh',
    ],
    load: async () => (await import('../commands/exec.ts')).runExec,
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
  {
    name: 'restart',
    args: ['<name>'],
    summary: 'Start the replicas of a workload again, on each machine one after the other.',
    options: ON_MACHINE,
    examples: ['commune restart hello', 'commune restart hello --meshlet box'],
    load: async () => (await import('../commands/work-order.ts')).runRestart,
  },
  {
    name: 'pause',
    args: ['<name>'],
    summary: 'Stop the replicas of a workload where they are; they keep their places.',
    details:
      'It lasts until resume, also over restarts of the machines. Sync does not end it, and other\nmachines do not step in. What the owner of a machine paused there, she alone lets go on.',
    options: ON_MACHINE,
    examples: ['commune pause hello', 'commune pause hello --meshlet box'],
    load: async () => (await import('../commands/work-order.ts')).runPause,
  },
  {
    name: 'resume',
    args: ['<name>'],
    summary: 'Start again what was paused, and let machines have it that were told to stop.',
    options: ON_MACHINE,
    examples: ['commune resume hello'],
    load: async () => (await import('../commands/work-order.ts')).runResume,
  },
  {
    name: 'stop',
    args: ['<name>'],
    summary: 'End a workload on one machine at once; the next in line takes its place.',
    details:
      'The machine does not bid for it again until resume. As the owner of a machine you may do\nthis with the work of others, too.',
    options: ON_MACHINE,
    examples: [
      'commune stop hello --meshlet box',
      'commune stop hello --owner bob.example.org --meshlet box',
    ],
    load: async () => (await import('../commands/work-order.ts')).runStop,
  },
]
