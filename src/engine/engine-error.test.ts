import { expect, it } from 'vitest'
import { plainWords } from './engine-error.ts'

it.each([
  [
    '(HTTP code 500) server error - Get "https://registry.example/v2/": dial tcp: lookup registry.example on 192.0.2.53:53: no such host',
    'registry.example: no such host',
  ],
  [
    'Get "https://registry.example/v2/a/manifests/1": dial tcp 192.0.2.1:443: connect: connection refused',
    'registry.example: connect: connection refused',
  ],
  [
    'Head https://registry.example/v2/: dial tcp [2001:db8::1]:443: i/o timeout',
    'registry.example: i/o timeout',
  ],
  ['(HTTP code 404) no such container - No such container: abc', 'No such container: abc'],
  ['manifest for a:1 not found', 'manifest for a:1 not found'],
])('%s', (said, plain) => {
  expect(plainWords(said)).toBe(plain)
})
