import { beforeEach, describe, expect, test } from 'vitest'
import { SeededRandom } from '../../test/support/seeded-random.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { VirtualJournal } from '../../test/support/virtual-journal.ts'
import { cidOf } from '../../test/support/virtual-repo.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { sleep } from '../ports/clock.ts'
import { silentLog } from '../ports/log.ts'
import { noMetrics } from '../ports/metrics.ts'
import type { PacedRepoWriter, Write, WriteAllowance } from '../ports/records.ts'
import { OwnRecords } from './own-records.ts'

const { bid: BID, cluster: CLUSTER, workloadStatus: STATUS } = COLLECTION
const WRITE_MS = 100

let clock: VirtualClock
let journal: VirtualJournal
/** Keys of each commit that was tried; deletions with a minus. */
let commits: string[][]
let fault: (writes: readonly Write[]) => CommuneError | undefined
let acknowledged: string[][]
let allowance: WriteAllowance

/** With this share of every budget left. */
function allowing(share: number): WriteAllowance {
  const of = { pointsLeft: 1000 * share, pointsMax: 1000, eventsLeft: 1000, eventsMax: 1000 }
  return { hour: of, day: of, pausedMs: 0 }
}

function keysOf(writes: readonly Write[]): string[] {
  return writes.map(({ action, rkey }) => (action === 'delete' ? `-${rkey}` : rkey))
}

function open(): OwnRecords {
  const writer: PacedRepoWriter = {
    did: 'did:plc:mesh',
    allowance: () => allowance,
    apply: async (writes) => {
      commits.push(keysOf(writes))
      const error = fault(writes)
      await sleep(clock, WRITE_MS)
      if (error) throw error
      const cids = writes.map((write) => (write.action === 'put' ? cidOf(write.value) : undefined))
      return { rev: String(commits.length), commit: 'commit', cids }
    },
  }
  return new OwnRecords({
    writer,
    journal,
    clock,
    random: new SeededRandom(1),
    log: silentLog,
    metrics: noMetrics,
    onAcknowledged: (_, writes) => acknowledged.push(keysOf(writes)),
  })
}

beforeEach(() => {
  clock = new VirtualClock()
  journal = new VirtualJournal()
  commits = []
  acknowledged = []
  allowance = allowing(1)
  fault = () => undefined
})

describe('writing', () => {
  test('what is wanted within a moment goes out in one commit, and counts when it is acknowledged', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1 }, 'now')
    own.put(BID, 'b', { n: 1 }, 'soon')
    expect(own.get(BID, 'a')).toBeUndefined()
    expect(own.wanted(BID, 'a')).toEqual({ n: 1 })
    await clock.advance(1_000)
    expect(commits).toEqual([['a', 'b']])
    expect(own.get(BID, 'a')).toEqual({ cid: cidOf({ n: 1 }), value: { n: 1 } })
    expect(own.hasPending).toBe(false)
  })

  test('of several versions only the last is written', async () => {
    const own = open()
    for (let n = 0; n < 5; n++) own.put(BID, 'a', { n }, 'soon')
    await clock.advance(1_000)
    expect(commits).toEqual([['a']])
    expect(own.get(BID, 'a')?.value).toEqual({ n: 4 })
  })

  test('a difference in times alone is written only when it is asked for', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1, createdAt: 'x' }, 'now')
    await clock.advance(1_000)
    own.put(BID, 'a', { n: 1, createdAt: 'y' }, 'now')
    await clock.advance(1_000)
    expect(commits).toHaveLength(1)
    own.put(BID, 'a', { n: 1, createdAt: 'y' }, 'now', { evenIfSame: true })
    await clock.advance(1_000)
    expect(commits).toHaveLength(2)
  })

  test('what is to stay as it is goes out only if it was on its way', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(1_000)
    own.put(BID, 'a', { n: 2 }, 'now')
    own.keep(BID, 'a')
    expect(own.wanted(BID, 'a')).toEqual({ n: 1 })
    await clock.advance(1_000)
    expect(commits).toHaveLength(1)
    own.put(BID, 'a', { n: 3 }, 'now')
    await clock.advance(WRITE_MS / 2)
    own.keep(BID, 'a')
    await clock.advance(1_000)
    expect(own.get(BID, 'a')?.value).toEqual({ n: 3 })
  })

  test('what is wanted back before it went out is not written at all', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(1_000)
    own.put(BID, 'a', { n: 2 }, 'soon')
    own.put(BID, 'a', { n: 1 }, 'soon')
    own.put(BID, 'b', { n: 1 }, 'soon')
    own.delete(BID, 'b', 'soon')
    await clock.advance(1_000)
    expect(commits).toHaveLength(1)
  })

  test('more than 200 go out in several commits', async () => {
    const own = open()
    for (let i = 0; i < 450; i++) own.put(BID, `k${i}`, { n: 1 }, 'now')
    await clock.advance(5_000)
    expect(commits.map(({ length }) => length)).toEqual([200, 200, 50])
  })

  test('the journal holds what was acknowledged, and a new program begins with it', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1 }, 'now')
    own.put(CLUSTER, 'home', { n: 2 }, 'now')
    await clock.advance(1_000)
    own.delete(BID, 'a', 'now')
    await clock.advance(1_000)
    expect(open().list(CLUSTER)).toEqual([['home', { n: 2 }]])
    expect(open().list(BID)).toEqual([])
  })
})

describe('while a write is on its way', () => {
  async function inFlight(own: OwnRecords): Promise<void> {
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(1_000)
    own.put(BID, 'a', { n: 2 }, 'now')
    await clock.advance(WRITE_MS / 2)
    expect(commits).toHaveLength(2)
  }

  test('wanting the old version again writes it again', async () => {
    const own = open()
    await inFlight(own)
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(1_000)
    expect(own.get(BID, 'a')?.value).toEqual({ n: 1 })
    expect(commits).toHaveLength(3)
  })

  test('wanting the same again, by whatever way, writes nothing more', async () => {
    const own = open()
    await inFlight(own)
    own.put(BID, 'a', { n: 3 }, 'now')
    own.put(BID, 'a', { n: 2 }, 'now')
    await clock.advance(1_000)
    expect(commits).toHaveLength(2)
    expect(own.get(BID, 'a')?.value).toEqual({ n: 2 })
  })

  test('a first record that is deleted meanwhile is deleted afterwards', async () => {
    const own = open()
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(WRITE_MS / 2)
    own.delete(BID, 'a', 'now')
    expect(own.wanted(BID, 'a')).toBeUndefined()
    await clock.advance(1_000)
    expect(commits).toEqual([['a'], ['-a']])
    expect(own.get(BID, 'a')).toBeUndefined()
  })
})

describe('failures', () => {
  const down = new CommuneError('unreachable', 'The PDS does not answer.')

  test('are tried again with growing pauses, and with what is wanted by then', async () => {
    const own = open()
    fault = () => down
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(10 * 60_000)
    expect(commits.length).toBeGreaterThan(8)
    expect(commits.length).toBeLessThan(22)
    expect(own.problem).toBe('The PDS does not answer.')
    own.put(BID, 'a', { n: 2 }, 'now')
    fault = () => undefined
    await clock.advance(60_000)
    expect(own.get(BID, 'a')?.value).toEqual({ n: 2 })
    expect(own.problem).toBeUndefined()
  })

  test('a PDS that names a time is left alone until then', async () => {
    const own = open()
    fault = () => new CommuneError('rate-limited', 'Slow down.', { retryAfterMs: 90_000 })
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(80_000)
    expect(commits).toHaveLength(1)
    await clock.advance(20_000)
    expect(commits).toHaveLength(2)
  })

  test('one record that is not valid is left out, the others are written', async () => {
    const own = open()
    const isBad = ({ rkey }: Write) => rkey === 'k5'
    fault = (writes) =>
      writes.some(isBad) ? new CommuneError('invalid-input', 'k5: no such field') : undefined
    for (let i = 0; i < 16; i++) own.put(BID, `k${i}`, { n: 1 }, 'now')
    await clock.advance(10_000)
    expect(own.list(BID)).toHaveLength(15)
    expect(own.problem).toBe('k5: no such field')
    expect(own.hasPending).toBe(false)
    const tried = commits.length
    own.put(BID, 'k5', { n: 1 }, 'now')
    own.put(BID, 'k6', { n: 2 }, 'now')
    await clock.advance(10 * 60_000)
    expect(commits.slice(tried)).toEqual([['k6']])
  })

  test('another version of it is tried', async () => {
    const own = open()
    fault = () => new CommuneError('invalid-input', 'no')
    own.put(BID, 'a', { n: 1 }, 'now')
    await clock.advance(1_000)
    fault = () => undefined
    own.put(BID, 'a', { n: 2 }, 'now')
    await clock.advance(1_000)
    expect(own.get(BID, 'a')?.value).toEqual({ n: 2 })
    expect(own.problem).toBeUndefined()
  })
})

test('what the repo lost is written again as it was', async () => {
  const own = open()
  own.put(BID, 'a', { n: 1, createdAt: 'x' }, 'now')
  await clock.advance(1_000)
  own.rewrite(BID, 'a')
  own.rewrite(BID, 'unknown')
  await clock.advance(1_000)
  expect(acknowledged).toEqual([['a'], ['a']])
  expect(own.get(BID, 'a')?.value).toEqual({ n: 1, createdAt: 'x' })
})

test('nothing is written any more after the end', async () => {
  const own = open()
  own.put(BID, 'a', { n: 1 }, 'now')
  await own[Symbol.asyncDispose]()
  own.put(BID, 'b', { n: 1 }, 'now')
  await clock.advance(60_000)
  expect(commits).toEqual([])
})

describe('when the budget runs low', () => {
  test('a bid goes out at once and alone, a status waits and its versions come together', async () => {
    allowance = allowing(0.2)
    const own = open()
    for (let n = 0; n < 20; n++) {
      own.put(STATUS, 's', { n }, 'prompt')
      own.put(BID, 'a', { n }, 'now')
      await clock.advance(1_000)
    }
    expect(commits.every((keys) => keys.join() === 'a')).toBe(true)
    expect(commits).toHaveLength(20)
    await clock.advance(15_000)
    expect(commits.slice(20)).toEqual([['s']])
    expect(own.get(STATUS, 's')?.value).toEqual({ n: 19 })
  })

  test('what can’t wait any more overtakes what it was put together with', async () => {
    allowance = allowing(0.05)
    const own = open()
    own.put(STATUS, 'other', { n: 1 }, 'prompt')
    own.put(STATUS, 's', { n: 1 }, 'prompt')
    await clock.advance(1_000)
    expect(commits).toEqual([])
    own.put(STATUS, 's', { n: 1 }, 'now')
    await clock.advance(1_000)
    expect(commits).toEqual([['s']])
    await clock.advance(120_000)
    expect(commits).toEqual([['s'], ['other']])
  })
})
