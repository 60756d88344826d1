import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openSession } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { usageUri } from '../../src/ledger/claims.ts'
import { addDays, closedDayOf } from '../../src/ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { Did, UsageRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { accountEnv, runCli } from '../cli/run-cli.ts'
import { pdsApi } from '../support/pds-api.ts'

/** Three members on a real PDS. Their machines are records only: what a month of work leaves behind. */
const OWNERS = ['alice', 'bobby', 'carol'] as const
type Owner = (typeof OWNERS)[number]
const DAY = closedDayOf(Date.now())
let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(OWNERS)
  folder = mkdtempSync(join(tmpdir(), 'commune-balance-'))
  for (const owner of OWNERS) {
    const others = OWNERS.filter((other) => other !== owner).map(did)
    await put(owner, COLLECTION.meshlet, 'box', { meshletDid: did(`${owner}-mesh`) })
    await put(`${owner}-mesh`, COLLECTION.meshletOwner, 'self', { ownerDid: did(owner) })
    await put(`${owner}-mesh`, COLLECTION.cluster, 'default', { members: others })
  }
  await work('alice', 'bobby', { ago: 0, machineDays: 2 })
  await work('alice', 'carol', { ago: 7, machineDays: 1 })
  await work('bobby', 'carol', { ago: 0, machineDays: 3, acknowledged: 1 })
  await work('carol', 'alice', { ago: 1, machineDays: 5, acknowledged: 0 })
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function did(name: string): Did {
  return network.account(name).did
}

async function put(account: string, collection: Collection, rkey: string, value: object) {
  const { did: identifier, password } = network.account(account)
  const session = await openSession({ service: network.pdsUrl, identifier, password })
  const createdAt = '2026-01-01T00:00:00.000Z'
  const record = { $type: collection, createdAt, ...value }
  const result = await session.writer.apply([{ action: 'put', collection, rkey, value: record }])
  return result.cids[0] ?? ''
}

async function record(account: string, collection: Collection, rkey: string) {
  const { did: identifier, password } = network.account(account)
  const session = await openSession({ service: network.pdsUrl, identifier, password })
  const { data } = await pdsApi(session).com.atproto.repo.getRecord({
    ...{ repo: identifier, collection, rkey },
  })
  return data as { readonly value: object }
}

/** One claim of a machine, and what the owner's machine saw of it. */
async function work(
  giver: Owner,
  taker: Owner,
  job: { readonly ago: number; readonly machineDays: number; readonly acknowledged?: number },
): Promise<void> {
  const day = addDays(DAY, -job.ago)
  const workload = workloadUri(did(taker), 'web')
  const entry = (machineDays: number): UsageRecord['entries'][number] => ({
    workload,
    amount: machineDays * MACHINE_DAY,
    seconds: 86_400,
  })
  const capacity = { ...REFERENCE_MACHINE, cpuMilli: 8 * REFERENCE_MACHINE.cpuMilli }
  const createdAt = `${addDays(day, 1)}T00:05:00.000Z`
  const claim = { period: day, sequence: 100 - job.ago, capacity, createdAt }
  const usage = { ...claim, entries: [entry(job.machineDays)] }
  const cid = await put(`${giver}-mesh`, COLLECTION.usage, day, usage)
  const { acknowledged = job.machineDays } = job
  if (acknowledged === 0) return
  const uri = usageUri(did(`${giver}-mesh`), day)
  const said = { usage: { uri, cid }, entries: [entry(acknowledged)], createdAt }
  await put(`${taker}-mesh`, COLLECTION.acknowledgement, recordKeyFor(uri), said)
}

function asMember(owner: Owner, args: readonly string[]) {
  return runCli(args, {
    env: accountEnv(network, owner, folder),
  })
}

/** Nobody here knows her; she has the address of the directory and nothing else. */
function asBystander(args: readonly string[]) {
  return runCli(args, { env: { COMMUNE_PLC_URL: network.plcUrl, XDG_CONFIG_HOME: folder } })
}

interface Report {
  readonly day: string
  readonly accounts: readonly { readonly owner: Did; readonly balance: string }[]
  readonly checked: { readonly sum: string; readonly bids: number }
}

describe('commune balance', () => {
  it('shows who gave and took, from the records of all', async () => {
    const { out, code } = await asMember('alice', ['balance', '-o', 'json'])
    expect(code).toBe(0)
    const { day, accounts, checked } = JSON.parse(out) as Report
    expect(day).toBe(DAY)
    expect(Object.fromEntries(accounts.map(({ owner, balance }) => [owner, balance]))).toEqual({
      [did('alice')]: '2.500',
      [did('bobby')]: '-1.000',
      [did('carol')]: '-1.500',
    })
    expect(checked.sum).toBe('0')
  })

  it('leads from a number to the records, and says why something does not count', async () => {
    const member = network.account('carol').handle
    const { out } = await asMember('alice', ['balance', '--explain', '--member', member])
    expect(out).toContain('more was claimed than acknowledged: the smaller counts')
    expect(out).toContain('nobody on the other side acknowledged it')
    expect(out).toContain(usageUri(did('bobby-mesh'), DAY))
    expect(out).toContain(`6 records are missing between those of ${addDays(DAY, -7)} and ${DAY}`)
    expect(out).toMatch(/took from \S+ {2}web on \S+ {2}counted 1\.000 \(claimed 3\.000/)
  })

  it('says so when there is nothing to explain, and when records may be gone', async () => {
    const args = ['balance', '--explain', '--at', addDays(DAY, -30)]
    const { out, err, code } = await asMember('alice', args)
    expect(code).toBe(0)
    expect(out).not.toContain('is made of')
    expect(err).toContain(
      `No machine has claimed anything of or for ${network.account('alice').handle}`,
    )
    expect(err).toContain('some may be gone')
  })

  it('a week earlier only what was closed by then counts', async () => {
    const { out } = await asMember('alice', ['balance', '--at', addDays(DAY, -7), '-o', 'json'])
    const alice = (JSON.parse(out) as Report).accounts.find(({ owner }) => owner === did('alice'))
    expect(alice?.balance).toBe('1.000')
  })

  it('is verified to the same bytes by members and by a bystander without an account', async () => {
    const args = ['balance', did('alice'), '--verify']
    const [alice, carol, bystander] = [
      await asMember('alice', args),
      await asMember('carol', args),
      await asBystander(args),
    ]
    expect(alice.err).toBe('')
    expect(alice.code).toBe(0)
    expect(alice.out).toMatch(/^sum 0$/m)
    expect(carol).toEqual(alice)
    expect(bystander).toEqual(alice)
  })

  it('finds a bid that claims another balance than the ledger, and so does explain', async () => {
    const workload = workloadUri(did('alice'), 'web')
    await put('alice', COLLECTION.workload, 'web', {
      kind: 'Workload',
      name: 'web',
      image: `registry.example/web@sha256:${'0'.repeat(64)}`,
    })
    const listed = await asMember('alice', ['get', 'workloads', 'web', '-o', 'json'])
    const [{ placementKey } = { placementKey: '' }] = JSON.parse(listed.out) as {
      placementKey: string
    }[]
    const bid = (balance: number) => ({
      ...{ workload, placementKey, round: 0, epoch: 1, slots: 1, ledgerDay: DAY },
      score: 500 + balance,
      scoreParts: [
        { name: 'room', value: 500 },
        { name: 'balance', value: balance },
      ],
      createdAt: new Date().toISOString(),
    })
    const key = recordKeyFor(workload)
    await put('bobby-mesh', COLLECTION.bid, key, bid(1_000))
    const honest = await asMember('alice', ['balance', '--verify'])
    expect(honest.code).toBe(0)
    expect(honest.out).toContain('offers checked: 1, with another balance than the ledger: 0')
    await put('carol-mesh', COLLECTION.bid, key, bid(-900))
    const verified = await asMember('alice', ['balance', '--verify'])
    expect(verified.code).toBe(1)
    expect(verified.out).toContain(`claims -900: the ledger of ${DAY} says 1000`)
    expect(verified.out).toContain(`at://${did('carol-mesh')}/${COLLECTION.bid}/${key}`)
    const explained = await asMember('alice', ['explain', 'web'])
    expect(explained.out).toContain(`claims a balance part of -900: the ledger of ${DAY} says 1000`)
    const machines = await asMember('alice', ['get', 'meshlets'])
    expect(machines.out).toMatch(/carol.*1 offer claims another balance than the ledger/)
    expect(machines.out.match(/another balance/g)).toHaveLength(1)
  })

  it('puts such a bid on record by its address, and anybody computes it again', async () => {
    const bidOf = (owner: Owner) =>
      `at://${did(`${owner}-mesh`)}/${COLLECTION.bid}/${recordKeyFor(workloadUri(did('alice'), 'web'))}`
    const honest = await asMember('alice', ['dispute', bidOf('bobby')])
    expect(honest).toMatchObject({ code: 2, out: '' })
    expect(honest.err).toContain('The ledger bears out what this bid claims.')
    const before = (await asBystander(['balance', did('alice'), '-o', 'json'])).out
    const written = await asMember('alice', ['dispute', bidOf('carol')])
    expect(written).toMatchObject({ code: 0, out: expect.stringMatching(/^disputed \S+\n$/) })
    const finding = `it claims a balance part of -900: the ledger of ${DAY} says 1000`
    expect(written.err).toContain(`On record: ${finding}.`)
    const listed = await asBystander(['get', 'disputes', '--owner', did('bobby')])
    expect(listed.out).toContain(`${finding} (checked again: ${finding})`)
    expect((await asBystander(['balance', did('alice'), '-o', 'json'])).out).toBe(before)
    // Whoever mends her bid afterwards has it said, too.
    const { value } = await record('carol-mesh', COLLECTION.bid, bidOf('carol').split('/')[4] ?? '')
    await put('carol-mesh', COLLECTION.bid, bidOf('carol').split('/')[4] ?? '', {
      ...value,
      score: 1_500,
      scoreParts: [
        { name: 'room', value: 500 },
        { name: 'balance', value: 1_000 },
      ],
    })
    const after = await asBystander(['get', 'disputes', '--owner', did('bobby')])
    expect(after.out).toContain(`${finding} (the bid was changed since)`)
    const claim = `at://${did('alice')}/${COLLECTION.meshlet}/box`
    const wrong = await asMember('alice', ['dispute', claim, '--reason', 'r'])
    expect(wrong.err).toContain('is neither a claim nor a bid.')
  })

  it('an owner acknowledges what her machines did not, and takes it back', async () => {
    const uri = usageUri(did('carol-mesh'), addDays(DAY, -1))
    const creditOf = async () => {
      const explained = await asMember('alice', ['balance', '--explain'])
      return explained.out.split('\n').find((line) => line.includes('took from'))
    }
    expect(await creditOf()).toContain('nobody on the other side acknowledged it')
    const written = await asMember('alice', ['acknowledge', uri])
    expect(written).toMatchObject({ code: 0, out: `acknowledged 1 of ${addDays(DAY, -1)}\n` })
    // Today is after the day was closed: it counts in a later ledger.
    expect(await creditOf()).toContain('nobody on the other side acknowledged it')
    const wrong = await asMember('bobby', ['acknowledge', uri])
    expect(wrong.err).toContain('The claim names no workload of yours.')
  })

  it('tells what waits for her word, and takes one word for all that is not in doubt', async () => {
    // A tenth of a core for a day, of a workload that asks for as much; and once ten times of it.
    await work('carol', 'alice', { ago: 3, machineDays: 0.025, acknowledged: 0 })
    await work('carol', 'alice', { ago: 4, machineDays: 0.25, acknowledged: 0 })
    const balance = await asMember('alice', ['balance'])
    expect(balance.err).toContain("2 claims wait for the owner's word, 0.275 machine-days")
    const listed = await asMember('alice', ['acknowledge'])
    expect(listed.out.split('\n').filter((line) => line.includes(' web '))).toEqual([
      expect.stringMatching(/ 0\.250 .*more than it asks for/),
      expect.stringMatching(/ 0\.025 +- +at:/),
    ])
    const asked = await asMember('alice', ['acknowledge', '--all'])
    expect(asked).toMatchObject({ code: 2, err: expect.stringContaining('Give --yes to go ahead') })
    const done = await asMember('alice', ['acknowledge', '--all', '--yes'])
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/\nacknowledged 1 claim\n$/) })
    expect(done.err).toContain('1 left out, with a doubt')
    const again = await asMember('alice', ['acknowledge'])
    expect(again.out).not.toContain(addDays(DAY, -3))
    expect((await asMember('bobby', ['acknowledge'])).err).toBe('No claim waits for your word.\n')
    const both = await asMember('alice', ['acknowledge', '--all', '--nothing'])
    expect(both).toMatchObject({ code: 2, err: expect.stringContaining('--all goes with neither') })
  })

  it('a sponsor lends and takes back, in machine-days', async () => {
    const newcomer = network.account('bobby').handle
    const lent = await asMember('carol', ['sponsor', newcomer, '--credit', '2.5'])
    expect(lent).toMatchObject({ code: 0, out: 'lent 2.5\n' })
    const again = await asMember('carol', ['sponsor', newcomer, '--credit', '2.5'])
    expect(again.out).toBe('lent already\n')
    const back = await asMember('carol', ['sponsor', newcomer, '--credit', '0'])
    expect(back.out).toBe('taken back\n')
    const wrong = await asMember('carol', ['sponsor', newcomer, '--credit', 'much'])
    expect(wrong.code).toBe(2)
    expect(wrong.err).toContain('--credit much is no amount.')
  })

  it('a claim that was disputed before the close does not count, and the other side of the ledger follows', async () => {
    const uri = usageUri(did('alice-mesh'), DAY)
    const listed = await asMember('bobby', ['balance', '--explain', '-o', 'json'])
    const { entries } = JSON.parse(listed.out) as {
      entries: readonly { readonly usage: { readonly uri: string; readonly cid: string } }[]
    }
    const claim = entries.find(({ usage }) => usage.uri === uri)?.usage
    const reason = 'It never ran.'
    const late = { claim, reason, createdAt: new Date().toISOString() }
    await put('bobby', COLLECTION.dispute, 'claim', late)
    const before = await asMember('bobby', ['balance', '--explain'])
    expect(before.out).not.toContain('disputed, and not settled')
    const createdAt = `${addDays(DAY, 1)}T12:00:00.000Z`
    await put('bobby', COLLECTION.dispute, 'claim', { claim, reason, createdAt })
    const { out } = await asMember('bobby', ['balance', '--explain'])
    expect(out).toContain('disputed, and not settled')
    const verified = await asBystander(['balance', did('alice'), '--verify'])
    expect(verified.out).toContain(`${did('bobby')} ${(86_400_000_000 * 65_536).toString()}`)
    expect(verified.out).toMatch(/^sum 0$/m)
  })

  it('prints the same bytes for all, also when lists and rules have just changed', async () => {
    const others = (owner: Owner) => OWNERS.filter((other) => other !== owner).map(did)
    const verify = async () => {
      const args = ['balance', did('alice'), '--verify']
      const all = [
        await asMember('alice', args),
        await asMember('bobby', args),
        await asBystander(args),
      ]
      expect(all[1]).toEqual(all[0])
      expect(all[2]).toEqual(all[0])
      return all[0] ?? { code: 1, out: '', err: '' }
    }
    const ledgerPart = (out: string) => out.split('offers checked')[0]
    const before = await verify()
    const now = new Date().toISOString()
    await put('carol-mesh', COLLECTION.cluster, 'default', {
      ...{ members: [did('bobby')], createdAt: now },
    })
    const without = await verify()
    expect(without.out).not.toContain(did('carol'))
    expect(without.out).toMatch(/^sum 0$/m)
    // The bids were made when she was a member: that they say something else is nobody's fault.
    expect(without.code).toBe(0)
    expect(without.out).toMatch(/of \d+ it can't be told/)
    await put('carol-mesh', COLLECTION.cluster, 'default', {
      ...{ members: others('carol'), createdAt: now },
    })
    expect(ledgerPart((await verify()).out)).toBe(ledgerPart(before.out))
    const policy = await put('alice', COLLECTION.clusterPolicy, 'default', {
      ...{ rootCreditLine: MACHINE_DAY, createdAt: now },
    })
    const uri = `at://${did('alice')}/${COLLECTION.clusterPolicy}/default`
    for (const owner of OWNERS)
      await put(`${owner}-mesh`, COLLECTION.cluster, 'default', {
        ...{ members: others(owner), policy: { uri, cid: policy }, createdAt: now },
      })
    const ruled = await verify()
    const lineOf = (out: string) => /^members, loans.*$/m.exec(out)?.[0]
    expect(lineOf(ruled.out)).not.toBe(lineOf(before.out))
    const { out } = await asBystander(['balance', did('alice')])
    expect(out).toMatch(/bobby\S* +-?[\d.]+ +[\d.]+ +[\d.]+ +1\.000/)
  })

  it.each([
    [['--at', 'yesterday'], '--at yesterday is no day.'],
    [['--at', '2099-01-01'], 'The ledger of 2099-01-01 is not closed yet.'],
    [['--at', '2026-02-30'], '--at 2026-02-30 is no day.'],
    [['--member', 'nobody.example'], 'nobody.example is no member of this commune.'],
  ])('%s is refused with what would be right', async (args, message) => {
    const { code, err } = await asMember('alice', ['balance', ...args])
    expect(code).toBe(2)
    expect(err).toContain(message)
  })
})
