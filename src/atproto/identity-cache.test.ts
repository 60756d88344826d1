import { beforeEach, describe, expect, it } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { IdentityCache } from './identity-cache.ts'

const unreachable = new CommuneError('identity', 'unreachable', { retry: true })
const notRegistered = new CommuneError('identity', 'not registered')

let now: number
let asked: number
let answer: () => Promise<string>
let cache: IdentityCache<string>

beforeEach(() => {
  now = 0
  asked = 0
  answer = () => Promise.resolve(`answer ${asked}`)
  cache = new IdentityCache(
    { now: () => now, ttlMs: 100, staleMs: 1000, failureTtlMs: 10, entriesMax: 2 },
    () => {
      asked += 1
      return answer()
    },
  )
})

describe('IdentityCache', () => {
  it('asks once within the time to live, and again after it', async () => {
    expect([await cache.get('a', false), await cache.get('a', false)]).toEqual([
      'answer 1',
      'answer 1',
    ])
    now = 100
    expect(await cache.get('a', false)).toBe('answer 2')
  })

  it('asks once for all who want the same at the same time', async () => {
    const answers = await Promise.all([
      cache.get('a', false),
      cache.get('a', true),
      cache.get('a', false),
    ])
    expect(answers).toEqual(['answer 1', 'answer 1', 'answer 1'])
  })

  it('asks again when forced', async () => {
    await cache.get('a', false)
    expect(await cache.get('a', true)).toBe('answer 2')
    expect(await cache.get('a', false)).toBe('answer 2')
  })

  it('repeats a failure for a short time only', async () => {
    answer = () => Promise.reject(notRegistered)
    await expect(cache.get('a', false)).rejects.toBe(notRegistered)
    await expect(cache.get('a', false)).rejects.toBe(notRegistered)
    expect(asked).toBe(1)
    now = 10
    answer = () => Promise.resolve('there')
    expect(await cache.get('a', false)).toBe('there')
  })

  it('lets an old answer stand in while nobody can be asked, but not for ever', async () => {
    await cache.get('a', false)
    answer = () => Promise.reject(unreachable)
    now = 500
    expect(await cache.get('a', false)).toBe('answer 1')
    expect(await cache.get('a', false)).toBe('answer 1')
    expect(asked).toBe(2)
    now = 1000
    await expect(cache.get('a', false)).rejects.toBe(unreachable)
  })

  it('drops an old answer when the directory says that it is wrong', async () => {
    await cache.get('a', false)
    answer = () => Promise.reject(notRegistered)
    now = 500
    await expect(cache.get('a', false)).rejects.toBe(notRegistered)
    now = 510
    answer = () => Promise.reject(unreachable)
    await expect(cache.get('a', false)).rejects.toBe(unreachable)
  })

  it('never answers a forced question with what it knew before', async () => {
    await cache.get('a', false)
    answer = () => Promise.reject(unreachable)
    await expect(cache.get('a', true)).rejects.toBe(unreachable)
    now = 50
    expect(await cache.get('a', false)).toBe('answer 1')
  })

  it('keeps no more than it may', async () => {
    for (const key of ['a', 'b', 'c']) await cache.get(key, false)
    await cache.get('c', false)
    expect(asked).toBe(3)
    await cache.get('a', false)
    expect(asked).toBe(4)
  })
})
