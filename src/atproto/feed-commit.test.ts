import { parseCid } from '@atproto/lex'
import { BlockMap, blocksToCarFile, readCar } from '@atproto/repo'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { clusterWrite, deletion, postWrite } from '../../test/support/sample-records.ts'
import { type CommitEvent, keyOf, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'
import { verifyCommitEvent } from './feed-commit.ts'
import { type CommitBody, parseCommitBody } from './feed-frame.ts'
import { layerOf } from './repo-tree-node.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'
import { REPO_QUOTA } from './repo-walk.ts'

const verify = createSignatureVerifier()

describe('verifyCommitEvent', () => {
  let repo: ScriptedRepo
  beforeEach(async () => {
    repo = await ScriptedRepo.create('did:plc:alice')
    const posts = Array.from({ length: 40 }, (_, i) => postWrite(`p${i}`))
    await repo.write(...posts, clusterWrite('a'), clusterWrite('b', 1), clusterWrite('c', 2))
  })

  async function check(event: Partial<CommitEvent>, signer = repo.key.did()) {
    const body = parseCommitBody({ seq: 1, time: '2026-01-01T00:00:00Z', ...event })
    const nowMs = Date.parse('2026-02-01T00:00:00Z')
    const expected = { did: repo.did, signingKey: signer, verify, nowMs, layerOf }
    return verifyCommitEvent(body as CommitBody, expected, REPO_QUOTA, () => undefined)
  }

  const writeAll = () =>
    repo.write(
      clusterWrite('a', 5),
      deletion(COLLECTION.cluster, 'b'),
      clusterWrite('d', 6),
      postWrite('x'),
    )

  it('proves creations, changes and deletions, and passes over what is not ours', async () => {
    const verified = await check(await writeAll())
    expect(verified.commit).toEqual({ cid: repo.cid, rev: repo.rev, data: repo.data })
    expect(verified.put.map((record) => record.key.slice(-1))).toEqual(['a', 'd'])
    expect(verified.remove).toEqual([`${COLLECTION.cluster}/b`])
  })

  it('proves many commits in a row, whatever they touch', async () => {
    for (let i = 0; i < 60; i++) {
      const writes = [clusterWrite(`n${(i * 7) % 20}`, i), postWrite(`q${i}`)]
      const old = `n${(i * 3) % 20}`
      const there = await repo.repo.data.get(`${COLLECTION.cluster}/${old}`)
      if (there && `n${(i * 7) % 20}` !== old) writes.push(deletion(COLLECTION.cluster, old))
      await expect(check(await repo.write(...writes))).resolves.toBeDefined()
    }
  })

  it('proves a commit that changes nothing', async () => {
    const verified = await check(await repo.write())
    expect(verified).toMatchObject({ commit: { data: repo.data }, put: [], remove: [] })
  })

  it.each<[string, (event: CommitEvent) => Partial<CommitEvent>]>([
    ['leaves out an operation', (event) => ({ ops: event.ops.slice(1) })],
    ['leaves out what is not ours', (event) => ({ ops: event.ops.slice(0, -1) })],
    [
      'invents a deletion',
      (event) => ({
        ops: [
          ...event.ops,
          { action: 'delete', path: `${COLLECTION.cluster}/c`, cid: null, prev: anyCid },
        ],
      }),
    ],
    ['names an operation twice', (event) => ({ ops: [...event.ops, ...event.ops] })],
    [
      'changes what a record was before',
      (event) => ({
        ops: event.ops.map((op) => ({ ...op, ...(op.prev && { prev: anyCid }) })),
      }),
    ],
    [
      'changes what a record is',
      (event) => ({
        ops: event.ops.map((op) => ({ ...op, cid: op.cid && anyCid })),
      }),
    ],
    ['claims another predecessor', () => ({ prevData: anyCid })],
    ['claims another revision', (event) => ({ rev: event.since })],
    ['claims another commit', () => ({ commit: anyCid })],
    ['holds nothing', () => ({ blocks: new Uint8Array(0) })],
    ['holds rubbish', () => ({ blocks: new Uint8Array(500).fill(7) })],
    [
      'has a path that is none',
      (event) => ({
        ops: [...event.ops, { action: 'create', path: '../../etc', cid: anyCid }],
      }),
    ],
  ])('refuses an event that %s', async (_, change) => {
    const event = await writeAll()
    const message = { code: 'bad-answer' }
    await expect(check({ ...event, ...change(event) })).rejects.toMatchObject(message)
  })

  it('checks one signature, whatever the number of operations', async () => {
    const event = parseCommitBody({ seq: 1, time: '2026-01-01T00:00:00Z', ...(await writeAll()) })
    const counted = vi.fn<typeof verify>(verify)
    const nowMs = Date.parse('2026-02-01T00:00:00Z')
    const expected = { did: repo.did, signingKey: repo.key.did(), verify: counted, nowMs, layerOf }
    await verifyCommitEvent(event as CommitBody, expected, REPO_QUOTA, () => undefined)
    expect(counted).toHaveBeenCalledOnce()
  })

  it('#33 refuses a signature by anybody else', async () => {
    const mallory = (await keyOf('mallory')).did()
    await expect(check(await writeAll(), mallory)).rejects.toMatchObject({ code: 'identity' })
  })

  it('refuses an event from which a record was taken', async () => {
    const event = await repo.write(clusterWrite('z', 9))
    const { roots, blocks } = await readCar(event.blocks)
    const fewer = new BlockMap(blocks)
    fewer.delete(event.ops[0]?.cid ?? anyCid)
    const taken = { ...event, blocks: await blocksToCarFile(roots[0] ?? null, fewer) }
    await expect(check(taken)).rejects.toMatchObject({ code: 'bad-answer' })
  })

  it('refuses to take the deletion of a record for that of another whose bytes are alike', async () => {
    const path = `${COLLECTION.cluster}/b`
    const event = await repo.write(deletion(COLLECTION.cluster, 'b'))
    const alike = (at: number) =>
      path.slice(0, at) + String.fromCharCode(path.charCodeAt(at) + 0x100) + path.slice(at + 1)
    for (let at = 0; at < path.length; at++) {
      const ops = event.ops.map((op) => ({ ...op, path: alike(at) }))
      await expect(check({ ...event, ops })).rejects.toMatchObject({ code: 'bad-answer' })
    }
  })

  it('refuses bodies that are no commits', () => {
    for (const body of [{}, { repo: 'x' }, { ops: 1 }])
      expect(parseCommitBody(body)).toBeUndefined()
  })
})

const anyCid = parseCid('bafyreih2rwwr6ye4cpn55a7hxwp6a53wk2lwcif5xu3afij7qemhi7vlta')
