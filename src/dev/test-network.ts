import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { silentLog } from '../ports/log.ts'
import type { Account } from './accounts.ts'
import { startNetwork } from './network.ts'
import type { Network } from './network.ts'

/** A network in a folder of its own, which goes away with it. Start one a test file, in `beforeAll`. */
export interface TestNetwork extends Network {
  readonly dir: string
  account(name: string): Account
}

export async function startTestNetwork(
  owners: readonly string[],
  options: { readonly rateLimits?: boolean } = {},
): Promise<TestNetwork> {
  await using stack = new AsyncDisposableStack()
  const dir = await mkdtemp(path.join(tmpdir(), 'commune-network-'))
  stack.defer(() => rm(dir, { recursive: true, force: true }))
  const network = stack.use(await startNetwork({ dir, owners, log: silentLog, ...options }))
  const running = stack.move()
  return {
    ...network,
    dir,
    account(name) {
      const account = network.accounts.find((candidate) => candidate.name === name)
      if (account === undefined) throw new CommuneError('not-found', `No account ${name}`)
      return account
    },
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}
