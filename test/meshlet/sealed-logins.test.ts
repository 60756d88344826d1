import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import { beforeAll, expect, test } from 'vitest'
import { SealedLogins } from '../../src/meshlet/sealed-logins.ts'
import { Settings } from '../../src/meshlet/settings.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did, SecretRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import type { SealKey } from '../../src/ports/seal-key.ts'
import { openRegistryLogin, sealRegistryLogin } from '../../src/secrets/registry-secret.ts'
import { MemoryView } from '../support/memory-view.ts'
import { VirtualJournal } from '../support/virtual-journal.ts'

const ALICE: Did = 'did:plc:alice'
const NAME = 'shop.registry.example'
const URI = workloadUri(ALICE, 'shop')
const IMAGE = `registry.example/app@sha256:${'1'.repeat(64)}`
const LOGIN = { registry: 'registry.example', username: 'alice', password: 'p' }

let sealKey: SealKey

beforeAll(async () => {
  const identity = await generateHybridIdentity()
  const recipient = await identityToRecipient(identity)
  const key = { identity, recipient }
  sealKey = { recipient, open: (place, record) => openRegistryLogin(place, record, key) }
})

function seal(generation: number, login = LOGIN): Promise<SecretRecord> {
  const createdAt = '2026-11-21T00:00:00.000Z' as SecretRecord['createdAt']
  const unsealed = { workload: URI, generation, recipients: [sealKey.recipient], createdAt }
  return sealRegistryLogin({ owner: ALICE, name: NAME }, unsealed, login)
}

function machine() {
  const view = new MemoryView()
  const settings = new Settings(new VirtualJournal())
  const logins = new SealedLogins({ view, settings, sealKey })
  return { view, find: (image = IMAGE, uri = URI) => logins.find(image, uri, ALICE) }
}

test('what was sealed serves this workload and this registry only', async () => {
  const { view, find } = machine()
  expect(await find()).toEqual({ kind: 'none' })
  view.put(ALICE, COLLECTION.secret, NAME, await seal(1))
  const auth = { username: 'alice', password: 'p', serverAddress: 'registry.example' }
  expect(await find()).toMatchObject({ kind: 'login', auth })
  expect(await find(IMAGE.replace('registry', 'evil'))).toEqual({ kind: 'none' })
  expect(await find(IMAGE, workloadUri(ALICE, 'other'))).toEqual({ kind: 'none' })
})

test('an older generation than one that was used here is refused', async () => {
  const { view, find } = machine()
  const old = await seal(4)
  view.put(ALICE, COLLECTION.secret, NAME, await seal(5))
  expect(await find()).toMatchObject({ kind: 'login' })
  view.put(ALICE, COLLECTION.secret, NAME, old)
  expect(await find()).toEqual({
    kind: 'unusable',
    why: `the sealed secret ${NAME} can’t be used: it is older than one that was used here`,
  })
  view.put(ALICE, COLLECTION.secret, NAME, await seal(5))
  expect(await find()).toMatchObject({ kind: 'login' })
})
