import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { mkdtemp, rm } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readRepos } from '../../src/atproto/feed-snapshot.ts'
import { createIdentity } from '../../src/atproto/identity.ts'
import { openSession, type Session } from '../../src/atproto/session.ts'
import { listOwnRecords } from '../../src/cli/list-own-records.ts'
import { systemClock } from '../../src/cli/system-clock.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import { readFolder } from '../../src/spec/read-folder.ts'
import { runCli } from '../../test/cli/run-cli.ts'
import { alternate, timed } from '../alternate.ts'
import { atMost, median, resultOf, type Result } from '../result.ts'
import { writeFiles, writeWorkload } from '../thousand-files.ts'

const FILES = 1_000
const CHANGED = 10
const PAGE_RECORDS = 100
/** Where Node tells of every request to a server of this process; the PDS is one. */
const REQUESTS = 'http.server.request.start'

/** The plan of a folder with a thousand files, beside reading the same files and listing the records. */
export async function measure(): Promise<readonly Result[]> {
  await using stack = new AsyncDisposableStack()
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  stack.defer(() => rm(folder, { recursive: true, force: true }))
  const network = stack.use(await startTestNetwork(['alice']))
  const owner = stack.use(await openOwner(network, folder))
  await writeFiles(folder, FILES)
  await owner.commune(0, 'sync', folder)
  // A set that is published already is what most runs find.
  const synced = await owner.calls(() => owner.commune(0, 'sync', folder))
  if (synced.writes > 0) throw new Error(`a sync without a change wrote ${synced.writes} times`)
  const plain = () => timed(() => readAndList(owner.session, folder))
  const unchanged = await alternate(
    { plan: () => timed(() => owner.commune(0, 'diff', folder)), plain },
    { runs: 9, warmUp: 2 },
  )
  for (let index = 0; index < CHANGED; index++)
    await writeWorkload(folder, (index * FILES) / CHANGED, 2)
  const planned = await owner.calls(() => owner.commune(1, 'diff', folder))
  const changed = await alternate(
    {
      plan: () => timed(() => owner.commune(1, 'diff', folder)),
      plain,
      proof: () => timed(() => readWithProof(network, owner.session.did)),
    },
    { runs: 9, warmUp: 1 },
  )
  const more = (median(changed.plain) + median(changed.proof)) / median(changed.plain)
  const name = 'Reading the files, and listing the records a hundred a call'
  const common = { unit: 'ms', targets: [atMost('ratio', 1.5)] }
  return [
    resultOf({
      ...common,
      id: 'sync-thousand',
      name: `Plan of ${FILES} files, nothing changed`,
      samples: unchanged.plan,
      baseline: { name, samples: unchanged.plain },
      warm: `${WARM} A whole sync of it reads ${synced.reads} times and writes ${synced.writes} times; ${FILES / PAGE_RECORDS + 1} of them list the records, the last without any.`,
    }),
    resultOf({
      ...common,
      id: 'sync-thousand/ten-changed',
      name: `Plan of ${FILES} files, ${CHANGED} changed`,
      samples: changed.plan,
      baseline: { name, samples: changed.plain },
      warm: `${WARM} It reads ${planned.reads} times and writes ${planned.writes} times.`,
      whenNotMet: `What changes is shown with the machines that will run it, from records that are read with proof; reading what the owner's own repo has of these takes ${Math.round(median(changed.proof))} ms, which together with the listing makes ${more.toFixed(2)} × already.`,
    }),
  ]
}

const WARM = 'Warm: the compiler, the files, the session. The PDS is in this process, for both.'

async function readAndList(session: Session, folder: string): Promise<void> {
  const { workloads } = await readFolder(folder)
  const records = await listOwnRecords(session, COLLECTION.workload, new AbortController().signal)
  if (workloads.length !== FILES || records.length !== FILES)
    throw new Error(`${workloads.length} workloads and ${records.length} records`)
}

/** As a forecast needs it: all but the workloads, proven by the owner's signature. */
async function readWithProof({ plcUrl }: TestNetwork, did: Did): Promise<void> {
  const identity = createIdentity({ plcUrl, allowPrivateAddresses: true })
  using view = await readRepos({
    identity,
    clock: systemClock,
    seed: [did],
    without: COLLECTION.workload,
    allowPrivateAddresses: true,
  })
  if (view.repoState(did) !== 'known') throw new Error('the repo was not read')
}

interface Owner extends AsyncDisposable {
  readonly session: Session
  /** Runs a command in this process with a session that is open already; it has to end with this code. */
  commune(code: number, ...args: readonly string[]): Promise<void>
  /** How often this asks the PDS to read, and to write. */
  calls(act: () => Promise<void>): Promise<{ readonly reads: number; readonly writes: number }>
}

async function openOwner(network: TestNetwork, folder: string): Promise<Owner> {
  const { handle, password } = network.account('alice')
  const session = await openSession({
    service: network.pdsUrl,
    plcUrl: network.plcUrl,
    identifier: handle,
    password,
  })
  const env = {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    XDG_CONFIG_HOME: folder,
  }
  const kept = { ...session, [Symbol.asyncDispose]: async () => undefined }
  return {
    session,
    async commune(code, ...args) {
      const ended = await runCli(args, { env, drivers: { openSession: async () => kept } })
      if (ended.code !== code) throw new Error(`commune ${args.join(' ')}: ${ended.err}`)
    },
    async calls(act) {
      const count = { reads: 0, writes: 0 }
      const note = (message: unknown) => {
        const { request } = message as { readonly request: IncomingMessage }
        if (request.url?.startsWith('/xrpc/'))
          count[request.method === 'GET' ? 'reads' : 'writes'] += 1
      }
      subscribe(REQUESTS, note)
      await act()
      unsubscribe(REQUESTS, note)
      return count
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  }
}
