import type { IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { clientAddress, parseProxies } from './client-address.ts'

function from(remoteAddress: string, forwarded: string | undefined, proxies: readonly string[]) {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }
  const trusted = parseProxies(proxies)
  if (trusted === undefined) throw new Error('no proxies')
  return clientAddress({ socket: { remoteAddress }, headers } as IncomingMessage, trusted)
}

test.each([
  ['nobody is trusted', '203.0.113.7', '198.51.100.1', [], '203.0.113.7'],
  ['another is trusted', '203.0.113.7', '198.51.100.1', ['127.0.0.1'], '203.0.113.7'],
  ['the proxy says who', '127.0.0.1', '198.51.100.1', ['127.0.0.1'], '198.51.100.1'],
  ['the client invents a hop', '127.0.0.1', '1.2.3.4, 198.51.100.1', ['127.0.0.1'], '198.51.100.1'],
  [
    'two proxies',
    '127.0.0.1',
    '1.2.3.4, 198.51.100.1, 10.0.0.2',
    ['127.0.0.1', '10.0.0.0/8'],
    '198.51.100.1',
  ],
  ['only proxies', '127.0.0.1', '10.0.0.9', ['127.0.0.1', '10.0.0.0/8'], '10.0.0.9'],
  ['no header', '127.0.0.1', undefined, ['127.0.0.1'], '127.0.0.1'],
  ['junk', '127.0.0.1', 'unknown, _hidden', ['127.0.0.1'], '127.0.0.1'],
  ['an IPv4 address in IPv6', '::ffff:127.0.0.1', '2001:db8::1', ['127.0.0.1'], '2001:db8::1'],
  ['an IPv6 proxy', '::1', '::ffff:198.51.100.1', ['::1'], '198.51.100.1'],
] as const)('%s', (_, remote, forwarded, proxies, client) => {
  expect(from(remote, forwarded, proxies)).toBe(client)
})

test('a header without end costs little and tells no more than its end', () => {
  const long = Array.from({ length: 100_000 }, () => '10.0.0.1').join(',')
  expect(from('127.0.0.1', long, ['127.0.0.1', '10.0.0.1'])).toBe('10.0.0.1')
})

test.each(['caddy', '10.0.0.0/33', '10.0.0.0/8/8', '::1/129', '', '10.0.0.0/x'])(
  '%j is no proxy',
  (text) => {
    expect(parseProxies([text])).toBeUndefined()
  },
)
