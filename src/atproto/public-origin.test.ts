import { describe, expect, it } from 'vitest'
import { publicOrigin } from './public-origin.ts'

describe('publicOrigin', () => {
  it('takes the origin of a public https address', () => {
    expect(publicOrigin('https://pds.example.com/some/path')).toBe('https://pds.example.com')
    expect(publicOrigin('https://pds.example.com:8443')).toBe('https://pds.example.com:8443')
  })

  it.each([
    'http://pds.example.com',
    'http://10.0.0.1',
    'https://10.0.0.1',
    'https://2130706433',
    'https://0x7f.0.0.1',
    'https://[::1]',
    'https://[::ffff:10.0.0.1]',
    'https://8.8.8.8',
    'https://localhost',
    'https://a.localhost',
    'https://router.local',
    'https://metadata.google.internal',
    'https://pds',
    'https://user:password@pds.example.com',
    'ftp://pds.example.com',
    'file:///etc/passwd',
    'pds.example.com',
    '',
  ])('#17 refuses %j', (address) => {
    expect(publicOrigin(address)).toBeUndefined()
  })

  it('takes any http address where private ones are allowed', () => {
    const options = { allowPrivateAddresses: true }
    expect(publicOrigin('http://localhost:2583/', options)).toBe('http://localhost:2583')
    expect(publicOrigin('http://10.0.0.1', options)).toBe('http://10.0.0.1')
    expect(publicOrigin('ftp://10.0.0.1', options)).toBeUndefined()
  })
})
