import fc from 'fast-check'
import { createIdentity } from '../../../src/atproto/identity.ts'
import { startAnsweringServer, type RawAnswer } from '../answering-server.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { rawAnswer } from '../arbitraries/raw-answer.ts'
import { expectThat, refusable, type Surface } from '../surface.ts'

const did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const TIMEOUT_MS = 2_000
const BODY_BYTES_MAX = 32_000

const endpoint = fc.oneof(
  fc.constantFrom(
    'https://pds.example',
    'http://127.0.0.1:2583',
    'https://10.0.0.1',
    'https://a/path',
    'https://u:p@a',
  ),
  hostileText,
)
const document = fc.record({
  '@context': fc.constant(['https://www.w3.org/ns/did/v1']),
  id: fc.oneof(fc.constant(did), fc.constant('did:plc:bbbbbbbbbbbbbbbbbbbbbbbb')),
  alsoKnownAs: fc.array(fc.oneof(fc.constant('at://alice.example'), hostileText), { maxLength: 3 }),
  verificationMethod: fc.array(
    fc.record({
      id: fc.constantFrom(`${did}#atproto`, '#atproto'),
      type: fc.constantFrom('Multikey', 'EcdsaSecp256k1VerificationKey2019'),
      controller: fc.constant(did),
      publicKeyMultibase: fc.oneof(
        fc.constant('zQ3shqwJEJyMBsBXCWyCBpUBMqxcon9oHB7mCvx4sSpMdLJwc'),
        hostileText,
      ),
    }),
    { maxLength: 2 },
  ),
  service: fc.array(
    fc.record({
      id: fc.constantFrom('#atproto_pds', `${did}#atproto_pds`),
      type: fc.constant('AtprotoPersonalDataServer'),
      serviceEndpoint: endpoint,
    }),
    { maxLength: 2 },
  ),
})

/** What a directory of DIDs answers. */
export const didSurface: Surface = {
  name: 'did-document',
  inputs: fc.tuple(fc.oneof(fc.constant(did), hostileText), rawAnswer(document)),
  open: openDirectory,
}

async function openDirectory() {
  const server = await startAnsweringServer()
  return {
    feed: (input: unknown) => {
      const [asked, answer] = input as [string, RawAnswer]
      // Longer ones may run into a fault of Node's client that nobody can catch where a runner of tests
      // listens as well; `src/bin/parser-fault.test.ts` tries it in a program of its own.
      const body = answer.body.subarray(0, BODY_BYTES_MAX)
      server.answer = () => ({ ...answer, body })
      // Anew for each, so that nothing is answered from memory.
      const identity = createIdentity({
        plcUrl: server.url,
        allowPrivateAddresses: true,
        timeoutMs: TIMEOUT_MS,
      })
      const name = asked.startsWith('did:web') ? did : asked
      return refusable(async () => {
        const found = await identity.resolve(name)
        expectThat(found.did === name, 'a document of another DID is not taken')
        expectThat(new URL(found.pdsUrl).origin === found.pdsUrl, 'a PDS is an origin')
        expectThat(found.signingKey.startsWith('did:key:'), 'a key is one')
      })
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}
