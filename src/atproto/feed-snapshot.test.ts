import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { clusterWrite, workloadWrite } from '../../test/support/sample-records.ts'
import { ScriptedHost, ScriptedIdentity } from '../../test/support/scripted-host.ts'
import { keyOf, ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { ClusterRecord, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { readRepos } from './feed-snapshot.ts'

const allowPrivateAddresses = true
const clock = { wallMs: () => Date.parse('2026-02-01T00:00:00Z') }

describe('readRepos', () => {
  let host: ScriptedHost
  let identity: ScriptedIdentity
  beforeEach(async () => {
    host = await ScriptedHost.start()
    identity = new ScriptedIdentity()
  })
  afterEach(() => host[Symbol.asyncDispose]())

  async function repoOf(did: Did): Promise<ScriptedRepo> {
    const repo = await ScriptedRepo.create(did)
    host.add(repo)
    identity.set(repo, host)
    return repo
  }

  it('reads what is there and what follows from it, until nothing is new', async () => {
    const chain: Did[] = ['did:plc:member0', 'did:plc:member1', 'did:plc:member2']
    for (const [n, did] of chain.entries()) {
      await (await repoOf(did)).write(clusterWrite('c', n + 1))
    }
    const grow = (view: RecordView) =>
      chain.flatMap((did) =>
        view.list<ClusterRecord>(did, COLLECTION.cluster).flatMap(([, { value }]) => value.members),
      )
    using snapshot = await readRepos({
      identity,
      allowPrivateAddresses,
      clock,
      seed: ['did:plc:member0'],
      grow,
    })
    expect(snapshot.dids).toEqual([...chain, 'did:plc:member3'])
    expect(chain.map((did) => snapshot.repoState(did))).toEqual(['known', 'known', 'known'])
    expect(snapshot.repoState('did:plc:member3')).toBe('unknown')
    expect(snapshot.repoProblem('did:plc:member3')).toContain('does not resolve')
  })

  it('tells what does not count, and what can’t be read', async () => {
    await (await repoOf('did:plc:alice')).write(workloadWrite('hello', 'other'))
    const seed: Did[] = ['did:plc:alice', 'did:plc:bob']
    await repoOf('did:plc:bob')
    host.repos.delete('did:plc:bob')
    using snapshot = await readRepos({ identity, allowPrivateAddresses, clock, seed })
    expect(snapshot.invalid('did:plc:alice')).toMatchObject([{ rkey: 'other' }])
    expect(snapshot.repoProblem('did:plc:alice')).toBeUndefined()
    expect(snapshot.repoProblem('did:plc:bob')).toContain('does not have this repo')
  })

  it('asks for the key again before it doubts a signature', async () => {
    const repo = await repoOf('did:plc:alice')
    await identity.resolve(repo.did)
    repo.key = await keyOf('a new key')
    await repo.write(clusterWrite('a'))
    identity.set(repo, host)
    using snapshot = await readRepos({ identity, allowPrivateAddresses, clock, seed: [repo.did] })
    expect(snapshot.repoState(repo.did)).toBe('known')
    expect(identity.forced).toBe(1)
  })

  it('calls nobody on this machine or in its network unless that is allowed', async () => {
    const repo = await repoOf('did:plc:alice')
    using snapshot = await readRepos({ identity, clock, seed: [repo.did] })
    expect(snapshot.repoState(repo.did)).toBe('unknown')
    expect(host.requests).toEqual([])
  })

  it('ends when it is told to', async () => {
    const repo = await repoOf('did:plc:alice')
    const signal = AbortSignal.abort(new Error('enough'))
    await expect(
      readRepos({ identity, allowPrivateAddresses, clock, seed: [repo.did], signal }),
    ).rejects.toThrow('enough')
  })
})
