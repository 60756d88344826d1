import { describe, expect, it } from 'vitest'
import { FeedLanes } from './feed-lanes.ts'

/** Lanes whose events end when the test says so. */
function lanesOf() {
  const cursors: number[] = []
  const log: string[] = []
  const ends = new Map<number, { resolve: () => void; reject: (error: Error) => void }>()
  const lanes = new FeedLanes((seq) => cursors.push(seq))
  const run = (lane: string, seq: number) =>
    lanes
      .run(lane, seq, () => {
        log.push(`begin ${seq}`)
        return new Promise<void>((resolve, reject) => ends.set(seq, { resolve, reject }))
      })
      .catch((error: Error) => log.push(`${seq}: ${error.message}`))
  const turn = () => new Promise((resolve) => setImmediate(resolve))
  return { lanes, cursors, log, ends, run, turn }
}

describe('the lanes of a connection', () => {
  it('keep the order within a repo, and let others pass', async () => {
    const { cursors, log, ends, run, turn } = lanesOf()
    const all = [run('a', 1), run('a', 2), run('b', 3)]
    await turn()
    expect(log).toEqual(['begin 1', 'begin 3'])
    ends.get(3)?.resolve()
    await turn()
    expect(cursors).toEqual([])
    ends.get(1)?.resolve()
    await turn()
    expect([cursors, log.at(-1)]).toEqual([[1], 'begin 2'])
    ends.get(2)?.resolve()
    await Promise.all(all)
    expect(cursors).toEqual([1, 3])
  })

  it('stop at an event that failed: the cursor stays before it, and nothing more is begun', async () => {
    const { lanes, cursors, log, ends, run, turn } = lanesOf()
    void run('a', 1)
    void run('b', 2)
    void run('b', 3)
    await turn()
    ends.get(2)?.reject(new Error('the disk is full'))
    await turn()
    void run('c', 4)
    ends.get(1)?.resolve()
    await lanes.idle()
    expect(cursors).toEqual([1])
    expect(log).toEqual([
      'begin 1',
      'begin 2',
      '2: the disk is full',
      '3: The connection is given up',
      '4: The connection is given up',
    ])
  })

  it('begin nothing once they were ended', async () => {
    const { lanes, cursors, log, run } = lanesOf()
    lanes.end()
    await run('a', 1)
    expect([cursors, log]).toEqual([[], ['1: The connection is given up']])
  })
})
