import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { containerSpecOf } from '../model/spec-hash.ts'
import { planSync, type DesiredWorkload, type PlanSyncInput } from './plan-sync.ts'
import { DIGEST_1, DIGEST_2, EARLIER, NOW, SET } from './sync-fixtures.ts'
import { desired, draft, existing, planInput } from './sync-fixtures.ts'
import {
  hasDifferences,
  hasWrites,
  itemsOf,
  type ExistingWorkload,
  type PlanItem,
} from './sync-plan.ts'

function plan(changes: Partial<PlanSyncInput>): readonly PlanItem[] {
  return planSync(planInput(changes)).items
}

function only(changes: Partial<PlanSyncInput>): PlanItem {
  const items = plan(changes)
  expect(items).toHaveLength(1)
  return items[0] as PlanItem
}

/** What the repo holds after a plan was applied. */
function after(input: PlanSyncInput): ExistingWorkload[] {
  const { items } = planSync(input)
  const repo = new Map(input.existing.map((entry) => [entry.name, entry]))
  for (const item of items) {
    if (item.action === 'delete') repo.delete(item.name)
    if (item.action !== 'create' && item.action !== 'update') continue
    const { name, record } = item
    repo.set(name, { name, cid: `new-${name}`, record, set: input.set })
  }
  return [...repo.values()]
}

describe('planSync: creating and changing', () => {
  it('creates what is new, with a nonce, its source and the time', () => {
    expect(only({ desired: [desired('hello')] })).toEqual({
      action: 'create',
      name: 'hello',
      file: 'hello.yaml',
      line: 1,
      reason: 'new in this folder',
      consequences: ['starts'],
      record: {
        ...draft('hello'),
        placementNonce: 'nonce-1',
        createdAt: NOW,
        source: {
          contentHash: expect.any(String),
          set: SET,
          repo: 'example.org/alice/app',
          revision: 'abc123',
          dirty: false,
          path: 'hello.yaml',
          line: 1,
        },
      },
    })
  })

  it('leaves alone what differs in its source, time or place in the folder only', () => {
    const moved = { ...desired('hello'), file: 'elsewhere/hello.yaml', line: 7 }
    expect(only({ desired: [moved], existing: [existing('hello')] })).toMatchObject({
      action: 'unchanged',
      file: 'elsewhere/hello.yaml',
    })
  })

  it.each([
    ['image', { image: `registry.example/app:2@${DIGEST_2}` }, ['rolls'], false],
    ['env', { env: [{ name: 'GREETING', value: 'hi' }] }, ['rolls'], false],
    ['replicas', { replicas: 5 }, ['scales'], false],
    ['everywhere', { replicas: undefined, everywhere: true }, ['scales'], false],
    ['replicas to none', { replicas: 0 }, ['stops'], false],
    ['priority', { priority: 3 }, ['in place'], false],
    ['update', { update: { maxUnavailable: 1 } }, ['in place'], false],
    ['resources', { resources: { cpuMilli: 500 } }, ['moves'], true],
    ['constraints', { constraints: ['arch=arm64'] }, ['moves'], true],
    ['spread', { spread: 'owner' }, ['moves'], true],
    ['clusters', { clusters: ['friends'] }, ['moves'], true],
    ['volumes', { volumes: [{ name: 'data', path: '/data' }] }, ['moves'], true],
    ['resources and replicas', { resources: {}, replicas: 3 }, ['moves', 'scales'], true],
  ])(
    '%s: says what the change does, and draws a nonce only for a move',
    (_, changes, consequences, moves) => {
      const record = { ...draft('hello'), ...changes } as DesiredWorkload['record']
      const item = only({
        desired: [{ name: 'hello', file: 'hello.yaml', line: 1, record }],
        existing: [existing('hello')],
      })
      expect(item).toMatchObject({
        action: 'update',
        consequences,
        record: { placementNonce: moves ? 'nonce-1' : 'nonce-of-hello', createdAt: EARLIER },
      })
    },
  )

  it('starts again what was scaled to nothing', () => {
    const item = only({
      desired: [desired('hello')],
      existing: [existing('hello', { replicas: 0 })],
    })
    expect(item).toMatchObject({ action: 'update', consequences: ['starts'] })
  })

  it('keeps the container that was published before a change, and no other', () => {
    const before = existing('hello')
    const rolled = only({
      desired: [desired('hello', { env: [{ name: 'A', value: '1' }] })],
      existing: [before],
    })
    const spec = containerSpecOf(draft('hello'))
    expect(rolled).toMatchObject({ record: { previous: spec } })

    const scaled = only({
      desired: [desired('hello', { replicas: 9 })],
      existing: [existing('hello', { previous: spec })],
    })
    expect(scaled).toMatchObject({ record: { previous: spec } })
  })

  it('names the fields that change', () => {
    const item = only({
      desired: [desired('hello', { env: [{ name: 'B', value: '2' }], replicas: 3 })],
      existing: [existing('hello', { env: [{ name: 'A', value: '1' }] })],
    })
    expect(item).toMatchObject({
      changes: [
        { path: 'env.A', before: '1' },
        { path: 'env.B', after: '2' },
        { path: 'replicas', before: 2, after: 3 },
      ],
    })
  })

  it('replaces a record that is not valid', () => {
    const broken: ExistingWorkload = { name: 'hello', cid: 'x', set: SET }
    expect(only({ desired: [desired('hello')], existing: [broken] })).toMatchObject({
      action: 'update',
      reason: 'the published record is not valid and is replaced',
    })
  })
})

describe('planSync: whose record it is', () => {
  it('names both sets when two claim one name', () => {
    const item = only({ desired: [desired('hello')], existing: [existing('hello', {}, 'other')] })
    expect(item.action).toBe('conflict')
    expect(item.reason).toContain('"other"')
    expect(item.reason).toContain(`"${SET}"`)
  })

  it('does not take over what belongs to no set either', () => {
    const nobodys = existing('hello')
    const { set: _, ...withoutSet } = nobodys
    const item = only({ desired: [desired('hello')], existing: [withoutSet] })
    expect(item).toMatchObject({ action: 'conflict' })
  })

  it('takes over with --adopt, even when nothing else changes', () => {
    const item = only({
      desired: [desired('hello')],
      existing: [existing('hello', {}, 'other')],
      adopt: true,
    })
    expect(item).toMatchObject({
      action: 'update',
      changes: [],
      consequences: ['in place'],
      reason: 'taken over from the set "other"',
      record: { source: { set: SET } },
    })
  })

  it('never touches what other sets published', () => {
    expect(plan({ existing: [existing('theirs', {}, 'other')], prune: true })).toEqual([])
  })
})

describe('planSync: removing', () => {
  const kept = [desired('stays')]
  const before = [existing('stays'), existing('gone')]

  it('lists and keeps what is gone, without --prune', () => {
    const input = planInput({ desired: kept, existing: before })
    const result = planSync(input)
    expect(itemsOf(result, 'keep').map(({ name }) => name)).toEqual(['gone'])
    expect(hasWrites(result)).toBe(false)
    expect(hasDifferences(result)).toBe(true)
  })

  it('deletes it with --prune', () => {
    const result = planSync(planInput({ desired: kept, existing: before, prune: true }))
    expect(itemsOf(result, 'delete')).toMatchObject([{ name: 'gone', consequences: ['stops'] }])
    expect(result.confirm).toEqual([])
  })

  it.each<[string, Partial<PlanSyncInput>]>([
    ['an empty folder', { desired: [], empty: true }],
    ['a broken file', { broken: [{ file: 'bad.yaml', line: 3, message: 'no' }] }],
    ['an image that is not found', { desired: [desired('stays', { image: 'nope:1' })] }],
  ])('prunes nothing because of %s', (_, changes) => {
    const result = planSync(planInput({ desired: kept, existing: before, prune: true, ...changes }))
    expect(itemsOf(result, 'delete')).toEqual([])
    expect(itemsOf(result, 'keep').map(({ name }) => name)).toContain('gone')
    expect(result.pruneBlocked).toBeDefined()
  })

  it('publishes the rest in spite of a broken file', () => {
    const result = planSync(
      planInput({ desired: [desired('new')], broken: [{ file: 'bad.yaml', message: 'no' }] }),
    )
    expect(itemsOf(result, 'create')).toHaveLength(1)
    expect(itemsOf(result, 'invalid')).toHaveLength(1)
  })

  it('refuses to delete what is protected', () => {
    const result = planSync(
      planInput({
        desired: kept,
        existing: [existing('stays'), existing('gone', { protect: true })],
        prune: true,
      }),
    )
    expect(itemsOf(result, 'skip')).toMatchObject([{ name: 'gone' }])
    expect(itemsOf(result, 'delete')).toEqual([])
  })

  it('asks before most of a set goes, and before data goes', () => {
    const many = planSync(
      planInput({
        desired: kept,
        existing: [existing('stays'), existing('a'), existing('b')],
        prune: true,
      }),
    )
    expect(many.confirm).toEqual(['deletes 2 of the 3 workloads of this set'])
    const data = planSync(
      planInput({
        desired: [desired('stays'), desired('too')],
        existing: [
          existing('stays'),
          existing('too'),
          existing('db', { volumes: [{ name: 'data', path: '/data' }] }),
        ],
        prune: true,
      }),
    )
    expect(data.confirm).toEqual(['deletes what has volumes: db'])
  })

  it('recognises a rename', () => {
    const result = planSync(
      planInput({ desired: [desired('new-name')], existing: [existing('old-name')], prune: true }),
    )
    expect(itemsOf(result, 'create')).toMatchObject([{ name: 'new-name', renamedFrom: 'old-name' }])
  })
})

describe('planSync: images', () => {
  const image = 'registry.example/app:1'

  it('writes the digest that the registry gave', () => {
    const item = only({
      desired: [desired('hello', { image })],
      lookups: new Map([[image, { kind: 'digest', digest: DIGEST_2 }]]),
    })
    expect(item).toMatchObject({ record: { image: `${image}@${DIGEST_2}` } })
  })

  it('refuses a tag that could not be looked up, and says where and why', () => {
    const item = only({
      desired: [desired('hello', { image })],
      lookups: new Map([[image, { kind: 'failed', message: 'no such tag' }]]),
    })
    expect(item).toMatchObject({ action: 'invalid', file: 'hello.yaml', line: 1 })
    expect(item.reason).toContain('no such tag')
  })

  it('keeps the published digest of the same tag with --offline', () => {
    const input = { desired: [desired('hello', { image })], offline: true }
    expect(only({ ...input, existing: [existing('hello')] })).toMatchObject({ action: 'unchanged' })
    expect(only(input)).toMatchObject({ action: 'invalid' })
    const otherTag = existing('hello', { image: `registry.example/app:0@${DIGEST_1}` })
    expect(only({ ...input, existing: [otherTag] })).toMatchObject({ action: 'invalid' })
  })

  it('keeps a published digest until the tag changes, unless the tag is followed', () => {
    const lookups = new Map([[image, { kind: 'digest' as const, digest: DIGEST_2 }]])
    const pinned = {
      desired: [desired('hello', { image })],
      existing: [existing('hello')],
      lookups,
    }
    expect(only(pinned)).toMatchObject({ action: 'unchanged' })
    const follow = { imagePolicy: 'follow' as const }
    const followed = {
      desired: [desired('hello', { image, ...follow })],
      existing: [existing('hello', follow)],
      lookups,
    }
    expect(only(followed)).toMatchObject({
      action: 'update',
      consequences: ['rolls'],
      record: { image: `${image}@${DIGEST_2}` },
    })
  })
})

describe('planSync: what registries say', () => {
  const image = 'registry.example/app:1'
  const input = { desired: [desired('hello', { image })], existing: [existing('hello')] }
  const failed = new Map([[image, { kind: 'failed' as const, message: 'no answer' }]])

  it('publishes the new digest of a pinned tag when asked for an update, or says why not', () => {
    const lookups = new Map([[image, { kind: 'digest' as const, digest: DIGEST_2 }]])
    expect(only({ ...input, lookups, updateImages: true })).toMatchObject({
      action: 'update',
      record: { image: `${image}@${DIGEST_2}` },
    })
    const refused = only({ ...input, lookups: failed, updateImages: true })
    expect(refused).toMatchObject({ action: 'invalid' })
    expect(refused.reason).toContain('no answer')
  })

  it('keeps the published digest of a followed tag while its registry is silent, and says so', () => {
    const follow = { imagePolicy: 'follow' as const }
    const item = only({
      desired: [desired('hello', { image, ...follow })],
      existing: [existing('hello', follow)],
      lookups: failed,
    })
    expect(item).toMatchObject({ action: 'unchanged' })
    expect(item.note).toMatch(/no answer.*published digest is kept/)
  })

  it('warns of an image that no machine can run', () => {
    const lookups = new Map([
      [image, { kind: 'digest' as const, digest: DIGEST_2, platforms: ['linux/arm64'] }],
    ])
    const item = only({ ...input, existing: [], lookups, platformsOf: () => ['linux/amd64'] })
    expect(item).toMatchObject({ action: 'create' })
    expect(item.note).toContain('linux/arm64')
  })
})

describe('planSync: properties', () => {
  const names = fc.constantFrom('a', 'b', 'c', 'd', 'e')
  const variants = fc.constantFrom<Partial<DesiredWorkload['record']>>(
    {},
    { replicas: 3 },
    {
      env: [
        { name: 'A', value: '1' },
        { name: 'B', value: '2' },
      ],
    },
    {
      env: [
        { name: 'B', value: '2' },
        { name: 'A', value: '1' },
      ],
    },
    { resources: { cpuMilli: 1 } },
    { constraints: ['a=1', 'b=2'] },
  )
  const folders = fc
    .uniqueArray(fc.tuple(names, variants), { selector: ([name]) => name })
    .map((list) => list.map(([name, changes]) => desired(name, changes)))
  const repos = fc
    .uniqueArray(fc.tuple(names, variants, fc.constantFrom(SET, 'other')), {
      selector: ([name]) => name,
    })
    .map((list) => list.map(([name, changes, set]) => existing(name, changes, set)))

  it('has nothing left to write after it was applied', () => {
    fc.assert(
      fc.property(folders, repos, fc.boolean(), fc.boolean(), (folder, repo, prune, adopt) => {
        const input = planInput({ desired: folder, existing: repo, prune, adopt })
        const again = planSync({ ...input, existing: after(input) })
        expect(hasWrites(again)).toBe(false)
      }),
    )
  })

  it('does not depend on the order of files or records', () => {
    fc.assert(
      fc.property(folders, repos, fc.boolean(), (folder, repo, prune) => {
        const one = planSync(planInput({ desired: folder, existing: repo, prune }))
        const other = planSync(
          planInput({ desired: folder.toReversed(), existing: repo.toReversed(), prune }),
        )
        expect(other).toEqual(one)
      }),
    )
  })

  it('deletes only what the set owns and the folder lacks', () => {
    fc.assert(
      fc.property(folders, repos, (folder, repo) => {
        const result = planSync(planInput({ desired: folder, existing: repo, prune: true }))
        for (const { name } of itemsOf(result, 'delete')) {
          expect(repo.find((entry) => entry.name === name)?.set).toBe(SET)
          expect(folder.some((entry) => entry.name === name)).toBe(false)
        }
      }),
    )
  })
})
