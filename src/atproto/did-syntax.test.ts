import { describe, expect, it } from 'vitest'
import { parseDid } from './did-syntax.ts'

const plc = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

describe('parseDid', () => {
  it.each([plc, 'did:web:example.com', 'did:web:a-b.example.co.uk'])('accepts %s', (did) => {
    expect(parseDid(did)).toMatchObject({ ok: true, did })
  })

  it.each([
    '',
    'alice.test',
    'did:plc:',
    `${plc}a`,
    `${plc}\n`,
    'did:plc:EWVI7NXZYOUN6ZHXRHS64OIZ',
    'did:key:zQ3sh',
    `${plc}#atproto`,
    'did:web:example',
    'did:web:example.com:path',
    'did:web:example.com%3A8080',
    'did:web:user@example.com',
    'did:web:example.com?',
    'did:web:Example.com',
  ])('refuses %j', (did) => {
    expect(parseDid(did).ok).toBe(false)
  })

  it.each([
    'did:web:localhost%3A2375',
    'did:web:localhost',
    'did:web:127.0.0.1',
    'did:web:[::1]',
    'did:web:0x7f.1',
  ])('#15 refuses %s, which is this machine', (did) => {
    expect(parseDid(did).ok).toBe(false)
  })

  it.each(['did:web:example.com%2Fpath', 'did:web:localhost%3A80%2Fpath', 'did:web:a.b%2F..%2Fc'])(
    '#16 refuses %s, which has a path in it',
    (did) => {
      expect(parseDid(did).ok).toBe(false)
      expect(parseDid(did, { allowLocalhost: true }).ok).toBe(false)
    },
  )

  it('allows localhost where a network on loopback is wanted, but nothing with a path', () => {
    expect(parseDid('did:web:localhost%3A2583', { allowLocalhost: true }).ok).toBe(true)
    expect(parseDid('did:web:localhost%3A2583%2Fx', { allowLocalhost: true }).ok).toBe(false)
    expect(parseDid('did:web:127.0.0.1%3A2583', { allowLocalhost: true }).ok).toBe(false)
  })
})
