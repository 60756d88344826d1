import { beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { AWAIT_STREAM_MS, FeedChains } from './feed-chains.ts'

const DID = 'did:plc:alice'
const at = (rev: string) => ({ rev, data: `data${rev}`, commit: `commit${rev}` })

describe('what the stream has shown of a chain', () => {
  let clock: ManualClock
  let chains: FeedChains
  beforeEach(() => {
    clock = new ManualClock()
    chains = new FeedChains(clock)
  })

  it('is fresh for half a minute after the very first reading, whatever comes', () => {
    chains.begin(DID)
    chains.break(DID, '1')
    clock.advance(29_999)
    expect(chains.judge(DID, at('1'))).toBe('fresh')
    clock.advance(1)
    expect(chains.judge(DID, at('1'))).toBe('broken')
  })

  it('is broken only where it broke', () => {
    chains.break(DID, '1')
    expect([chains.judge(DID, at('1')), chains.judge(DID, at('2'))]).toEqual(['broken', 'pending'])
  })

  it('waits for the stream once a position, whatever is listed meanwhile', () => {
    chains.wait(DID, at('1'), { rev: '5', cid: 'commit5' })
    clock.advance(4_000)
    chains.wait(DID, at('1'), { rev: '6', cid: 'commit6' })
    expect(chains.waitsMs(DID, at('1'), 'commit5')).toBeUndefined()
    expect(chains.waitsMs(DID, at('1'), 'commit6')).toBe(AWAIT_STREAM_MS - 4_000)
    clock.advance(AWAIT_STREAM_MS - 4_000)
    expect(chains.judge(DID, at('1'))).toBe('broken')
    expect(chains.waitsMs(DID, at('1'), 'commit6')).toBeUndefined()
  })

  it('begins to wait anew when the stream goes on', () => {
    chains.wait(DID, at('1'), { rev: '6', cid: 'commit6' })
    clock.advance(AWAIT_STREAM_MS)
    expect(chains.judge(DID, at('2'))).toBe('pending')
    chains.wait(DID, at('2'), { rev: '6', cid: 'commit6' })
    expect(chains.waitsMs(DID, at('2'), 'commit6')).toBe(AWAIT_STREAM_MS)
    expect(chains.waitedRev(DID, at('2'))).toBe('6')
  })
})
