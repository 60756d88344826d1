import { describe, expect, test } from 'vitest'
import { HOLD_MS } from '../../src/atproto/feed-listing.ts'
import { ALICE, VirtualReading, writeOf } from '../support/virtual-reading.ts'

/** What befalls the stream while Alice writes and deletes: nothing may be missed in the end. */
const STREAM_FAULTS: readonly (readonly [string, (reading: VirtualReading) => unknown])[] = [
  ['loses an event', ({ host }) => host.loseNext()],
  ['loses three events', ({ host }) => host.loseNext(3)],
  ['sends events twice', ({ host }) => host.duplicateNext(3)],
  ['sends an event too late', ({ host }) => host.delayNext(3_000)],
  ['swaps two events', ({ host }) => host.swapNext()],
  ['hangs up', ({ host }) => host.closeStreams()],
  ['forgets its log and hangs up', ({ host }) => (host.forgetEvents(), host.closeStreams())],
  ['counts anew', ({ host }) => host.countAnew()],
  ['has commits that are too big', ({ repos }) => repos.tooBigNext(ALICE, 2)],
  ['changes its key', ({ repos }) => repos.rotateKey(ALICE)],
  ['moves to another host', ({ repos }) => repos.migrate(ALICE, 'elsewhere')],
]

describe('when the stream', () => {
  test.each(STREAM_FAULTS)('%s, nothing is missed and nothing is told twice', async (_, fault) => {
    const reading = await VirtualReading.begin()
    reading.put(ALICE, 'short')
    await reading.untilWhole()
    fault(reading)
    reading.put(ALICE, 'a')
    reading.put(ALICE, 'b')
    reading.remove(ALICE, 'short')
    reading.put(ALICE, 'a', 1)
    await reading.clock.advance(60_000)
    // A deletion that nothing proves is held until the owner writes again.
    reading.put(ALICE, 'c')
    await reading.untilWhole()
    expect(reading.repeated()).toEqual([])
    expect(reading.feed.repoProblem(ALICE)).toBeUndefined()
  })

  test('sends again what it sent before, nothing happens', async () => {
    const reading = await VirtualReading.begin()
    reading.put(ALICE, 'a')
    reading.put(ALICE, 'a', 1)
    reading.remove(ALICE, 'a')
    reading.put(ALICE, 'b')
    await reading.untilWhole()
    const told = reading.changes.length
    reading.host.replay(4)
    await reading.clock.advance(60_000)
    expect(reading.changes.slice(told)).toEqual([])
    expect(reading.isWhole(ALICE)).toBe(true)
  })

  test('falls silent with its socket open, it is given up and what came is read', async () => {
    const reading = await VirtualReading.begin()
    reading.host.isSilent = true
    reading.put(ALICE, 'unheard')
    await reading.clock.advance(90_000)
    reading.host.isSilent = false
    await reading.untilWhole()
    expect(reading.feed.status().hosts[0]?.reconnects).toBeGreaterThan(0)
  })

  test('is behind, a hint brings its record first, alone, and once', async () => {
    const reading = await VirtualReading.begin()
    reading.host.isSilent = true
    reading.put(ALICE, 'other')
    reading.put(ALICE, 'hinted')
    reading.hint(ALICE, 'hinted')
    await reading.clock.until('it is there', () => reading.keys(ALICE).includes('hinted'), 1_000)
    expect(reading.keys(ALICE)).toEqual(['first', 'hinted'])
    reading.host.isSilent = false
    await reading.untilWhole()
    expect(reading.repeated()).toEqual([])
  })
})

describe('when a repo', () => {
  test('goes back to a backup, nothing counts as deleted until it is written', async () => {
    const reading = await VirtualReading.begin()
    for (const rkey of ['a', 'b', 'c']) reading.put(ALICE, rkey)
    await reading.untilWhole()
    reading.repos.rollBack(ALICE, 2)
    await reading.clock.advance(20 * 60_000)
    expect(reading.keys(ALICE)).toEqual(['a', 'b', 'c', 'first'])
    expect(reading.feed.repoProblem(ALICE)).toContain('older state')
    expect(reading.deleted()).toEqual([])
    reading.put(ALICE, 'd')
    await reading.untilWhole()
    expect(reading.deleted()).toEqual(['b', 'c'])
  })

  test('goes back and is written at once, what it lost stays until it is written again', async () => {
    const reading = await VirtualReading.begin()
    for (const rkey of ['a', 'b', 'c']) reading.put(ALICE, rkey)
    await reading.untilWhole()
    reading.repos.rollBack(ALICE, 2)
    reading.put(ALICE, 'd')
    await reading.clock.advance(20 * 60_000)
    expect(reading.keys(ALICE)).toEqual(['a', 'b', 'c', 'd', 'first'])
    expect(reading.deleted()).toEqual([])
    reading.put(ALICE, 'e')
    await reading.untilWhole()
    expect(reading.deleted()).toEqual(['b', 'c'])
  })

  test('stays at its backup, that is believed after a day', async () => {
    const reading = await VirtualReading.begin()
    reading.put(ALICE, 'a')
    await reading.untilWhole()
    reading.repos.rollBack(ALICE, 1)
    await reading.clock.advance(HOLD_MS - 10 * 60_000)
    expect(reading.keys(ALICE)).toEqual(['a', 'first'])
    await reading.untilWhole(30 * 60_000)
  })

  test('shows another commit under the same revision, the first one stands', async () => {
    const reading = await VirtualReading.begin()
    reading.put(ALICE, 'a')
    await reading.untilWhole()
    reading.repos.fork(ALICE, [writeOf('b')])
    await reading.clock.advance(10 * 60_000)
    expect(reading.keys(ALICE)).toEqual(['a', 'first'])
    expect(reading.feed.repoProblem(ALICE)).toBeDefined()
  })

  test('is empty all at once, what it held stays until it is written again', async () => {
    const reading = await VirtualReading.begin()
    reading.repos.empty(ALICE)
    await reading.clock.advance(10 * 60_000)
    expect(reading.keys(ALICE)).toEqual(['first'])
    reading.put(ALICE, 'anew')
    await reading.untilWhole()
    expect(reading.deleted()).toEqual(['first'])
  })

  test.each(['takeDown', 'deactivate'] as const)('is gone (%s), it stays known', async (how) => {
    const reading = await VirtualReading.begin()
    reading.repos[how](ALICE)
    await reading.clock.advance(10 * 60_000)
    expect(reading.feed.repoState(ALICE)).toBe('known')
    expect(reading.keys(ALICE)).toEqual(['first'])
    expect(reading.feed.repoProblem(ALICE)).toBeDefined()
    reading.repos.activate(ALICE)
    reading.put(ALICE, 'back')
    await reading.untilWhole()
    expect(reading.feed.repoProblem(ALICE)).toBeUndefined()
  })

  test('can’t be read when the program starts, it is unknown and nothing is deleted', async () => {
    const reading = new VirtualReading()
    reading.put(ALICE, 'a')
    reading.repos.of(ALICE).isDown = true
    reading.start()
    await reading.clock.advance(10 * 60_000)
    expect([reading.feed.repoState(ALICE), reading.deleted()]).toEqual(['unknown', []])
    reading.repos.of(ALICE).isDown = false
    await reading.untilWhole(10 * 60_000)
    expect(reading.feed.repoState(ALICE)).toBe('known')
  })
})

describe('the reader', () => {
  test('was away while a quiet host told of a deletion: that is proven, and believed', async () => {
    const reading = await VirtualReading.begin()
    reading.crash()
    reading.remove(ALICE, 'first')
    await reading.clock.advance(60_000)
    reading.start()
    await reading.untilWhole()
    expect(reading.feed.repoProblem(ALICE)).toBeUndefined()
  })

  test('lost power: what the disk lost is read again', async () => {
    const reading = await VirtualReading.begin()
    reading.put(ALICE, 'a')
    await reading.untilWhole()
    reading.powerCut()
    reading.put(ALICE, 'b')
    reading.start()
    await reading.untilWhole()
  })

  test('has a clock that is hours behind: it reads on', async () => {
    const reading = await VirtualReading.begin()
    reading.wallSkewMs = -3 * 3_600_000
    reading.put(ALICE, 'a')
    await reading.untilWhole(5_000)
  })

  test('missed that a repo moved: it asks the directory when the old host lacks it', async () => {
    const reading = await VirtualReading.begin()
    reading.crash()
    reading.repos.migrate(ALICE, 'elsewhere')
    reading.put(ALICE, 'a')
    await reading.clock.advance(60_000)
    reading.start()
    await reading.untilWhole()
  })

  test('knows what is there when the directory of DIDs does not answer', async () => {
    const reading = await VirtualReading.begin()
    reading.repos.directoryIsDown = true
    reading.put(ALICE, 'a')
    await reading.untilWhole()
    reading.repos.rotateKey(ALICE)
    reading.put(ALICE, 'b')
    await reading.clock.advance(60_000)
    expect(reading.keys(ALICE)).toEqual(['a', 'first'])
    reading.repos.directoryIsDown = false
    await reading.untilWhole(10 * 60_000)
  })
})
