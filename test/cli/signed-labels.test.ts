import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { dagCbor } from '../../src/atproto/dag-cbor.ts'
import { openSession } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { COLLECTION, LABEL_METHOD } from '../../src/model/nsid.ts'
import { updateDid } from '../support/move-account.ts'
import { accountEnv, runCli } from './run-cli.ts'

let network: TestNetwork
let folder: string
/** What the labeler answers now, and what it was asked. */
let labels: readonly object[] = []
const asked: URL[] = []
const labeler = createServer((request, response) => {
  asked.push(new URL(request.url ?? '', 'http://labeler'))
  response.setHeader('content-type', 'application/json').end(JSON.stringify({ labels }))
})

beforeAll(async () => {
  network = await startTestNetwork(['alice', 'bobby', 'label'])
  folder = mkdtempSync(join(tmpdir(), 'commune-labels-'))
  await new Promise<void>((resolve) => labeler.listen(0, '127.0.0.1', resolve))
  for (const [owner, member] of [
    ['alice', 'bobby'],
    ['bobby', 'alice'],
  ] as const) {
    const machine = network.account(`${owner}-mesh`).did
    await write(owner, COLLECTION.meshlet, 'box', { meshletDid: machine })
    await write(`${owner}-mesh`, COLLECTION.meshletOwner, 'self', { ownerDid: didOf(owner) })
    await write(`${owner}-mesh`, COLLECTION.cluster, 'friends', { members: [didOf(member)] })
  }
}, 60_000)
afterAll(async () => {
  labeler.close()
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function didOf(name: string) {
  return network.account(name).did
}

async function write(
  name: string,
  collection: (typeof COLLECTION)[keyof typeof COLLECTION],
  rkey: string,
  more: object,
): Promise<void> {
  const { did, password } = network.account(name)
  await using session = await openSession({ service: network.pdsUrl, identifier: did, password })
  const value = { $type: collection, createdAt: new Date().toISOString(), ...more }
  await session.writer.apply([{ action: 'put', collection, rkey, value }])
}

/** Has the DID document of the labeler name this key, as an operation of its PLC directory. */
async function nameKey(key: Secp256k1Keypair): Promise<void> {
  await updateDid(network, didOf('label'), (before) => ({
    ...before,
    verificationMethods: { ...before.verificationMethods, atproto_label: key.did() },
  }))
}

/** A label about Bobby, signed as https://atproto.com/specs/label has it. */
async function signedLabel(key: Secp256k1Keypair, val: string): Promise<object> {
  const label = {
    ver: 1,
    src: didOf('label'),
    uri: didOf('bobby'),
    val,
    cts: '2026-11-01T00:00:00Z',
  }
  const sig = await key.sign(dagCbor(label))
  return { ...label, sig: { $bytes: Buffer.from(sig).toString('base64') } }
}

async function members() {
  const { port } = labeler.address() as AddressInfo
  const env = accountEnv(network, 'alice', folder)
  const COMMUNE_LABELERS = `http://127.0.0.1:${port}`
  const { out } = await runCli(['get', 'members'], { env: { ...env, COMMUNE_LABELERS } })
  return out.split('\n').find((line) => line.startsWith('bobby')) ?? out
}

it('a label is signed by the key that the DID document names, and by no earlier one', async () => {
  const [first, second] = await Promise.all([Secp256k1Keypair.create(), Secp256k1Keypair.create()])
  labels = [await signedLabel(first, 'spam')]
  expect(await members()).toMatch(/ spam \(signature can’t be checked: ignore it\) /)

  await nameKey(first)
  expect(await members()).toMatch(/ spam /)
  expect(await members()).not.toContain('ignore it')
  expect(asked.at(-1)?.pathname).toBe(`/xrpc/${LABEL_METHOD.queryLabels}`)
  expect(asked.at(-1)?.searchParams.getAll('uriPatterns')).toContain(didOf('bobby'))

  // A new key: what the old one has signed counts for nothing until it is signed again.
  await nameKey(second)
  labels = [...labels, await signedLabel(second, 'rude')]
  expect(await members()).toMatch(/ (?:rude, )?spam \(wrongly signed: ignore it\)(?:, rude)? /)
  expect(await members()).not.toMatch(/rude \(/)
  labels = [await signedLabel(second, 'spam')]
  expect(await members()).not.toContain('ignore it')
}, 60_000)
