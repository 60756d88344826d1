import { describe, expect, it } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import type { RepoWriter, Write } from '../ports/records.ts'
import { writesOf } from './apply-plan.ts'
import { planSync } from './plan-sync.ts'
import { runSync, type RepoSnapshot, type SyncPorts } from './run-sync.ts'
import { desired, existing, OWNER, planInput, SET } from './sync-fixtures.ts'
import type { ExistingWorkload } from './sync-plan.ts'
import type { WorkloadRecord } from '../model/records.ts'

/** A repo in memory, whose commits are numbers. */
class MemoryRepo implements RepoWriter {
  readonly did = OWNER
  readonly records = new Map<string, ExistingWorkload>()
  readonly commits: (readonly Write[])[] = []
  head = 0
  /** Called before a commit; somebody else may write here. */
  before: () => void = () => {}
  /** Called after a commit; its answer may be lost here. */
  after: () => void = () => {}

  async apply(writes: readonly Write[], options: { swapCommit?: string } = {}) {
    this.before()
    if (options.swapCommit !== String(this.head)) throw new CommuneError('conflict', 'moved')
    this.head += 1
    this.commits.push(writes)
    for (const write of writes) this.#write(write)
    const commit = String(this.head)
    const cids = writes.map((w) => (w.action === 'put' ? `cid-${commit}-${w.rkey}` : undefined))
    this.after()
    return { rev: `rev-${commit}`, commit, cids }
  }

  #write(write: Write): void {
    if (write.action === 'delete') return void this.records.delete(write.rkey)
    const record = write.value as WorkloadRecord
    const set = record.source?.set
    const cid = `cid-${this.head}-${write.rkey}`
    const entry = { name: write.rkey, cid, record, ...(set === undefined ? {} : { set }) }
    this.records.set(write.rkey, entry)
  }

  snapshot(): RepoSnapshot {
    return {
      commit: String(this.head),
      rev: `rev-${this.head}`,
      existing: [...this.records.values()],
    }
  }
}

function ports(repo: MemoryRepo, folder = [desired('hello')]): SyncPorts {
  return {
    writer: repo,
    readSnapshot: async () => repo.snapshot(),
    makePlan: async ({ existing: records }) =>
      planSync(planInput({ desired: folder, existing: records })),
    approve: async () => true,
    signal: new AbortController().signal,
  }
}

describe('runSync', () => {
  it('writes one commit, and nothing the second time', async () => {
    const repo = new MemoryRepo()
    const folder = [desired('a'), desired('b')]
    const first = await runSync(ports(repo, folder))
    expect(first).toMatchObject({ kind: 'applied', rev: 'rev-1', written: ['a', 'b'] })
    expect(repo.commits).toHaveLength(1)

    const second = await runSync(ports(repo, folder))
    expect(repo.commits).toHaveLength(1)
    expect(second).toMatchObject({ kind: 'applied', written: [] })
    expect(second.kind === 'applied' && second.rev).toBeFalsy()
    expect(second.kind === 'applied' && [...second.revisions]).toEqual([
      ['a', 'cid-1-a'],
      ['b', 'cid-1-b'],
    ])
  })

  it('plans again when the repo moved, and loses nothing', async () => {
    const repo = new MemoryRepo()
    repo.before = () => {
      repo.before = () => {}
      repo.head += 1
      repo.records.set('theirs', existing('theirs', {}, 'other'))
    }
    const outcome = await runSync(ports(repo))
    expect(outcome.kind).toBe('applied')
    expect([...repo.records.keys()].toSorted()).toEqual(['hello', 'theirs'])
  })

  it('gives up on a repo that never rests', async () => {
    const repo = new MemoryRepo()
    repo.before = () => {
      repo.head += 1
    }
    await expect(runSync(ports(repo))).rejects.toMatchObject({ code: 'conflict', retry: true })
    expect(repo.commits).toEqual([])
  })

  it.each(['timeout', 'unreachable', 'bad-answer', 'unavailable'] as const)(
    'a commit whose answer is lost (%s) is recognised and not sent again',
    async (code) => {
      const repo = new MemoryRepo()
      repo.records.set('old', existing('old', { user: '7' }))
      repo.after = () => {
        repo.after = () => {}
        throw new CommuneError(code, 'no answer', { retry: true })
      }
      const folder = [desired('a'), desired('b'), desired('c')]
      const makePlan = async ({ existing: records }: RepoSnapshot) =>
        planSync(planInput({ desired: folder, existing: records, prune: true }))
      const outcome = await runSync({ ...ports(repo, folder), makePlan })
      expect(repo.commits).toHaveLength(1)
      expect(outcome).toMatchObject({
        kind: 'applied',
        rev: 'rev-1',
        written: ['a', 'b', 'c', 'old'],
      })
      expect(outcome.plan.items.map(({ name, action }) => `${action} ${name}`)).toEqual([
        'create a',
        'create b',
        'create c',
        'delete old',
      ])
      expect(outcome.kind === 'applied' && outcome.revisions.get('b')).toBe('cid-1-b')
    },
  )

  it('a commit that did not arrive is sent once more, then its failure is told', async () => {
    const repo = new MemoryRepo()
    let tries = 0
    repo.before = () => {
      tries += 1
      if (tries === 1) throw new CommuneError('timeout', 'no answer', { retry: true })
    }
    expect(await runSync(ports(repo))).toMatchObject({ kind: 'applied', written: ['hello'] })
    expect(repo.commits).toHaveLength(1)

    const dead = new MemoryRepo()
    dead.before = () => {
      throw new CommuneError('timeout', 'no answer', { retry: true })
    }
    await expect(runSync(ports(dead))).rejects.toMatchObject({ code: 'timeout' })
  })

  it('says how far it came when the credentials expire half-way, and goes on from there', async () => {
    const repo = new MemoryRepo()
    const folder = Array.from({ length: 450 }, (_, index) => desired(`w${index}`))
    repo.after = () => {
      repo.before = () => {
        throw new CommuneError('unauthorized', 'The login has ended.')
      }
    }
    const told: number[][] = []
    const onIncomplete = (...counts: number[]) => void told.push(counts)
    await expect(runSync({ ...ports(repo, folder), onIncomplete })).rejects.toMatchObject({
      code: 'unauthorized',
    })
    expect(told).toEqual([[200, 450]])
    expect(repo.records.size).toBe(200)

    repo.before = () => {}
    repo.after = () => {}
    const again = await runSync(ports(repo, folder))
    expect(again.kind === 'applied' && again.written).toHaveLength(250)
    expect(repo.records.size).toBe(450)
  })

  it('tells all that was done when it had to plan again between two commits', async () => {
    const repo = new MemoryRepo()
    const folder = Array.from({ length: 250 }, (_, index) => desired(`w${index}`))
    repo.after = () => {
      repo.after = () => {}
      repo.head += 1
      repo.records.set('theirs', existing('theirs', {}, 'other'))
    }
    const outcome = await runSync(ports(repo, folder))
    expect(repo.commits.map(({ length }) => length)).toEqual([200, 50])
    expect(outcome.kind === 'applied' && outcome.written).toHaveLength(250)
    expect(outcome.plan.items.filter(({ action }) => action === 'create')).toHaveLength(250)
  })

  it('writes nothing that was not approved', async () => {
    const repo = new MemoryRepo()
    const outcome = await runSync({ ...ports(repo), approve: async () => false })
    expect(outcome.kind).toBe('declined')
    expect(repo.commits).toEqual([])
  })

  it('splits what is too much for one commit, deletions last', async () => {
    const repo = new MemoryRepo()
    repo.records.set('zz', existing('zz'))
    const folder = Array.from({ length: 450 }, (_, index) => desired(`w${index}`))
    const prune = async ({ existing: records }: RepoSnapshot) =>
      planSync(planInput({ desired: folder, existing: records, prune: true, set: SET }))
    const outcome = await runSync({ ...ports(repo, folder), makePlan: prune })
    expect(repo.commits.map((writes) => writes.length)).toEqual([200, 200, 51])
    expect(repo.commits.at(-1)?.at(-1)).toMatchObject({ action: 'delete', rkey: 'zz' })
    expect(outcome.kind === 'applied' && outcome.revisions.size).toBe(450)
  })

  it('writes records with their type', () => {
    const writes = writesOf(planSync(planInput({ desired: [desired('hello')] })))
    expect(writes).toMatchObject([
      { action: 'put', rkey: 'hello', value: { $type: 'commune.scheduler.workload' } },
    ])
  })
})
