import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ScriptedHost } from '../../test/support/scripted-host.ts'
import { keyOf, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import {
  clusterWrite,
  deletion,
  postWrite,
  workloadWrite,
} from '../../test/support/sample-records.ts'
import { COLLECTION, SYNC_METHOD } from '../model/nsid.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { createRepoSource, REQUESTS_AT_ONCE_MAX } from './repo-walk-source.ts'
import { REPO_QUOTA, type RepoListing, walkRepo, type WalkRepoOptions } from './repo-walk.ts'

const DID = 'did:plc:alice'
const NOW = Date.parse('2026-02-01T00:00:00Z')
const verify = createSignatureVerifier()

describe('walkRepo', () => {
  let host: ScriptedHost
  let repo: ScriptedRepo
  beforeEach(async () => {
    host = await ScriptedHost.start()
    repo = await ScriptedRepo.create(DID)
    host.add(repo)
  })
  afterEach(() => host[Symbol.asyncDispose]())

  const walk = (options: Partial<WalkRepoOptions> = {}) =>
    walkRepo({
      did: DID,
      source: createRepoSource({ pdsUrl: host.url, fetch }),
      signingKey: repo.key.did(),
      verify,
      nowMs: NOW,
      ...options,
    })
  const keys = (listing: RepoListing) => listing.records.map((record) => record.key)

  it('finds an empty repo empty', async () => {
    const listing = await walk()
    expect(listing).toMatchObject({ records: [], truncated: false })
    expect(listing.commit).toEqual({ cid: repo.cid, rev: repo.rev, data: repo.data })
  })

  it('lists exactly our records of a big repo, and reads little of it', async () => {
    const posts = Array.from({ length: 900 }, (_, i) => postWrite(`3k${i}`))
    await repo.write(...posts, clusterWrite('b'), clusterWrite('a'))
    await repo.write({ collection: 'commune.schedulerx.cluster', rkey: 'no', value: {} })
    await repo.write({ collection: 'commune.scheduler.unknown', rkey: 'no', value: {} })
    let blocks = 0
    host.intercept = async (_, query) => {
      blocks += query.getAll('cids').length
      return undefined
    }
    expect(keys(await walk())).toEqual([`${COLLECTION.cluster}/a`, `${COLLECTION.cluster}/b`])
    expect(blocks).toBeLessThan(30)
  })

  it('reads next to nothing of a collection that nobody needs', async () => {
    const workloads = Array.from({ length: 900 }, (_, i) => workloadWrite(`w${i}`))
    await repo.write(...workloads, clusterWrite('a'))
    let blocks = 0
    host.intercept = async (_, query) => {
      blocks += query.getAll('cids').length
      return undefined
    }
    expect(keys(await walk({ without: COLLECTION.workload }))).toEqual([`${COLLECTION.cluster}/a`])
    expect(blocks).toBeLessThan(30)
  })

  it('equals a plain listing of the whole repo, whatever was written', async () => {
    const collection = fc.constantFrom('app.a.b', COLLECTION.bid, COLLECTION.cluster, 'zz.a.b')
    const write = fc.record({ collection, rkey: fc.integer({ min: 0, max: 40 }).map(String) })
    const rounds = fc.array(fc.uniqueArray(write, { selector: (w) => w.collection + w.rkey }))
    await fc.assert(
      fc.asyncProperty(rounds, async (batches) => {
        repo = await ScriptedRepo.create(DID)
        host.add(repo)
        for (const [n, batch] of batches.entries()) {
          if (batch.length > 0) await repo.write(...batch.map((w) => ({ ...w, value: { n } })))
        }
        const all = (await repo.repo.data.leaves()).map((leaf) => [leaf.key, leaf.value.toString()])
        const ours = all.filter(([key]) => key?.startsWith('commune.scheduler.'))
        expect((await walk()).records.map(({ key, cid }) => [key, cid])).toEqual(ours)
        const others = ours.filter(([key]) => !key?.startsWith(`${COLLECTION.bid}/`))
        const without = await walk({ without: COLLECTION.bid })
        expect(without.records.map(({ key, cid }) => [key, cid])).toEqual(others)
      }),
      { seed: 7, numRuns: 25 },
    )
  })

  it('does not fetch again what is known', async () => {
    await repo.write(clusterWrite('a'), clusterWrite('b'))
    const first = await walk()
    await repo.write(clusterWrite('b', 2))
    const asked: string[] = []
    host.intercept = async (_, query) => {
      asked.push(...query.getAll('cids'))
      return undefined
    }
    const known = new Map(
      first.records.map(({ key, cid, bytes }) => [key, { cid, bytes: () => bytes }]),
    )
    const second = await walk({ known: (key) => known.get(key) })
    expect(asked).not.toContain(first.records[0]?.cid)
    expect(asked).toContain(second.records[1]?.cid)
    expect(second.records[0]).toEqual(first.records[0])
  })

  it('starts again when the repo moves on and its blocks vanish', async () => {
    await repo.write(clusterWrite('a'))
    let moved = false
    host.intercept = async (method) => {
      if (method !== SYNC_METHOD.getBlocks || moved) return undefined
      moved = true
      await repo.write(clusterWrite('b'))
      return { status: 400, body: '{"error":"InvalidRequest"}' }
    }
    expect(keys(await walk())).toHaveLength(2)
  })

  it('gives up when blocks never come, and says so', async () => {
    host.intercept = async (method) =>
      method === SYNC_METHOD.getBlocks ? { status: 404, body: 'no such page' } : undefined
    await expect(walk()).rejects.toMatchObject({ code: 'bad-answer' })
  })

  it.each([
    ['another key', async () => ({ signingKey: (await keyOf('mallory')).did() }), 'identity'],
    ['a revision from the future', async () => ({ nowMs: NOW - 90 * 86_400_000 }), 'bad-answer'],
  ])('refuses %s', async (_, change, code) => {
    await repo.write(clusterWrite('a'))
    await expect(walk(await change())).rejects.toMatchObject({ code })
  })

  it('#33 refuses the commit of somebody else', async () => {
    const other = await ScriptedRepo.create('did:plc:mallory')
    host.repos.set(DID, other)
    await expect(walk({ signingKey: other.key.did() })).rejects.toMatchObject({
      code: 'bad-answer',
    })
  })

  it('refuses blocks that do not match their hash', async () => {
    host.intercept = async (method, query) => {
      if (method !== SYNC_METHOD.getBlocks) return undefined
      const honest = await fetchBody(host, query)
      honest[honest.length - 1] = (honest.at(-1) ?? 0) ^ 1
      return { status: 200, body: honest }
    }
    await expect(walk()).rejects.toMatchObject({ code: 'bad-answer' })
  })

  it.each([
    [400, '{"error":"RepoTakendown"}', 'unavailable', 'taken down'],
    [400, '{"error":"RepoDeactivated"}', 'unavailable', 'deactivated'],
    [401, '{"error":"AuthenticationRequired"}', 'bad-answer', '401'],
    [429, '{}', 'rate-limited', 'less often'],
    [500, '<html>oops</html>', 'bad-answer', '500'],
    [200, '<html>hello</html>', 'bad-answer', 'commit'],
    [200, '', 'bad-answer', 'commit'],
    [200, 'x'.repeat(100_000), 'bad-answer', 'too large'],
  ])('explains an answer %i %s', async (status, body, code, text) => {
    host.intercept = async () => ({ status, body })
    const message: unknown = expect.stringContaining(text)
    await expect(walk()).rejects.toMatchObject({ code, message })
  })

  it('explains a host that is not there, and stops when told to', async () => {
    const source = createRepoSource({ pdsUrl: 'http://127.0.0.1:1', fetch })
    await expect(walk({ source })).rejects.toMatchObject({ code: 'unreachable' })
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(walk({ signal })).rejects.toThrow('enough')
  })

  it('gives up on a host that does not answer', async () => {
    host.intercept = () => new Promise(() => {})
    const source = createRepoSource({ pdsUrl: host.url, fetch, timeoutMs: 20 })
    await expect(walk({ source })).rejects.toMatchObject({ code: 'timeout' })
  })

  it('#36 keeps the first records by key when there are too many', async () => {
    const names = Array.from({ length: 60 }, (_, i) => `c${String(i).padStart(2, '0')}`)
    await repo.write(...names.map((name) => clusterWrite(name)))
    const listing = await walk({ quota: { ...REPO_QUOTA, recordsMax: 10 } })
    expect(listing.truncated).toBe(true)
    expect(keys(listing)).toEqual(names.slice(0, 10).map((name) => `${COLLECTION.cluster}/${name}`))
  })

  it('#36 leaves out the bytes of large records, and the last records of a large repo', async () => {
    const large = { $type: COLLECTION.cluster, text: 'x'.repeat(5000) }
    await repo.write(
      clusterWrite('a'),
      { collection: COLLECTION.cluster, rkey: 'b', value: large },
      clusterWrite('c'),
      clusterWrite('d'),
    )
    const one = (await walk()).records[0]?.bytes?.length ?? 0
    const quota = { ...REPO_QUOTA, recordBytesMax: 1000, repoBytesMax: 2 * one }
    const listing = await walk({ quota })
    expect(listing.truncated).toBe(true)
    expect(listing.records.map(({ key, bytes }) => [key.slice(-1), bytes?.length])).toEqual([
      ['a', one],
      ['b', undefined],
      ['c', one],
    ])
  })

  it('reads many records in several requests', async () => {
    const many = Array.from({ length: 130 }, (_, i) => clusterWrite(`c${i}`, i))
    await repo.write(...many)
    await repo.write(deletion(COLLECTION.cluster, 'c7'))
    expect((await walk()).records).toHaveLength(129)
  })

  it('waits for a few answers at the same time, and for no more than that', async () => {
    await repo.write(...Array.from({ length: 400 }, (_, i) => clusterWrite(`c${i}`, i)))
    const cids = new Set((await walk()).records.map(({ cid }) => cid))
    const enough = Promise.withResolvers<void>()
    let open = 0
    let most = 0
    host.intercept = async (_, query) => {
      if (!query.getAll('cids').some((cid) => cids.has(cid))) return undefined
      most = Math.max(most, ++open)
      if (open === REQUESTS_AT_ONCE_MAX) enough.resolve()
      await enough.promise
      open -= 1
      return undefined
    }
    expect((await walk()).records).toHaveLength(400)
    expect(most).toBe(REQUESTS_AT_ONCE_MAX)
  })
})

async function fetchBody(host: ScriptedHost, query: URLSearchParams): Promise<Buffer> {
  const intercept = host.intercept
  host.intercept = undefined
  const response = await fetch(`${host.url}/xrpc/${SYNC_METHOD.getBlocks}?${query.toString()}`)
  const body = Buffer.from(await response.arrayBuffer())
  host.intercept = intercept
  return body
}
