import fc from 'fast-check'
import { resolveImage } from '../../../src/engine/resolve-digest.ts'
import { startAnsweringServer, type RawAnswer } from '../answering-server.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { rawAnswer } from '../arbitraries/raw-answer.ts'
import { expectThat, refusable, type Surface } from '../surface.ts'

const ZERO = `sha256:${'0'.repeat(64)}`
const TIMEOUT_MS = 2_000

const manifest = fc.record({
  schemaVersion: fc.constant(2),
  mediaType: fc.constantFrom(
    'application/vnd.oci.image.manifest.v1+json',
    'application/vnd.docker.distribution.manifest.v2+json',
  ),
  config: fc.record({ digest: fc.constant(ZERO), size: fc.nat(), mediaType: hostileText }),
  layers: fc.array(fc.record({ digest: fc.constant(ZERO), size: fc.nat() }), { maxLength: 3 }),
})
const index = fc.record({
  mediaType: fc.constant('application/vnd.oci.image.index.v1+json'),
  manifests: fc.array(
    fc.record({
      digest: fc.constant(ZERO),
      platform: fc.record({
        os: fc.constant('linux'),
        architecture: fc.constantFrom('amd64', 'arm64'),
        variant: hostileText,
      }),
    }),
    { maxLength: 4 },
  ),
})
const token = fc.record({
  token: fc.oneof(fc.constant('abc'), hostileText),
  access_token: hostileText,
  expires_in: fc.integer(),
})
const failure = fc.record({
  errors: fc.array(fc.record({ code: hostileText, message: hostileText })),
})

const challenge = fc
  .tuple(
    fc.constantFrom('Bearer', 'Basic', 'Digest', ''),
    fc.constantFrom('HERE/token', 'http://169.254.169.254/', 'a', ''),
    hostileText,
  )
  .map(([scheme, realm, service]) => [
    [
      'www-authenticate',
      `${scheme} realm="${realm}",service="${service.replaceAll(/[\r\n]/g, '').slice(0, 4_000)}"`,
    ] as const,
  ])

/** A registry, and the server that gives out its tokens. */
export const registrySurface: Surface = {
  name: 'registry-answers',
  inputs: fc.array(
    rawAnswer(fc.oneof(manifest, index, token, failure), fc.oneof(challenge, fc.constant([]))),
    { minLength: 1, maxLength: 4 },
  ),
  open: openRegistry,
}

async function openRegistry() {
  const server = await startAnsweringServer()
  return {
    feed: (input: unknown) => {
      const answers = [...(input as RawAnswer[])]
      server.answer = () => {
        const next = answers.length > 1 ? answers.shift() : answers[0]
        const { status, headers, body } = next as RawAnswer
        const here = headers.map(
          ([name, value]) => [name, value.replace('HERE', server.url)] as const,
        )
        return { status, headers: here, body }
      }
      return refusable(async () => {
        const found = await resolveImage(`127.0.0.1:${server.port}/a/b:1`, {
          auth: { username: 'u', password: 'p', serverAddress: '' },
          timeoutMs: TIMEOUT_MS,
        })
        expectThat(/^sha256:[0-9a-f]{64}$/.test(found.digest), 'a digest is one')
        expectThat((found.platforms ?? []).length <= 100, 'platforms are bounded')
      })
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
