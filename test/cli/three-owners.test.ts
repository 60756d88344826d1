import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/system-clock.ts'
import { openSession } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { accountEnv, runCli, type CliResult } from './run-cli.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
type Owner = (typeof OWNERS)[number]
const DAY_MS = 86_400_000
const NOW_MS = Date.now()
/** Bob's machine held something for Alice on this day, and both said so the day after. */
const DAY = dayOf(-2)

let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(OWNERS)
  folder = mkdtempSync(join(tmpdir(), 'commune-three-'))
  for (const owner of OWNERS) {
    const members = OWNERS.filter((other) => other !== owner).map(didOf)
    await put(`${owner}-mesh`, COLLECTION.meshletOwner, 'self', { ownerDid: didOf(owner) })
    await put(`${owner}-mesh`, COLLECTION.cluster, 'friends', { members })
    await put(owner, COLLECTION.meshlet, 'box', { meshletDid: didOf(`${owner}-mesh`) })
  }
  const workload = workloadUri(didOf('alice'), 'web')
  const entries = [{ workload, amount: MACHINE_DAY, seconds: 86_400 }]
  const createdAt = new Date(Date.parse(DAY) + DAY_MS + 60_000).toISOString()
  const claim = { period: DAY, sequence: 1, capacity: REFERENCE_MACHINE, entries, createdAt }
  const cid = await put('bobby-mesh', COLLECTION.usage, DAY, claim)
  const said = { usage: { uri: claimUri(), cid }, entries, createdAt }
  await put('alice', COLLECTION.acknowledgement, recordKeyFor(claimUri()), said)
}, 60_000)
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function dayOf(days: number): string {
  return new Date(NOW_MS + days * DAY_MS).toISOString().slice(0, 10)
}

function didOf(name: string) {
  return network.account(name).did
}

function claimUri(): string {
  return `at://${didOf('bobby-mesh')}/${COLLECTION.usage}/${DAY}`
}

async function put(
  name: string,
  collection: Collection,
  rkey: string,
  value: object,
): Promise<string> {
  const { did, password } = network.account(name)
  await using session = await openSession({ service: network.pdsUrl, identifier: did, password })
  const record = { $type: collection, createdAt: new Date().toISOString(), ...value }
  const { cids } = await session.writer.apply([{ action: 'put', collection, rkey, value: record }])
  return cids[0] ?? ''
}

/** A command line at this time; `undefined` has no account. */
function at(days: number, who: Owner | undefined, ...args: readonly string[]): Promise<CliResult> {
  const bystander = { COMMUNE_PLC_URL: network.plcUrl, XDG_CONFIG_HOME: join(folder, 'nobody') }
  const clock = { ...systemClock, wallMs: () => NOW_MS + days * DAY_MS }
  return runCli(args, {
    env: who === undefined ? bystander : accountEnv(network, who, folder),
    io: { clock },
  })
}

/** What everybody reads of each ledger, members and a bystander, the same answers left out. */
async function ledgers(days: number): Promise<readonly string[]> {
  const seen: string[] = []
  for (const reader of [...OWNERS, undefined])
    for (const of of OWNERS) {
      const { out, code } = await at(days, reader, 'balance', didOf(of), '--verify')
      expect(code, out).toBe(0)
      const json = await at(days, reader, 'balance', didOf(of), '-o', 'json')
      const { accounts } = JSON.parse(json.out) as { accounts: { owner: string; given: string }[] }
      const bobby = accounts.find(({ owner }) => owner === didOf('bobby'))
      seen.push(`bobby gave ${bobby?.given}`)
    }
  return [...new Set(seen)]
}

it('of three the neutral third decides a dispute, and all readers come to the same ledger', async () => {
  const disputed = await at(0.1, 'alice', 'dispute', claimUri(), '--reason', 'it was down')
  const id = disputed.out.trim().split(' ')[1] ?? ''
  await at(0.15, 'bobby', 'answer', id, 'contest')
  const state = async (days: number, who: Owner) => {
    const { out } = await at(days, who, 'get', 'disputes', '-o', 'json')
    const [one] = JSON.parse(out) as { state: string; settledBy?: string }[]
    return one?.settledBy ?? one?.state
  }
  expect(await state(0.6, 'carol')).toBe('answered')
  expect(await ledgers(1.2)).toEqual(['bobby gave 0.000'])
  const own = await at(1.3, 'bobby', 'propose', 'uphold', id)
  expect([own.code, own.err]).toEqual([1, expect.stringContaining('Ask another member to')])
  const proposed = await at(1.3, 'carol', 'propose', 'uphold', id)
  const vote = proposed.out.trim().split(' ')[1] ?? ''
  expect((await at(1.3, 'alice', 'vote', vote, 'yes')).err).toContain('You may not vote')
  const voted = await at(1.3, 'carol', 'vote', vote, 'no')
  expect(voted.err).toContain('It is failed: 0 yes and 1 no are not enough.')
  for (const owner of OWNERS) expect(await state(1.4, owner), owner).toBe('rejected')
  const table = await at(1.4, 'alice', 'get', 'disputes')
  expect(table.out).toMatch(/rejected +no; counts again from \d{4}-\d{2}-\d{2} /)
  expect((await at(3, 'alice', 'get', 'disputes')).out).toMatch(/rejected +yes /)
  for (const owner of OWNERS) {
    const { out } = await at(1.4, owner, 'get', 'proposals', vote, '-o', 'json')
    expect(JSON.parse(out), owner).toMatchObject([{ binds: true }])
  }
  const told = await at(1.4, 'alice', 'describe', 'proposal', vote)
  expect(told.out).toContain(`dispute:   ${id}\nclaim:     ${claimUri()}\n`)
  const [ledger, ...others] = await ledgers(4.5)
  expect(others).toEqual([])
  expect(ledger).toMatch(/^bobby gave 0\.[67]/)
}, 120_000)
