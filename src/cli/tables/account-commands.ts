import { CONNECTION, OUTPUT } from '../command-options.ts'
import type { CommandSpec } from '../command-spec.ts'

/** Who one is. */
export const ACCOUNT_COMMANDS: readonly CommandSpec[] = [
  {
    name: 'login',
    args: [],
    summary: 'Log in to your PDS and remember the session.',
    details: 'Use an app password. It is read from COMMUNE_PASSWORD or asked for, and not kept.',
    options: CONNECTION,
    examples: ['commune login --service https://pds.example.org --identifier alice.example.org'],
    load: async () => (await import('../commands/login.ts')).runLogin,
  },
  {
    name: 'logout',
    args: [],
    summary: 'Forget the session.',
    options: [],
    examples: ['commune logout'],
    load: async () => (await import('../commands/logout.ts')).runLogout,
  },
  {
    name: 'whoami',
    args: [],
    summary: 'Show which account is in use.',
    options: [OUTPUT, ...CONNECTION],
    examples: ['commune whoami', 'commune whoami -o json'],
    load: async () => (await import('../commands/whoami.ts')).runWhoami,
  },
]
