import { LABELER, READING } from '../command-options.ts'
import { ANSWER_EXITS } from '../command-exits.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What only reads records, and asks machines. */
export const READING_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'get',
    args: ['<kind>', '[name]'],
    summary: 'List workloads, meshlets, members, bids, clusters, proposals or disputes.',
    options: [LABELER, ...READING],
    examples: ['commune get workloads', 'commune get bids hello -o wide', 'commune get members'],
    load: async () => (await import('../commands/get.ts')).runGet,
  },
  {
    name: 'describe',
    args: ['<name>', '[id]'],
    summary: 'Show all that is known about a workload, a proposal or a dispute.',
    options: [LABELER, ...READING],
    examples: [
      'commune describe hello',
      'commune describe proposal k7c2q5',
      'commune describe dispute x4m',
    ],
    load: async () => (await import('../commands/describe.ts')).runDescribe,
  },
  {
    name: 'explain',
    args: ['<name>'],
    summary: 'Tell from public records who runs a workload, who does not, and why.',
    options: READING,
    examples: ['commune explain hello', 'commune explain hello --owner alice.example.org -o json'],
    load: async () => (await import('../commands/explain.ts')).runExplain,
  },
  {
    name: 'trace',
    args: ['<container>'],
    summary: 'Lead from a container, or a workload, to the commit, its author and the file.',
    details:
      'CONTAINER is the name or id of a container of the local engine, or the name of a workload. Who\nchanged the file is asked of the git checkout that is given.',
    options: [
      {
        flags: '--repo PATH',
        description: 'checkout of the repository that it came from',
        default: 'the folder that this is run in',
      },
      ...READING,
    ],
    examples: ['commune trace hello', 'commune trace 3f2a9c01b7de --repo ~/src/infrastructure'],
    load: async () => (await import('../commands/trace.ts')).runTrace,
  },
  {
    name: 'verify',
    args: ['[name]'],
    summary: 'Compute the choice anew from public records, and compare it with what runs.',
    details:
      'The same computation as on every machine. What changed a moment ago may still be under way.',
    exits: ANSWER_EXITS,
    options: [
      {
        flags: '--grace DURATION',
        description: 'how long a difference may last unreported',
        default: '1m',
      },
      ...READING,
    ],
    examples: ['commune verify', 'commune verify hello --owner alice.example.org -o json'],
    load: async () => (await import('../commands/verify.ts')).runVerify,
  },
  {
    name: 'balance',
    args: ['[owner]'],
    summary: 'Show who gave and took how much, computed from public records alone.',
    details:
      'OWNER is a handle or DID: the commune is that of this owner; yours, when absent. Amounts are days\nof the reference machine, and count half as much after a week.',
    exits: ANSWER_EXITS,
    options: [
      { flags: '--at DATE', description: 'the ledger of this closed day; the newest, when absent' },
      { flags: '--explain', description: 'lead from the balance to the records behind it' },
      { flags: '--member WHO', description: 'explain the balance of this member' },
      {
        flags: '--verify',
        description: 'print the exact sums with a hash, and check the balances that bids claim',
      },
      ...READING,
    ],
    examples: [
      'commune balance',
      'commune balance --explain --member bob.example.org',
      'commune balance alice.example.org --verify',
    ],
    load: async () => (await import('../commands/balance.ts')).runBalance,
  },
  {
    name: 'events',
    args: ['<name>'],
    summary: 'Tell what happened to a workload and why, in the order of time.',
    details:
      'From public records, and from what the machines remember. Those that do not answer are said\non stderr. With -o wide or json each event names the records behind it.',
    options: [
      { flags: '-f, --follow', description: 'go on with what happens from now on, until Ctrl-C' },
      { flags: '--since DURATION', description: 'nothing older than this' },
      ...READING,
    ],
    examples: [
      'commune events hello',
      'commune events hello -f',
      'commune events hello --since 1h -o json',
    ],
    load: async () => (await import('../commands/events.ts')).runEvents,
  },
  {
    name: 'top',
    args: ['[name]'],
    summary: 'Show what the replicas use: processor, memory, processes, network.',
    details:
      'NAME is a workload, or the word meshlets for one line a machine. The machines are asked, and\nmeasure when they are; those that do not answer are said on stderr.',
    options: [
      { flags: '-A, --all', description: 'what runs for others there, too' },
      { flags: '-w, --watch', description: 'ask again every two seconds, until Ctrl-C' },
      ...READING,
    ],
    examples: ['commune top', 'commune top hello -w', 'commune top meshlets -o json'],
    load: async () => (await import('../commands/top.ts')).runTop,
  },
  {
    name: 'logs',
    args: ['<name>'],
    summary: 'Show the last log lines of all replicas, in the order of time.',
    details: 'Only the owner of a workload may read them. A replica is called MACHINE#NUMBER.',
    options: [
      {
        flags: '-f, --follow',
        description: 'go on with what is written from now on, until Ctrl-C',
      },
      { flags: '--tail LINES', description: 'how many lines', default: '100' },
      { flags: '--since DURATION', description: 'nothing older than this' },
      { flags: '--no-prefix', description: 'only the lines, without who wrote them' },
      { flags: '--meshlet MESHLET', description: 'only of this machine' },
      { flags: '--replica NUMBER', description: 'only of the replica with this number' },
      ...READING,
    ],
    examples: [
      'commune logs hello',
      'commune logs hello -f --tail 20',
      'commune logs hello --meshlet box --replica 0 --since 5m',
    ],
    load: async () => (await import('../commands/logs.ts')).runLogs,
  },
]
