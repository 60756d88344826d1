import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eventually, seededRandom } from '../../test/support/eventually.ts'
import { PATIENCE } from '../../test/support/feed-world.ts'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { ScriptedHost } from '../../test/support/scripted-host.ts'
import { silentLog } from '../ports/log.ts'
import type { FeedFrame } from './feed-frame.ts'
import { FeedLanes } from './feed-lanes.ts'
import { createSocketConnector } from './feed-socket.ts'
import { type HostStreamOptions, openHostStream } from './feed-stream.ts'

describe('the stream of a host', PATIENCE, () => {
  let host: ScriptedHost
  let clock: ManualClock
  beforeEach(async () => {
    host = await ScriptedHost.start()
    clock = new ManualClock()
  })
  afterEach(() => host[Symbol.asyncDispose]())

  const open = (options: Partial<HostStreamOptions>) =>
    openHostStream({
      host: host.url,
      connect: createSocketConnector({ allowPrivateAddresses: true }),
      clock,
      random: seededRandom(1),
      log: silentLog,
      cursor: () => undefined,
      onOpen: () => {},
      onFrame: () => undefined,
      ...options,
    })

  function seqOf(frame: FeedFrame): number {
    return 'seq' in frame ? (frame.seq ?? 0) : 0
  }

  it('lets the host wait when it can’t keep up, and loses nothing', async () => {
    const frames = 6_000
    const seen: number[] = []
    let release = () => {}
    const gate = new Promise<void>((resolve) => (release = resolve))
    let queuedMax = 0
    await using stream = open({
      onFrame: async (frame) => {
        seen.push(seqOf(frame))
        await gate
        queuedMax = Math.max(queuedMax, stream.status().queued)
        return 'continue' as const
      },
    })
    await eventually('it is connected', () => stream.status().connected)
    for (let i = 0; i < frames; i++)
      host.emit('#account', { did: 'did:plc:x', pad: 'x'.repeat(1500) })
    await eventually('the socket backs up', () => stream.status().queued > 200)
    const [socket] = host.sockets
    await eventually('the host notices', () => (socket?.bufferedAmount ?? 0) > 0)
    release()
    await eventually('all is seen', () => seen.length === frames)
    expect(seen).toEqual(Array.from({ length: frames }, (_, i) => i + 1))
    // A read of the socket may bring some frames more than the limit before it pauses.
    expect(queuedMax).toBeLessThan(1_000)
  })

  it('takes nothing after an event that failed until that was sent again', async () => {
    const seen: number[] = []
    let cursor = 0
    let failures = 1
    let lanes = new FeedLanes(() => {})
    await using stream = open({
      cursor: () => cursor,
      onOpen: () => {
        lanes = new FeedLanes((seq) => (cursor = seq))
      },
      onFrame: async (frame) => {
        const seq = seqOf(frame)
        await lanes.run('did:plc:x', seq, async () => {
          if (seq === 3 && failures-- > 0) throw new Error('the disk is full')
          seen.push(seq)
        })
        return 'continue' as const
      },
    })
    await eventually('it is connected', () => stream.status().connected)
    for (let i = 0; i < 6; i++) host.emit('#account', { did: 'did:plc:x' })
    await eventually('all is seen', () => seen.length === 6, clock)
    expect(seen).toEqual([1, 2, 3, 4, 5, 6])
    expect(host.connections).toEqual(['?cursor=0', '?cursor=2'])
  })

  it('says whether events may have been missed', async () => {
    const opened: boolean[] = []
    let cursor: number | undefined
    await using stream = open({ cursor: () => cursor, onOpen: (whole) => opened.push(whole) })
    await eventually('it is connected', () => stream.status().connected)
    cursor = 0
    for (const socket of host.sockets) socket.terminate()
    await eventually('it is back', () => opened.length === 2, clock)
    host.refuseStream = true
    for (const socket of host.sockets) socket.terminate()
    await eventually('it noticed', () => !stream.status().connected)
    clock.advance(90_000)
    host.refuseStream = false
    await eventually('it is back', () => opened.length === 3, clock)
    // Without a cursor; with one; with one, but after a long absence.
    expect(opened).toEqual([false, true, false])
  })

  it('ends while it connects, while it waits and while it works', async () => {
    await open({})[Symbol.asyncDispose]()
    host.script = (socket) => socket.close(1000)
    const waiting = open({})
    await eventually('it was refused', () => host.connections.length > 0 && host.sockets.size === 0)
    await waiting[Symbol.asyncDispose]()
    host.script = undefined
    const working = open({})
    await eventually('it is connected', () => working.status().connected)
    host.emit('#account', { did: 'did:plc:x' })
    await working[Symbol.asyncDispose]()
    await eventually('no connection is left', () => host.sockets.size === 0)
    expect(clock.timers).toBe(0)
  })

  it('survives a host that does not speak the protocol', async () => {
    await using stream = open({ host: `${host.url}/nothing-here` })
    await using refused = open({ host: 'http://127.0.0.1:1' })
    host.script = (socket) => socket.send('x'.repeat(6 * 1024 * 1024))
    const tried = () => host.connections.length > 2
    await eventually('it tries again', tried, clock)
    expect([stream.status().reconnects > 0, refused.status().connected]).toEqual([true, false])
  })
})
