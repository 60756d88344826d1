import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { familiarName, formatImageReference, parseImageReference } from './image-reference.ts'

const HEX = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
const DIGEST = `sha256:${HEX}`

describe('parseImageReference', () => {
  it.each<[string, string, string]>([
    ['busybox', 'docker.io/library/busybox', 'busybox'],
    ['busybox:1.37', 'docker.io/library/busybox:1.37', 'busybox'],
    ['docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
    ['docker.io/library/busybox', 'docker.io/library/busybox', 'busybox'],
    ['index.docker.io/busybox', 'docker.io/library/busybox', 'busybox'],
    ['index.docker.io/a/b', 'docker.io/a/b', 'a/b'],
    ['traefik/whoami:v1.11', 'docker.io/traefik/whoami:v1.11', 'traefik/whoami'],
    ['library/a/b', 'docker.io/library/a/b', 'library/a/b'],
    ['localhost', 'docker.io/library/localhost', 'localhost'],
    ['localhost/app', 'localhost/app', 'localhost/app'],
    ['localhost:5000/app:x', 'localhost:5000/app:x', 'localhost:5000/app'],
    ['test:5000', 'docker.io/library/test:5000', 'test'],
    ['test:5000/repo', 'test:5000/repo', 'test:5000/repo'],
    ['test.com/repo:tag', 'test.com/repo:tag', 'test.com/repo'],
    ['test.com', 'docker.io/library/test.com', 'test.com'],
    ['Foo/bar', 'Foo/bar', 'Foo/bar'],
    ['foo_bar.com:8080', 'docker.io/library/foo_bar.com:8080', 'foo_bar.com'],
    ['foo/foo_bar.com:8080', 'docker.io/foo/foo_bar.com:8080', 'foo/foo_bar.com'],
    ['ghcr.io/a/b/c/d:1', 'ghcr.io/a/b/c/d:1', 'ghcr.io/a/b/c/d'],
    ['xn--n3h.com/myimage', 'xn--n3h.com/myimage', 'xn--n3h.com/myimage'],
    ['[2001:db8::1]:5000/a', '[2001:db8::1]:5000/a', '[2001:db8::1]:5000/a'],
    ['192.168.0.1/a', '192.168.0.1/a', '192.168.0.1/a'],
    ['a__b/c--d.e', 'docker.io/a__b/c--d.e', 'a__b/c--d.e'],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`, 'busybox'],
    [`ghcr.io/a/b:1@${DIGEST}`, `ghcr.io/a/b:1@${DIGEST}`, 'ghcr.io/a/b'],
    [`a:${'t'.repeat(128)}`, `docker.io/library/a:${'t'.repeat(128)}`, 'a'],
    ['a:_', 'docker.io/library/a:_', 'a'],
    [HEX.slice(1), `docker.io/library/${HEX.slice(1)}`, HEX.slice(1)],
    [`${HEX}:tag`, `docker.io/library/${HEX}:tag`, HEX],
  ])('%s', (text, full, familiar) => {
    const result = parseImageReference(text)
    if (!result.ok) throw new Error(result.expected)
    expect(formatImageReference(result.value)).toBe(full)
    expect(familiarName(result.value)).toBe(familiar)
  })

  it('takes a reference apart', () => {
    expect(parseImageReference(`localhost:5000/a/b:1@${DIGEST}`)).toEqual({
      ok: true,
      value: { registry: 'localhost:5000', repository: 'a/b', tag: '1', digest: DIGEST },
    })
  })

  it.each([
    '',
    ' ',
    'a b',
    ' a',
    HEX,
    'Busybox',
    'foo/Bar',
    'ghcr.io/A',
    ':tag',
    'a:',
    'a:-x',
    'a:.x',
    `a:${'t'.repeat(129)}`,
    'a:b:c',
    'a:b/',
    '/a',
    'a/',
    'a//b',
    'a/../b',
    'a/./b',
    '-a',
    'a-',
    '_a',
    'a___b',
    'a..b',
    'a._b',
    'https://ghcr.io/a',
    'ghcr.io/',
    '-ghcr.io/a',
    'ghcr-.io/a',
    'ghcr..io/a',
    'gh_cr.io/a',
    'a:99999/b',
    'a:x1/b',
    '[::1/a',
    '[fe80::1%25eth0]/a',
    `a@${HEX}`,
    'a@sha256:abc',
    `a@sha256:${HEX.toUpperCase()}`,
    `a@sha256:${HEX}0`,
    `a@md5:${HEX.slice(32)}`,
    `a@tarsum.v1+sha256:${HEX}`,
    `a@${DIGEST}@${DIGEST}`,
    `@${DIGEST}`,
    'a@',
    'ä',
    'a\u202eb',
    'a\n',
    'a'.repeat(256),
    `${'a/'.repeat(600)}a`,
  ])('refuses %j', (text) => {
    expect(parseImageReference(text).ok).toBe(false)
  })

  it('counts the repository, not the registry, against its limit', () => {
    expect(parseImageReference(`ghcr.io/${'a'.repeat(255)}`).ok).toBe(true)
    expect(parseImageReference(`ghcr.io/${'a'.repeat(256)}`).ok).toBe(false)
  })

  it('takes the other digests that registries use', () => {
    expect(parseImageReference(`a@sha512:${HEX}${HEX}`).ok).toBe(true)
    expect(parseImageReference(`a@sha384:${HEX}${HEX.slice(32)}`).ok).toBe(true)
  })

  it('reads its own canonical form as the same, and never throws', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[aB.:/@_-]{0,12}$/))
    fc.assert(
      fc.property(text, (value) => {
        const first = parseImageReference(value)
        if (!first.ok) return
        expect(parseImageReference(formatImageReference(first.value))).toEqual(first)
      }),
      { numRuns: 1000 },
    )
  })
})
