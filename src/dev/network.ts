import path from 'node:path'
import { CommuneError } from '../model/errors.ts'
import type { Log } from '../ports/log.ts'
import { ensureAccount, planAccounts } from './accounts.ts'
import type { Account, KeptAccount } from './accounts.ts'
import { lockFolder } from './folder-lock.ts'
import { makePrivateFolder, readKept, writeKept } from '../atproto/private-file.ts'
import { startPds } from './pds.ts'
import { startPlc } from './plc.ts'

/** An atproto network of one PDS and one PLC directory, on loopback. */
export interface Network extends AsyncDisposable {
  readonly plcUrl: string
  readonly pdsUrl: string
  /** All accounts of the folder, oldest first: each owner's, with her meshlet's right behind. */
  readonly accounts: readonly Account[]
}

export interface NetworkOptions {
  /** Holds everything; a second start on it finds the same DIDs, passwords and ports. */
  readonly dir: string
  /** Each owner NAME gets the accounts `NAME` and `NAME-mesh`. */
  readonly owners: readonly string[]
  readonly log: Log
  /** Enforces the hosted network's limits on writes. */
  readonly rateLimits?: boolean
}

/**
 * Starts the network. Fails with `conflict` when another instance runs on the folder, `usage` for a
 * name that can't be one, `unavailable` for a port that is taken, `io` for a folder that can't be used.
 */
export async function startNetwork(options: NetworkOptions): Promise<Network> {
  const { dir, log } = options
  const wanted = planAccounts(options.owners)
  await using stack = new AsyncDisposableStack()
  await makePrivateFolder(dir)
  stack.use(lockFolder(dir))
  const plc = stack.use(await startPlc({ dir: path.join(dir, 'plc') }))
  const pds = stack.use(
    await startPds({
      dir: path.join(dir, 'pds'),
      plcUrl: plc.url,
      rateLimits: options.rateLimits ?? false,
    }),
  )
  const accounts = await keepAccounts(path.join(dir, 'accounts.json'), wanted, pds.url)
  log.info('network ready', { plcUrl: plc.url, pdsUrl: pds.url, accounts: accounts.length })
  const running = stack.move()
  return {
    plcUrl: plc.url,
    pdsUrl: pds.url,
    accounts,
    [Symbol.asyncDispose]: () => running.disposeAsync(),
  }
}

async function keepAccounts(
  file: string,
  wanted: readonly KeptAccount[],
  pdsUrl: string,
): Promise<readonly Account[]> {
  const before = await readAccounts(file)
  const fresh = wanted.filter((account) => !before.some((old) => old.name === account.name))
  const all = [...before, ...fresh]
  if (fresh.length > 0) await writeKept(file, all)
  const results = await Promise.allSettled(all.map((account) => ensureAccount(pdsUrl, account)))
  const failed = results.find((result) => result.status === 'rejected')
  if (fresh.length > 0 || failed !== undefined) await writeKept(file, worthKeeping(all, results))
  if (failed !== undefined) throw failed.reason
  return results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []))
}

/** A name that the PDS refused would make every later start fail, so it is forgotten. */
function worthKeeping(
  all: readonly KeptAccount[],
  results: readonly PromiseSettledResult<Account>[],
): readonly KeptAccount[] {
  return all.flatMap((account, index) => {
    const result = results[index]
    if (result?.status === 'fulfilled') return [result.value]
    const refused = result?.reason instanceof CommuneError && result.reason.code === 'invalid-input'
    return refused ? [] : [account]
  })
}

async function readAccounts(file: string): Promise<readonly KeptAccount[]> {
  const kept = (await readKept(file)) ?? []
  const ok =
    Array.isArray(kept) &&
    kept.every(
      (account: Partial<KeptAccount> | null) =>
        typeof account?.name === 'string' &&
        typeof account.handle === 'string' &&
        typeof account.password === 'string',
    )
  if (!ok) throw new CommuneError('io', `${file} is damaged: it is no list of accounts.`)
  return kept as readonly KeptAccount[]
}
