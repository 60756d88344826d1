import { expect, test } from 'vitest'
import { fitsPattern, parseImagePattern } from './image-pattern.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function fits(pattern: string, image: string): boolean {
  const parsed = parseImagePattern(pattern)
  if (!parsed.ok) throw new Error(`${pattern}: expected ${parsed.expected}`)
  return fitsPattern(parsed.value, `${image}@${DIGEST}`)
}

test.each([
  ['busybox', 'busybox:1.37'],
  ['docker.io/library/*', 'busybox'],
  ['traefik/whoami', 'docker.io/traefik/whoami:v1'],
  ['ghcr.io/alice/*', 'ghcr.io/alice/app:1.2'],
  ['ghcr.io/alice/api-*-v2', 'ghcr.io/alice/api-feed-v2'],
  ['ghcr.io/**', 'ghcr.io/alice/deep/app'],
  ['*/alice/**', 'registry.example:5000/alice/app'],
  ['localhost:5000/app', 'localhost:5000/app:x'],
  ['127.0.0.1:*/**', '127.0.0.1:5000/app'],
  ['*', 'registry.example/any/thing'],
])('%s means %s', (pattern, image) => expect(fits(pattern, image)).toBe(true))

test.each([
  ['busybox', 'evil.example/busybox'],
  ['docker.io/library/*', 'docker.io/alice/busybox'],
  ['ghcr.io/alice/*', 'ghcr.io/alice/deep/app'],
  ['ghcr.io/alice/*', 'ghcr.io/alice-evil/app'],
  ['ghcr.io/**', 'ghcr.io.evil.example/app'],
  ['ghcr.io/alice/**', 'ghcr.io/alice'],
  ['ghcr.io/a*a', 'ghcr.io/a'],
])('%s does not mean %s', (pattern, image) => expect(fits(pattern, image)).toBe(false))

test.each([
  '',
  'GHCR.io/x',
  'ghcr.io/a:1.2',
  `busybox@${DIGEST}`,
  'a/**/b',
  'a/x**',
  'a b',
  '../x y',
])('refuses "%s" as a pattern', (text) =>
  expect(parseImagePattern(text)).toMatchObject({ ok: false }),
)
