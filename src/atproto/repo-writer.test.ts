import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestNetwork } from '../dev/test-network.ts'
import type { TestNetwork } from '../dev/test-network.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Write } from '../ports/records.ts'
import { createRepoWriter } from './repo-writer.ts'
import type { CountingRepoWriter } from './repo-writer.ts'
import { openSession } from './session.ts'
import type { Session } from './session.ts'
import { latestCommit, type PdsAgent } from './call-pds.ts'
import { pdsApi } from '../../test/support/pds-api.ts'

const collection = COLLECTION.cluster
const createdAt = '2026-11-21T10:00:00.000Z'

let network: TestNetwork
let session: Session
let writer: CountingRepoWriter
/** What the transport does with a call; undefined sends it on to the PDS. */
let meddle: (url: string, send: () => Promise<Response>) => Promise<Response> | undefined
let calls: string[]
let prefix = 0

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  const { handle, password } = network.account('alice')
  session = await openSession({ service: network.pdsUrl, identifier: handle, password })
})

afterAll(async () => {
  await session[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
})

beforeEach(() => {
  prefix += 1
  calls = []
  meddle = () => undefined
  writer = newWriter()
})

function newWriter(): CountingRepoWriter {
  const agent: PdsAgent = {
    did: session.did,
    fetchHandler: (url, init) => {
      calls.push(/\.(\w+)(\?|$)/.exec(url)?.[1] ?? url)
      const send = () => session.agent.fetchHandler(url, init)
      return meddle(url, send) ?? send()
    },
  }
  const call = { service: network.pdsUrl, identifier: 'alice.test' }
  return createRepoWriter({ agent, did: session.did, call, now: () => 0 })
}

const rkeyOf = (name: string) => `t${prefix}-${name}`
const value = (members: number) => ({
  members: Array.from({ length: members }, () => session.did),
  createdAt,
})
const put = (name: string, members = 1): Write => ({
  action: 'put',
  collection,
  rkey: rkeyOf(name),
  value: value(members),
})
const remove = (name: string): Write => ({ action: 'delete', collection, rkey: rkeyOf(name) })

async function membersOf(name: string): Promise<number | undefined> {
  try {
    const { data } = await pdsApi(session).com.atproto.repo.getRecord({
      repo: session.did,
      collection,
      rkey: rkeyOf(name),
    })
    return (data.value as unknown as { members: string[] }).members.length
  } catch {
    return undefined
  }
}

async function head(): Promise<{ cid: string; rev: string }> {
  return latestCommit(session.agent, session.did, undefined)
}

describe('writing to a repo', () => {
  it('creates, changes and deletes one record with one call each', async () => {
    const created = await writer.apply([put('a', 1)])
    expect(await head()).toEqual({ cid: created.commit, rev: created.rev })
    await writer.apply([put('a', 2)])
    expect(await membersOf('a')).toBe(2)
    const removed = await writer.apply([remove('a')])
    expect([removed.cids, await membersOf('a')]).toEqual([[undefined], undefined])
    expect(calls).toEqual(['putRecord', 'putRecord', 'deleteRecord'])
  })

  it('puts many changes in one commit, and looks up only what it has not seen', async () => {
    await writer.apply([put('a'), put('b')])
    expect(calls).toEqual(['getRecord', 'getRecord', 'applyWrites'])
    calls.length = 0
    const result = await writer.apply([put('a', 2), remove('b'), put('c', 3)])
    expect(calls).toEqual(['getRecord', 'applyWrites'])
    expect([await membersOf('a'), await membersOf('b'), await membersOf('c')]).toEqual([
      2,
      undefined,
      3,
    ])
    const { data } = await pdsApi(session).com.atproto.repo.getRecord({
      repo: session.did,
      collection,
      rkey: rkeyOf('a'),
    })
    expect(result.cids).toEqual([data.cid, undefined, expect.any(String)])
    expect(await head()).toEqual({ cid: result.commit, rev: result.rev })
  })

  it('leaves alone what is there already, and deletes nothing twice', async () => {
    const first = await writer.apply([put('a'), put('b')])
    calls = []
    const again = await newWriter().apply([put('a'), put('b'), remove('never')])
    expect(calls).not.toContain('applyWrites')
    expect([again.commit, again.cids]).toEqual([first.commit, [...first.cids, undefined]])
    expect((await writer.apply([put('a')])).commit).toBe(first.commit)
    expect((await writer.apply([remove('never')])).commit).toBe(first.commit)
  })

  it('finds its way when others wrote to the repo', async () => {
    await writer.apply([put('a'), put('b'), remove('c')])
    await newWriter().apply([remove('a'), put('c')])
    await writer.apply([put('a', 2), put('b', 2), put('c', 2)])
    expect([await membersOf('a'), await membersOf('b'), await membersOf('c')]).toEqual([2, 2, 2])
  })

  it('keeps the order of calls that were made at once', async () => {
    await Promise.all([1, 2, 3, 4].map((members) => writer.apply([put('a', members)])))
    expect(await membersOf('a')).toBe(4)
  })

  it('writes only on the commit that the caller has in mind', async () => {
    const first = await writer.apply([put('a')])
    const second = await writer.apply([put('a', 2), put('b')], { swapCommit: first.commit })
    const stale = { swapCommit: first.commit }
    await expect(writer.apply([put('a', 3)], stale)).rejects.toMatchObject({ code: 'conflict' })
    await expect(writer.apply([put('a', 3), put('b', 3)], stale)).rejects.toMatchObject({
      code: 'conflict',
    })
    await expect(writer.apply([remove('c'), remove('d')], stale)).rejects.toMatchObject({
      code: 'conflict',
    })
    expect((await head()).cid).toBe(second.commit)
  })
})

describe('when the answer is lost', () => {
  const cut = () => Promise.reject(new TypeError('fetch failed'))
  const loseAnswer = (method: string) => {
    let lost = false
    meddle = (url, send) => {
      if (lost || !url.includes(method)) return undefined
      lost = true
      return send().then(cut)
    }
  }

  it.each([
    ['putRecord', 1],
    ['applyWrites', 2],
  ])('%s: sees that the commit was taken', async (method, count) => {
    loseAnswer(method)
    const writes = [put('a'), put('b')].slice(0, count)
    const result = await writer.apply(writes)
    expect(await head()).toEqual({ cid: result.commit, rev: result.rev })
    expect(calls.filter((call) => call === method)).toHaveLength(1)
  })

  it('sees it also with a guard on the commit', async () => {
    const first = await writer.apply([put('a'), put('b')])
    loseAnswer('applyWrites')
    const result = await writer.apply([put('a', 2), put('b', 2)], { swapCommit: first.commit })
    expect(result.commit).toBe((await head()).cid)
  })

  it('says so when the commit was not taken, and repeating it is safe', async () => {
    let broken = true
    meddle = (url) => (broken && /putRecord|applyWrites/.test(url) ? cut() : undefined)
    for (const writes of [[put('a')], [put('a'), put('b')]]) {
      await expect(writer.apply(writes)).rejects.toMatchObject({ code: 'unreachable', retry: true })
    }
    broken = false
    await writer.apply([put('a'), put('b')])
    expect([await membersOf('a'), await membersOf('b')]).toEqual([1, 1])
  })

  it('fails with the first error when nothing can be read either', async () => {
    meddle = (url, send) =>
      url.includes('putRecord') ? send().then(cut) : Promise.reject(new Error('down'))
    await expect(writer.apply([put('a')])).rejects.toMatchObject({
      code: 'unreachable',
      retry: true,
    })
    meddle = () => undefined
    await writer.apply([put('a')])
    expect(await membersOf('a')).toBe(1)
  })

  it('gives up with its caller', async () => {
    const controller = new AbortController()
    meddle = (url) => {
      if (!url.includes('putRecord')) return undefined
      controller.abort()
      return Promise.reject(new DOMException('aborted', 'AbortError'))
    }
    const { signal } = controller
    await expect(writer.apply([put('a')], { signal })).rejects.toMatchObject({
      code: 'interrupted',
    })
    await expect(writer.apply([put('a')], { signal })).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('what no PDS would take', () => {
  it.each([
    ['nothing', () => [], /nothing to write/],
    ['too many', () => Array.from({ length: 201 }, (_, index) => put(`x${index}`)), /201 writes/],
    ['the same twice', () => [put('a'), remove('a')], /written twice/],
    ['a bad key', () => [{ ...put('a'), rkey: 'a/b' }], /not a valid record key/],
    [
      'an invalid record',
      () => [{ action: 'put', collection, rkey: 'a', value: { members: ['alice'], createdAt } }],
      /members/,
    ],
    [
      'too much at once',
      () => Array.from({ length: 150 }, (_, index) => put(`x${index}`, 256)),
      /more than the 1000000/,
    ],
  ] as readonly [string, () => Write[], RegExp][])(
    '%s is refused before anything is sent',
    async (_, writes, message) => {
      await expect(writer.apply(writes())).rejects.toMatchObject({
        code: 'invalid-input',
        message: expect.stringMatching(message) as string,
      })
      expect(calls).toEqual([])
    },
  )
})

describe('the budget', () => {
  it('counts a creation, a change and a deletion as the PDS does', async () => {
    const before = writer.pointsLeft()
    await writer.apply([put('a'), put('b')])
    await writer.apply([put('a', 2), remove('b')])
    expect(before - writer.pointsLeft()).toBe(3 + 3 + 2 + 1)
    await writer.apply([put('a', 3)])
    await writer.apply([remove('a')])
    expect(before - writer.pointsLeft()).toBe(9 + 2 + 1)
  })

  it('sends nothing more after a refusal until the PDS allows it', async () => {
    meddle = (url) =>
      url.includes('putRecord')
        ? Promise.resolve(
            new Response('{}', {
              status: 429,
              headers: { 'retry-after': '60', 'content-type': 'application/json' },
            }),
          )
        : undefined
    const expected = { code: 'rate-limited', retry: true, retryAfterMs: 60_000 }
    await expect(writer.apply([put('a')])).rejects.toMatchObject(expected)
    await expect(writer.apply([put('a')])).rejects.toMatchObject(expected)
    expect(calls).toEqual(['putRecord'])
    expect([writer.pointsLeft(), writer.delayFor([put('a')])]).toEqual([0, 60_000])
  })
})
