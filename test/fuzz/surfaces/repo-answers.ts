import fc from 'fast-check'
import { createRepoReader } from '../../../src/atproto/feed-reader.ts'
import { createSignatureVerifier } from '../../../src/atproto/repo-walk-signature.ts'
import type { Did } from '../../../src/model/records.ts'
import { clusterWrite, workloadWrite } from '../../support/sample-records.ts'
import { ScriptedHost } from '../../support/scripted-host.ts'
import { ScriptedRepo } from '../../support/scripted-repo.ts'
import { mutatedBytes } from '../arbitraries/cbor.ts'
import { refusable, type Surface } from '../surface.ts'

const did: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const KEY = 'commune.scheduler.workload/web'
const STATUS = [200, 200, 200, 400, 404, 429, 500] as const

interface Change {
  /** Which request is answered otherwise. */
  readonly at: number
  readonly status: number
  readonly isEmpty: boolean
  /** Applied to what the honest host would answer. */
  readonly seed: number
}

/** What a PDS answers when a repo is read with proof. */
export const repoSurface: Surface = {
  name: 'repo-answers',
  inputs: fc.array(
    fc.record({
      at: fc.nat(5),
      status: fc.constantFrom(...STATUS),
      isEmpty: fc.boolean(),
      seed: fc.nat(),
    }),
    { minLength: 1, maxLength: 2 },
  ),
  open: openHost,
}

async function openHost() {
  const host = await ScriptedHost.start()
  const repo = await ScriptedRepo.create(did)
  await repo.write(
    clusterWrite('home'),
    ...['web', 'db', 'a', 'b', 'c'].map((name) => workloadWrite(name)),
  )
  host.add(repo)
  const at = { did, pdsUrl: host.url, signingKey: repo.key.did() }
  const feed = async (input: unknown) => {
    const changes = input as readonly Change[]
    let asked = 0
    const reader = createRepoReader({
      identity: { resolve: () => Promise.resolve(at) },
      verify: createSignatureVerifier(),
      clock: { wallMs: () => Date.parse('2026-01-02') },
      fetch: async (...request) => {
        const honest = await globalThis.fetch(...request)
        const change = changes.find((one) => one.at === asked)
        asked += 1
        return change === undefined ? honest : changed(honest, change)
      },
    })
    await refusable(() => reader.listing(at, {}))
    asked = 0
    await refusable(() => reader.record(at, KEY))
    asked = 0
    await refusable(() => reader.latestCommit(at))
  }
  return { feed, [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() }
}

/** The same answer, changed in a way that follows from the seed. */
async function changed(honest: Response, { status, isEmpty, seed }: Change): Promise<Response> {
  const bytes = new Uint8Array(await honest.arrayBuffer())
  const [body = bytes] = fc.sample(mutatedBytes(fc.constant(bytes)), { seed, numRuns: 1 })
  return new Response(isEmpty ? null : Uint8Array.from(body), { status, headers: honest.headers })
}
