import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSession } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { GRAPH } from '../../src/model/nsid.ts'
import { parseOwnerList } from '../../src/spec/owner-list.ts'
import { runCli } from './run-cli.ts'
import { pdsApi } from '../support/pds-api.ts'

let network: TestNetwork
beforeAll(async () => {
  network = await startTestNetwork(['alice'])
}, 60_000)
afterAll(() => network[Symbol.asyncDispose]())

const SPAM = Array.from({ length: 130 }, (_, i) => `did:plc:spam${String(i).padStart(3, '0')}`)

function importOf(uri: string) {
  const env = { COMMUNE_PLC_URL: network.plcUrl, COMMUNE_SERVICE: network.pdsUrl }
  return runCli(['import', uri], { env })
}

it('makes a list of owners of a list on atproto, and of no other of its author', async () => {
  const { did, password } = network.account('alice')
  await using session = await openSession({ service: network.pdsUrl, identifier: did, password })
  const { com } = pdsApi(session)
  const createdAt = '2026-11-01T00:00:00Z'
  const create = async (collection: string, value: object, rkey?: string) => {
    const record = { $type: collection, createdAt, ...value }
    const at = rkey === undefined ? {} : { rkey }
    await com.atproto.repo.createRecord({ repo: did, collection, record, ...at, validate: false })
  }
  await create(GRAPH.list, { name: 'Spam #1', purpose: 'app.bsky.graph.defs#modlist' }, 'spam')
  const list = `at://${did}/${GRAPH.list}/spam`
  for (const subject of SPAM) await create(GRAPH.listItem, { list, subject })
  await create(GRAPH.listItem, { list: `${list}2`, subject: 'did:plc:friend' })
  await create(GRAPH.listItem, { list, subject: 'nobody' })

  const { code, out, err } = await importOf(list)
  expect(code, err).toBe(0)
  expect(out.split('\n')[0]).toContain(`Spam  1, ${list}`)
  expect(err).toContain('130 owners.')
  const parsed = parseOwnerList(out, 'spam.txt')
  expect([parsed.issues, parsed.owners.map((owner) => owner.did)]).toEqual([[], SPAM])

  const byHandle = await importOf(list.replace(did, network.account('alice').handle))
  expect(byHandle.out).toBe(out)

  const missing = await importOf(`${list}3`)
  expect([missing.code, missing.err]).toEqual([
    1,
    expect.stringContaining('There is no list at://'),
  ])
}, 60_000)

it.each([
  ['at://did:plc:x', '"at://did:plc:x" is no list.'],
  ['at://did:plc:x/app.bsky.feed.post/3k', 'is no list.'],
])('%s is refused', async (uri, message) => {
  const { code, err } = await importOf(uri)
  expect(code).toBe(2)
  expect(err).toContain(message)
})
