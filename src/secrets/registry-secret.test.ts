import {
  Encrypter,
  generateHybridIdentity,
  generateX25519Identity,
  identityToRecipient,
} from 'age-encryption'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Did, SecretRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { SealKey } from '../ports/seal-key.ts'
import { sealRegistryLogin } from './registry-secret.ts'
import { openSealKey } from './seal-key.ts'

const ALICE: Did = 'did:plc:alice'
const BOB: Did = 'did:plc:bob'
const PLACE = { owner: ALICE, name: 'shop.registry.example' }
const LOGIN = { registry: 'registry.example', username: 'alice', password: 'correct horse' }
const CREATED = '2026-11-21T00:00:00.000Z' as SecretRecord['createdAt']

let folder: string
let box: SealKey
let other: SealKey
let sealed: SecretRecord

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'commune-seal-'))
  box = await openSealKey(join(folder, 'box', 'seal.key'))
  other = await openSealKey(join(folder, 'other', 'seal.key'))
  sealed = await sealFor([box.recipient, other.recipient])
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function sealFor(recipients: string[], generation = 7): Promise<SecretRecord> {
  const workload = workloadUri(ALICE, 'shop')
  return sealRegistryLogin(PLACE, { workload, generation, recipients, createdAt: CREATED }, LOGIN)
}

/** A record with this file, as somebody who knows the machine's key could make one. */
async function withFile(recipients: readonly string[], content: string): Promise<SecretRecord> {
  const encrypter = new Encrypter()
  for (const one of recipients) encrypter.addRecipient(one)
  return { ...sealed, recipients: [box.recipient], ciphertext: await encrypter.encrypt(content) }
}

describe('a sealed login', () => {
  it('opens on each of its machines, and tells nothing by its length', async () => {
    expect(await box.open(PLACE, sealed)).toEqual(LOGIN)
    expect(await other.open(PLACE, sealed)).toEqual(LOGIN)
    const [short, long] = await Promise.all(
      ['a', 'a'.repeat(100)].map((password) =>
        sealRegistryLogin(
          PLACE,
          { ...sealed, recipients: [box.recipient] },
          { ...LOGIN, password },
        ),
      ),
    )
    // The header alone names as many keys, so the rest has the same length.
    expect(short?.ciphertext.length).toBe(long?.ciphertext.length)
    expect(Buffer.from(sealed.ciphertext).includes(LOGIN.password)).toBe(false)
  })

  it.each<[string, Partial<typeof PLACE>, Partial<SecretRecord>, RegExp]>([
    ['copied to another repo', { owner: BOB }, {}, /another owner/],
    ['renamed', { name: 'shop.other.example' }, {}, /another name/],
    ['moved to another workload', {}, { workload: workloadUri(ALICE, 'evil') }, /another workload/],
    ['given a newer generation', {}, { generation: 8 }, /another generation/],
    ['too large', {}, { ciphertext: new Uint8Array(128 * 1024 + 1) }, /more than 131072 bytes/],
    ['no age file', {}, { ciphertext: new Uint8Array(1024) }, /no age file/],
  ])('is refused when it is %s', async (_, place, fields, why) => {
    await expect(box.open({ ...PLACE, ...place }, { ...sealed, ...fields })).rejects.toThrow(why)
  })

  it('is refused when the list of machines was changed', async () => {
    const third = await identityToRecipient(await generateHybridIdentity())
    const swapped = { ...sealed, recipients: [box.recipient, third] }
    await expect(box.open(PLACE, swapped)).rejects.toThrow('for other machines')
    const fewer = { ...sealed, recipients: [box.recipient] }
    await expect(box.open(PLACE, fewer)).rejects.toThrow('other keys than the record names')
    const notForUs = { ...sealed, recipients: [other.recipient] }
    await expect(box.open(PLACE, notForUs)).rejects.toThrow('not sealed for this machine')
  })

  it('is refused when one byte of it was changed', async () => {
    const ciphertext = Uint8Array.from(sealed.ciphertext)
    ciphertext[ciphertext.length - 1] = (ciphertext.at(-1) ?? 0) ^ 1
    await expect(box.open(PLACE, { ...sealed, ciphertext })).rejects.toThrow('does not open it')
  })

  it('is refused for a classical key, whoever sealed it', async () => {
    const classical = await identityToRecipient(await generateX25519Identity())
    await expect(sealFor([box.recipient, classical])).rejects.toThrow('no post-quantum key')
    const named = { ...sealed, recipients: [box.recipient, classical] }
    await expect(box.open(PLACE, named)).rejects.toThrow('not post-quantum')
    const mixed = await withFile([box.recipient, classical], '{}')
    await expect(box.open(PLACE, mixed)).rejects.toThrow('not post-quantum')
  })

  it.each([
    ['no JSON', 'password: hunter2'],
    ['another kind', '{"v":1,"kind":"file"}'],
    ['a later version', '{"v":2,"kind":"registry"}'],
    ['no values', '{"v":1,"kind":"registry","owner":"did:plc:alice"}'],
    ['nothing', 'null'],
  ])('with %s inside is refused without showing it', async (_, content) => {
    const error = await box.open(PLACE, await withFile([box.recipient], content)).catch(String)
    expect(error).toMatch(/what is inside/)
    expect(error).not.toContain('hunter2')
  })
})

describe('the key of a machine', () => {
  it('is made once, is for its owner only, and survives a restart', async () => {
    const file = join(folder, 'box', 'seal.key')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const again = await openSealKey(file)
    expect(again.recipient).toBe(box.recipient)
    expect(await again.open(PLACE, sealed)).toEqual(LOGIN)
  })

  it.each(['"no key"', '"AGE-SECRET-KEY-PQ-1' + 'Q'.repeat(58) + '"'])(
    'that is damaged is told of: %s',
    async (content) => {
      const file = join(folder, 'damaged.key')
      writeFileSync(file, content)
      await expect(openSealKey(file)).rejects.toMatchObject({ code: 'io' })
    },
  )
})
