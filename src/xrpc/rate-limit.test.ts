import { describe, expect, it } from 'vitest'
import { RateLimiter, addressKey } from './rate-limit.ts'

describe('RateLimiter', () => {
  it('allows a burst, then as many as grow back', () => {
    const limiter = new RateLimiter({ burst: 2, perSecond: 2, callersMax: 10 })
    expect([1, 2, 3].map(() => limiter.take('a', 0))).toEqual([0, 0, 500])
    expect(limiter.take('b', 0)).toBe(0)
    expect([limiter.take('a', 500), limiter.take('a', 500)]).toEqual([0, 500])
    expect([1, 2, 3].map(() => limiter.take('a', 60_000))).toEqual([0, 0, 500])
  })

  it('remembers no more callers than it may, and forgets the one not seen for longest', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 0.001, callersMax: 2 })
    for (const caller of ['a', 'b', 'c']) limiter.take(caller, 0)
    expect(limiter.take('c', 0)).toBeGreaterThan(0)
    expect(limiter.take('a', 0)).toBe(0)
  })

  it('does not mind a clock that stands still or goes back', () => {
    const limiter = new RateLimiter({ burst: 1, perSecond: 1, callersMax: 2 })
    expect([limiter.take('a', 1000), limiter.take('a', 0)]).toEqual([0, 1000])
  })
})

describe('addressKey', () => {
  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2'],
    ['2001:db8::1', '2001:db8:0:0'],
    ['2001:0db8:0000::', '2001:db8:0:0'],
    ['::1', '0:0:0:0'],
    ['fe80::1%eth0', 'fe80:0:0:0'],
    ['', ''],
  ])('%s is counted as %s', (address, key) => {
    expect(addressKey(address)).toBe(key)
  })
})
