import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as plc from '@did-plc/lib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startPlc } from './plc.ts'
import type { RunningPlc } from './plc.ts'

let dir: string
let running: RunningPlc
let client: plc.Client
let recovery: Secp256k1Keypair
let rotation: Secp256k1Keypair

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'commune-plc-'))
  running = await startPlc({ dir })
  client = new plc.Client(running.url)
  recovery = await Secp256k1Keypair.create()
  rotation = await Secp256k1Keypair.create()
})

afterEach(async () => {
  await running[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

function createDid(): Promise<string> {
  return client.createDid({
    signingKey: rotation.did(),
    handle: 'alice.test',
    pds: 'http://localhost:1',
    rotationKeys: [recovery.did(), rotation.did()],
    signer: rotation,
  })
}

describe('the PLC directory', () => {
  it('makes a DID, changes it, and serves document, data and logs', async () => {
    const did = await createDid()
    await client.updatePds(did, rotation, 'http://localhost:2')
    expect((await client.getDocumentData(did)).services['atproto_pds']?.endpoint).toBe(
      'http://localhost:2',
    )
    expect((await client.getDocument(did)).id).toBe(did)
    expect(await client.getOperationLog(did)).toHaveLength(2)
    expect(await client.getAuditableLog(did)).toHaveLength(2)
  })

  it('keeps DIDs and port over a restart', async () => {
    const did = await createDid()
    const { port } = running
    await running[Symbol.asyncDispose]()
    running = await startPlc({ dir })
    expect(running.port).toBe(port)
    expect((await client.getDocumentData(did)).did).toBe(did)
  })

  it('refuses an operation that is signed with a foreign key', async () => {
    const did = await createDid()
    const stranger = await Secp256k1Keypair.create()
    await expect(client.updateHandle(did, stranger, 'mallory.test')).rejects.toMatchObject({
      status: 400,
    })
  })

  it('takes one of two operations that were made at once from the same state', async () => {
    const did = await createDid()
    const last = await client.getLastOp(did)
    const [first, second] = await Promise.all([
      plc.updateHandleOp(last as plc.Operation, rotation, 'one.test'),
      plc.updateHandleOp(last as plc.Operation, rotation, 'two.test'),
    ])
    const results = await Promise.allSettled([
      client.sendOperation(did, first),
      client.sendOperation(did, second),
    ])
    expect(results.map((result) => result.status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await client.getOperationLog(did)).toHaveLength(2)
  })

  it('lets the recovery key undo what a weaker key did, and keeps the audit trail', async () => {
    const did = await createDid()
    const genesis = (await client.getLastOp(did)) as plc.Operation
    await client.updateHandle(did, rotation, 'stolen.test')
    await client.sendOperation(did, await plc.updateHandleOp(genesis, recovery, 'back.test'))
    expect((await client.getDocumentData(did)).alsoKnownAs).toEqual(['at://back.test'])
    const audit = await client.getAuditableLog(did)
    expect(audit.map((entry) => entry.nullified)).toEqual([false, true, false])
  })

  it('answers 404 for what is not registered or no longer available', async () => {
    const did = await createDid()
    await client.tombstone(did, rotation)
    const gone = await fetch(`${running.url}/${did}`)
    expect([gone.status, await gone.json()]).toEqual([
      404,
      { message: `DID not available: ${did}` },
    ])
    const unknown = await fetch(`${running.url}/did:plc:${'a'.repeat(24)}`)
    expect(unknown.status).toBe(404)
  })

  it.each([
    ['another method', 'GET', '/did:web:example.com', undefined, 400],
    ['a bad escape', 'GET', '/%zz', undefined, 400],
    ['a deletion', 'DELETE', `/did:plc:${'a'.repeat(24)}`, undefined, 405],
    ['no JSON', 'POST', `/did:plc:${'a'.repeat(24)}`, '<html>', 400],
    ['a huge operation', 'POST', `/did:plc:${'a'.repeat(24)}`, 'x'.repeat(20_000), 413],
  ])('refuses %s', async (_, method, target, body, status) => {
    const response = await fetch(running.url + target, { method, ...(body && { body }) })
    expect(response.status).toBe(status)
  })
})
