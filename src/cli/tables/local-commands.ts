import { CONNECTION, OUTPUT } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What helps on this machine. */
export const LOCAL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'dev',
    args: [],
    summary: 'Run a whole network for trying things out, on this machine only.',
    details: 'A PDS and a PLC directory on loopback, with an account for each owner and meshlet.',
    options: [
      { flags: '--data DIR', description: 'folder that keeps everything', default: '.commune-dev' },
      { flags: '--members NAMES', description: 'owners, with commas', default: 'alice,bob,carol' },
      { flags: '--meshlets', description: 'also start a meshlet for each owner' },
      {
        flags: '--policy FILE',
        description: 'what these meshlets allow, to whom (default: policy.yaml in the folder)',
      },
      { flags: '--json', description: 'print one line of JSON when ready' },
    ],
    examples: ['commune dev', 'commune dev --members alice,bob --meshlets'],
    load: async () => (await import('../commands/dev.ts')).runDev,
  },
  {
    name: 'doctor',
    args: [],
    summary: 'Check that everything is in place, and say how to mend what is not.',
    options: [OUTPUT, ...CONNECTION],
    examples: ['commune doctor'],
    load: async () => (await import('../commands/doctor.ts')).runDoctor,
  },
  {
    name: 'completion',
    args: ['[shell]'],
    summary: 'Print the script by which bash, zsh or fish complete commands, options and names.',
    details:
      'Names of workloads and machines are asked for while you type, when you are logged in.',
    options: [
      {
        flags: '--names KIND',
        description: 'what the scripts ask: the names of workloads or meshlets',
      },
    ],
    examples: ['commune completion bash', 'commune completion fish'],
    load: async () => (await import('../commands/completion.ts')).runCompletion,
  },
]
