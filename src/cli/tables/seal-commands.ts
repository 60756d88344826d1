import { CONNECTION } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** What only certain machines may read. */
export const SEAL_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'seal registry',
    args: ['<host>'],
    summary: 'Let the machines that may run a workload pull its private image.',
    details:
      'The password is read from COMMUNE_REGISTRY_PASSWORD, asked for, or piped in. It is encrypted for\nthe machines that may run the workload now, and published; seal again when there are more. Use a\nlogin that can do nothing but pull: the owners of these machines could read it.',
    options: [
      { flags: '--workload NAME', description: 'the workload; no other can use it' },
      { flags: '--username NAME', description: 'name of the login at the registry' },
      { flags: '--remove', description: 'delete what was sealed' },
      { flags: '--dry-run', description: 'say for whom it would be sealed' },
      ...CONNECTION,
    ],
    examples: [
      'commune seal registry ghcr.io --workload shop --username alice < token.txt',
      'commune seal registry ghcr.io --workload shop --username alice --dry-run',
      'commune seal registry ghcr.io --workload shop --remove',
    ],
    load: async () => (await import('../commands/seal-registry.ts')).runSealRegistry,
  },
]
