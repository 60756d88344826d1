import { describe, expect, it } from 'vitest'
import { COLLECTION } from '../model/nsid.ts'
import { isCollection, parseRecord } from './validate.ts'

const createdAt = '2026-11-21T10:00:00.000Z'
const meshletOwner = {
  $type: COLLECTION.meshletOwner,
  ownerDid: 'did:plc:ewvi7nxzyoun6zhxrhs64oiz',
  createdAt,
}

describe('parseRecord', () => {
  it('accepts a valid record', () => {
    const parsed = parseRecord(COLLECTION.meshletOwner, meshletOwner)
    expect(parsed).toEqual({ ok: true, value: meshletOwner })
  })

  it.each([
    ['no object', null],
    ['another type', { ...meshletOwner, $type: COLLECTION.bid }],
    ['no type', { ownerDid: meshletOwner.ownerDid, createdAt }],
    ['a missing field', { $type: COLLECTION.meshletOwner, createdAt }],
    ['a did that is none', { ...meshletOwner, ownerDid: 'alice' }],
  ])('refuses %s', (_, value) => {
    expect(parseRecord(COLLECTION.meshletOwner, value).ok).toBe(false)
  })

  it('names the path of the fault', () => {
    const parsed = parseRecord(COLLECTION.meshletOwner, { ...meshletOwner, ownerDid: 'alice' })
    expect(parsed.ok ? '' : parsed.error).toContain('ownerDid')
  })

  it('refuses floats, as atproto does', () => {
    const bid = { $type: COLLECTION.bid, workload: 'at://did:plc:a/b.c.d/e', round: 0.5, createdAt }
    expect(parseRecord(COLLECTION.bid, bid).ok).toBe(false)
  })

  it('says nothing that could harm a terminal or flood a log', () => {
    const parsed = parseRecord(COLLECTION.meshletOwner, {
      ...meshletOwner,
      ownerDid: `\u001b[2J\u202e\n${'x'.repeat(100_000)}`,
    })
    const error = parsed.ok ? '' : parsed.error
    expect(error).not.toMatch(/[\p{Cc}\p{Cf}]/u)
    expect(error.length).toBeLessThan(1100)
  })

  it('knows every collection and nothing else', () => {
    for (const collection of Object.values(COLLECTION)) {
      expect(isCollection(collection)).toBe(true)
      expect(parseRecord(collection, {}).ok).toBe(false)
    }
    expect(isCollection('toString')).toBe(false)
    expect(isCollection('app.bsky.feed.post')).toBe(false)
  })
})
