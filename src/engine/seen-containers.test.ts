import { beforeEach, expect, test } from 'vitest'
import type { EngineContainer } from '../ports/engine.ts'
import { LOOK_AGAIN_MS, SeenContainers, type ListedContainer } from './seen-containers.ts'

const MESHLET = 'did:plc:mesh'
const MINUTE_MS = 60_000

let nowMs: number
let seen: SeenContainers
let looks: string[]
/** What a look finds, by id. */
let memory: Map<string, number>

beforeEach(() => {
  nowMs = 0
  looks = []
  memory = new Map(['a', 'b', 'c'].map((id) => [id, 1]))
  seen = new SeenContainers(() => nowMs)
})

function look(id: string): Promise<EngineContainer | undefined> {
  looks.push(id)
  const memoryBytes = memory.get(id)
  return Promise.resolve(memoryBytes === undefined ? undefined : container(id, memoryBytes))
}

function container(id: string, memoryBytes: number): EngineContainer {
  return {
    ...{ id, name: `name-${id}`, labels: {}, state: 'running', image: 'i', createdAtMs: 0 },
    ...{ oomKilled: false, memoryBytes, nanoCpus: 0 },
  }
}

/** Lists all that there are, and says which of them were looked at for it. */
async function list(lines: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  looks = []
  const listed: ListedContainer[] = [...memory.keys()].map((id) => ({ id, line: lines[id] ?? '' }))
  await seen.describe(MESHLET, () => Promise.resolve(listed), look)
  return looks.toSorted()
}

const ALL = ['a', 'b', 'c']

test('without anybody who listens, each is looked at every time', async () => {
  expect(await list()).toEqual(ALL)
  expect(await list()).toEqual(ALL)
})

test('while somebody listens, only what an event names or whose line changed is looked at again', async () => {
  using _ = seen.listen(MESHLET)
  expect(await list()).toEqual(ALL)
  expect(await list()).toEqual([])
  seen.forget('b')
  expect(await list()).toEqual(['b'])
  expect(await list({ c: 'exited' })).toEqual(['c'])
  expect(await list({ c: 'exited' })).toEqual([])
})

test('what is known is told as it was found, by name, and what is gone is left out', async () => {
  using _ = seen.listen(MESHLET)
  await list()
  const describe = () =>
    seen.describe(
      MESHLET,
      () => Promise.resolve(['c', 'gone', 'a'].map((id) => ({ id, line: '' }))),
      look,
    )
  expect((await describe()).map(({ name }) => name)).toEqual(['name-a', 'name-c'])
  memory.set('a', 2)
  seen.forget('a')
  expect((await describe()).map(({ memoryBytes }) => memoryBytes)).toEqual([2, 1])
})

test('whoever begins to listen, and whoever listened, believes nothing from before', async () => {
  {
    using _ = seen.listen(MESHLET)
    await list()
  }
  expect(await list()).toEqual(ALL)
  using _ = seen.listen(MESHLET)
  expect(await list()).toEqual(ALL)
  expect(await list()).toEqual([])
})

test('a look during which something happened is not kept', async () => {
  using _ = seen.listen(MESHLET)
  await seen.describe(
    MESHLET,
    () => Promise.resolve([{ id: 'a', line: '' }]),
    (id) => {
      seen.forget('a')
      return look(id)
    },
  )
  expect(await list()).toContain('a')
})

test('what we change ourselves is looked at again before the engine says a word of it', async () => {
  using _ = seen.listen(MESHLET)
  await list()
  const failing = seen.whileChanging('a', () => Promise.reject(new Error('no answer')))
  await expect(failing).rejects.toThrow('no answer')
  expect(await list()).toEqual(['a'])
})

test('what no event tells and no line shows is found within the period, a share at each look', async () => {
  memory = new Map(
    Array.from({ length: 100 }, (_, index) => [
      Math.floor((index / 100) * 0xff_ff_ff_ff)
        .toString(16)
        .padStart(64, '0')
        .slice(-8)
        .padEnd(64, '0'),
      1,
    ]),
  )
  using _ = seen.listen(MESHLET)
  await list()
  const shares: number[] = []
  const found = new Set<string>()
  for (; nowMs < LOOK_AGAIN_MS;) {
    nowMs += MINUTE_MS
    const share = await list()
    shares.push(share.length)
    for (const id of share) found.add(id)
  }
  expect(found.size).toBe(100)
  expect(shares.reduce((sum, share) => sum + share)).toBe(100)
  expect(Math.max(...shares)).toBeLessThan(25)
})

/** Lists `a`, whose turn it is, and does something while the engine makes its list. */
async function listMeanwhile(meanwhile: () => void, line = '') {
  nowMs += LOOK_AGAIN_MS
  looks = []
  const found = await seen.describe(
    MESHLET,
    () => {
      meanwhile()
      return Promise.resolve([{ id: 'a', line }])
    },
    look,
  )
  return { looks, memoryBytes: found[0]?.memoryBytes }
}

test('whose turn it is is looked at while the engine makes its list, and once', async () => {
  using _ = seen.listen(MESHLET)
  await seen.describe(MESHLET, () => Promise.resolve([{ id: 'a', line: '' }]), look)
  let before: readonly string[] = []
  memory.set('a', 2)
  const found = await listMeanwhile(() => (before = [...looks]))
  expect(before).toEqual(['a'])
  expect(found).toEqual({ looks: ['a'], memoryBytes: 2 })
})

test.each([
  ['an event names it', '', () => seen.forget('a')],
  ['its line changed', 'exited', () => undefined],
])('what was found before the list is not believed when %s meanwhile', async (_, line, tell) => {
  using __ = seen.listen(MESHLET)
  await seen.describe(MESHLET, () => Promise.resolve([{ id: 'a', line: '' }]), look)
  const found = await listMeanwhile(() => {
    memory.set('a', 3)
    tell()
  }, line)
  expect(found).toEqual({ looks: ['a', 'a'], memoryBytes: 3 })
})

test('a look that failed before the list was there is made again', async () => {
  using _ = seen.listen(MESHLET)
  const list = () => Promise.resolve([{ id: 'a', line: '' }])
  await seen.describe(MESHLET, list, look)
  nowMs += LOOK_AGAIN_MS
  let failures = 1
  const failing = (id: string) =>
    failures-- > 0 ? Promise.reject(new Error('no answer')) : look(id)
  expect(await seen.describe(MESHLET, list, failing)).toHaveLength(1)
})
