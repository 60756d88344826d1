import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Secp256k1Keypair } from '@atproto/crypto'
import { afterEach, expect, test } from 'vitest'
import { dagCbor } from '../atproto/dag-cbor.ts'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Io } from './io.ts'
import { labelText, readLabels } from './labels.ts'
import { systemClock } from './system-clock.ts'

const [ALICE, BOB]: readonly Did[] = ['did:plc:alice', 'did:plc:bob']
const SRC = 'did:plc:labeler'
const keypair = await Secp256k1Keypair.create()
const identity = {
  resolve: (did: string) => {
    if (did !== SRC) return Promise.reject(new CommuneError('identity', 'nobody knows it'))
    const base = { did: SRC, pdsUrl: 'https://pds.example', signingKey: 'did:key:z' } as const
    return Promise.resolve({ ...base, labelKey: keypair.did() })
  },
}
let server: Server | undefined
afterEach(() => server?.close())

async function signed(label: object): Promise<object> {
  const whole = { ver: 1, src: SRC, cts: '2026-11-01T00:00:00Z', ...label }
  const sig = await keypair.sign(dagCbor(whole))
  return { ...whole, sig: { $bytes: Buffer.from(sig).toString('base64') } }
}

async function labelsFrom(body: string, { status = 200, byEnvironment = false } = {}) {
  let notes = ''
  let asked = ''
  server = createServer((request, response) => {
    asked = request.url ?? ''
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const url = `http://127.0.0.1:${port}`
  const io = {
    note: (text: string) => {
      notes += text
    },
    env: byEnvironment ? { COMMUNE_LABELERS: `${url}, ${url}/` } : {},
    signal: new AbortController().signal,
    clock: systemClock,
  } as unknown as Io
  const options = byEnvironment ? {} : { labeler: [url] }
  const found = await readLabels(io, { options, identity, accounts: [ALICE!, BOB!] })
  const texts = [...found].map(([did, labels]) => [did, labels.map(labelText)] as const)
  return { found, notes, asked, texts }
}

test('shows what holds, of those who were asked about', async () => {
  const { found, asked, texts } = await labelsFrom(
    JSON.stringify({
      labels: [
        await signed({ uri: ALICE, val: 'spam\u001B[31m' }),
        await signed({ uri: ALICE, val: 'old', exp: '2020-01-01T00:00:00Z' }),
        await signed({ uri: BOB, val: 'scam', neg: true }),
        await signed({ uri: 'did:plc:other', val: 'spam' }),
        4,
      ],
    }),
  )
  expect([...found]).toEqual([[ALICE, [{ by: SRC, value: 'spam [31m', signature: 'valid' }]]])
  expect(texts).toEqual([[ALICE, ['spam [31m']]])
  expect(asked).toContain('uriPatterns=did%3Aplc%3Aalice&uriPatterns=did%3Aplc%3Abob')
})

test('what is not signed is marked, and takes back nothing that is', async () => {
  const forged = { ver: 1, src: SRC, uri: ALICE, cts: '2026-11-09T00:00:00Z' }
  const stranger = { ...(await signed({ uri: BOB, val: 'thief' })), src: 'did:plc:x' }
  const { texts } = await labelsFrom(
    JSON.stringify({
      labels: [
        { ...forged, val: 'saint' },
        { ...(await signed({ uri: ALICE, val: 'rude' })), val: 'cruel' },
        await signed({ uri: ALICE, val: 'spam' }),
        { ...forged, val: 'spam', neg: true },
        stranger,
      ],
    }),
  )
  expect(texts).toEqual([
    [ALICE, ['saint (not signed: ignore it)', 'cruel (wrongly signed: ignore it)', 'spam']],
    [BOB, ['thief (signature can’t be checked: ignore it)']],
  ])
})

test('the newest that is signed holds, in whatever order they come', async () => {
  const spam = { uri: ALICE, val: 'spam' }
  const scam = { uri: BOB, val: 'scam' }
  const labels = await Promise.all([
    signed({ ...spam, cts: '2026-11-02T00:00:00Z', neg: true }),
    signed(spam),
    signed({ ...scam, cts: '2026-11-03T00:00:00Z' }),
    signed({ ...scam, cts: '2026-11-02T00:00:00Z', neg: true }),
  ])
  for (const order of [labels, labels.toReversed()])
    expect((await labelsFrom(JSON.stringify({ labels: order }))).texts).toEqual([[BOB, ['scam']]])
})

test('labelers may stand in the environment, each once', async () => {
  const body = JSON.stringify({ labels: [await signed({ uri: ALICE, val: 'spam' })] })
  const { texts } = await labelsFrom(body, { byEnvironment: true })
  expect(texts).toEqual([[ALICE, ['spam']]])
})

test.each([
  ['{', 200, /no JSON/],
  ['{}', 200, /holds no labels/],
  ['null', 200, /holds no labels/],
  ['', 500, /answered 500/],
  [`"${'x'.repeat(2 * 1024 * 1024)}"`, 200, /too long/],
])('an answer like %.20j is said and stops nothing', async (body, status, message) => {
  const { found, notes } = await labelsFrom(body, { status })
  expect(found.size).toBe(0)
  expect(notes).toMatch(message)
})
