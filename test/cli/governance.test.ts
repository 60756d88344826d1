import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSession } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { accountEnv, runCli, type CliResult } from './run-cli.ts'

const OWNERS = ['alice', 'bobby', 'carol', 'dave1'] as const
type Owner = (typeof OWNERS)[number]
const CLAIM_KEY = '2026-11-20T00Z'

let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startTestNetwork([...OWNERS, 'erin1'])
  folder = mkdtempSync(join(tmpdir(), 'commune-governance-'))
  for (const owner of OWNERS) {
    const members = OWNERS.filter((other) => other !== owner).map(didOf)
    const session = await sessionOf(`${owner}-mesh`)
    await put(session, COLLECTION.meshletOwner, 'self', { ownerDid: didOf(owner) })
    await put(session, COLLECTION.cluster, 'friends', { members })
    await session[Symbol.asyncDispose]()
    const own = await sessionOf(owner)
    await put(own, COLLECTION.meshlet, 'box', { meshletDid: didOf(`${owner}-mesh`) })
    await own[Symbol.asyncDispose]()
  }
}, 60_000)
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function didOf(name: string) {
  return network.account(name).did
}

function sessionOf(name: string) {
  const { did, password } = network.account(name)
  return openSession({ service: network.pdsUrl, identifier: did, password })
}

async function put(
  session: Awaited<ReturnType<typeof sessionOf>>,
  collection: Collection,
  rkey: string,
  value: object,
): Promise<string> {
  const record = { $type: collection, createdAt: new Date().toISOString(), ...value }
  const { cids } = await session.writer.apply([{ action: 'put', collection, rkey, value: record }])
  return cids[0] ?? ''
}

function as(owner: Owner, ...args: readonly string[]): Promise<CliResult> {
  return runCli(args, {
    env: accountEnv(network, owner, folder),
  })
}

interface ProposalData {
  readonly id: string
  readonly state: string
  readonly why: string
  readonly binds: boolean
  readonly attestedBy: readonly string[]
  readonly equivocators: readonly string[]
}

async function proposal(as_: Owner, id: string): Promise<ProposalData> {
  const { out, err } = await as(as_, 'get', 'proposals', id, '-o', 'json')
  const [found] = JSON.parse(out || '[]') as ProposalData[]
  if (found === undefined) throw new Error(`no proposal ${id}: ${out}${err}`)
  return found
}

it('the rules of a cluster are planned, published, compared and pruned like workloads', async () => {
  const rules = join(folder, 'rules')
  const files = await import('node:fs/promises')
  await files.mkdir(rules)
  writeFileSync(
    join(rules, 'all.yaml'),
    `kind: Cluster\nname: friends\ncontribution: { minimum: 20% }\n---\nkind: Workload\nname: hello\nreplicas: 0\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`,
  )
  const first = await as('alice', 'sync', rules, '--set', 'test')
  expect(first.out).toContain('+ friends  rules of a cluster: new  all.yaml:1')
  expect(first.code, first.err).toBe(0)
  expect((await as('alice', 'diff', rules, '--set', 'test')).out).toContain(
    'Nothing to do: 1 workload and the rules of 1 cluster',
  )
  writeFileSync(
    join(rules, 'all.yaml'),
    `kind: Workload\nname: hello\nreplicas: 0\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`,
  )
  expect((await as('alice', 'diff', rules, '--set', 'test')).code).toBe(1)
  const unasked = await as('alice', 'sync', rules, '--set', 'test', '--prune')
  expect(unasked.err).toContain('--yes')
  const pruned = await as('alice', 'sync', rules, '--set', 'test', '--prune', '--yes')
  expect(pruned.out).toContain('- friends  rules of a cluster: gone from the folder')
  expect(pruned.code).toBe(0)
}, 60_000)

it('rules of a cluster that no machine of hers is in are said when they are planned, and shown', async () => {
  const rules = mkdtempSync(join(folder, 'unheld-'))
  writeFileSync(join(rules, 'cluster.yaml'), 'kind: Cluster\nname: neighbours\n')
  const lost =
    /nobody holds to them: your machines are in friends; name that, or give one --cluster/
  expect((await as('dave1', 'diff', rules, '--set', 'lost')).out).toMatch(lost)
  expect((await as('dave1', 'sync', rules, '--set', 'lost')).out).toMatch(lost)
  const shown = await as('dave1', 'get', 'clusters')
  expect(shown.out).not.toContain('neighbours')
  expect(shown.err).toMatch(/rules published for neighbours: nobody holds to them/)
}, 60_000)

it('shows which rules hold, and who holds to them', async () => {
  expect((await as('alice', 'get', 'clusters')).out).toMatch(
    /friends +4 +standard .*so the standard/,
  )
  const session = await sessionOf('bobby')
  const cid = await put(session, COLLECTION.clusterPolicy, 'friends', { voteDays: 7 })
  await session[Symbol.asyncDispose]()
  const policy = { uri: `at://${didOf('bobby')}/${COLLECTION.clusterPolicy}/friends`, cid }
  const members = OWNERS.map(didOf)
  const machines = [
    ['alice-mesh', policy],
    ['bobby-mesh', policy],
    [
      'carol-mesh',
      { ...policy, cid: 'bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku' },
    ],
  ] as const
  for (const [name, named] of machines) {
    const machine = await sessionOf(name)
    await put(machine, COLLECTION.cluster, 'friends', { members, policy: named })
    await machine[Symbol.asyncDispose]()
  }
  const { out } = await as('dave1', 'get', 'clusters', '-o', 'wide')
  expect(out).toMatch(
    /friends +4 +bobby\S* +alice\S*, bobby\S* +carol\S* +2 of 4 members hold to it/,
  )
  expect(out).toContain('no minimum; credit 7, lends 7; votes 66.7%/66.7% in 7 days')
}, 60_000)

it('three of three vote to suspend the fourth, and everybody reads the same', async () => {
  const proposed = await as(
    'alice',
    'propose',
    'suspend',
    network.account('dave1').handle,
    '--reason',
    'spam',
  )
  expect(proposed.err).toMatch(
    /^alice\S*, bobby\S*, carol\S* may vote until \d{4}-\S+ \d\d:\d\d UTC:/,
  )
  const id = proposed.out.trim().split(' ')[1] ?? ''
  expect((await as('dave1', 'vote', id, 'no')).err).toContain('Nobody votes about herself.')
  for (const voter of ['alice', 'bobby'] as const)
    expect((await as(voter, 'vote', id, 'yes')).out).toBe('voted yes\n')
  expect((await proposal('alice', id)).state).toBe('open')
  const last = await as('carol', 'vote', id, 'yes')
  expect(last.err).toContain('It is passed: 3 of 3 say yes.')
  expect(last.err).toContain('on record in your repo')
  await as('bobby', 'vote', id)
  for (const reader of OWNERS)
    expect(await proposal(reader, id)).toMatchObject({
      state: 'passed',
      binds: reader !== 'dave1',
      attestedBy: [didOf('bobby'), didOf('carol')].toSorted(),
    })
  const told = await as('alice', 'describe', 'proposal', id)
  expect(told.out).toContain('reason:    spam')
  expect(told.out).toContain('binds you: yes')
  expect((await as('bobby', 'vote', id, 'no')).err).toContain('The vote has ended')
  const members = await as('alice', 'get', 'members')
  expect(members.out).toMatch(/dave1.*suspended until .* \(friends\)/)
  expect(members.out).toMatch(/bobby.* good /)
  // She sees it, too, and that those go on works with her says nothing of it.
  expect((await as('dave1', 'get', 'members')).out).toMatch(
    /dave1\S* .*suspended until .* \(friends\)/,
  )
  const admitted = await as('bobby', 'propose', 'admit', network.account('dave1').handle)
  expect(admitted.code).toBe(1)
  expect(admitted.err).toMatch(/is a member already, suspended until .*\n.*propose reinstate dave1/)

  // Whoever lists the votes as she saw them shows who changed hers afterwards.
  const bobby = await sessionOf('bobby')
  const { uri, cid } = (await proposal('alice', id)) as unknown as { uri: string; cid: string }
  await put(bobby, COLLECTION.vote, recordKeyFor(uri), { proposal: { uri, cid }, choice: 'no' })
  await bobby[Symbol.asyncDispose]()
  expect((await as('alice', 'describe', 'proposal', id)).out).toMatch(
    /SEEN OTHERWISE\n.*carol.* has on record that .*bobby.* voted yes; now her vote says no/s,
  )

  // Half of the votes and the proposal itself are deleted: two of three have it on record.
  const session = await sessionOf('alice')
  await session.writer.apply([{ action: 'delete', collection: COLLECTION.proposal, rkey: id }])
  expect(await proposal('carol', id)).toMatchObject({ state: 'passed' })
  await session[Symbol.asyncDispose]()
}, 60_000)

it('what is open already is not proposed again, and what must be meant is said', async () => {
  const { handle } = network.account('erin1')
  const first = await as('carol', 'propose', 'admit', handle)
  const id = first.out.trim().split(' ')[1] ?? ''
  const count = async () => {
    const { out } = await as('carol', 'get', 'proposals', '-o', 'json')
    return (JSON.parse(out) as unknown[]).length
  }
  const before = await count()
  const again = await as('carol', 'propose', 'admit', handle)
  expect(again.code).toBe(1)
  expect(again.err).toMatch(/You have proposed that already; nothing was written\./)
  expect(again.err).toContain(`commune vote ${id} yes|no|abstain`)
  const other = await as('bobby', 'propose', 'admit', handle)
  expect(other.err).toMatch(/^commune: carol\S* has proposed that already/)
  expect(await count()).toBe(before)

  const unknown = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'
  expect((await as('carol', 'propose', 'expel', unknown)).err).toMatch(
    /is no member of friends\.\n.*commune propose admit did:plc:ewvi/,
  )
  expect((await as('carol', 'propose', 'admit', unknown)).err).toContain('it leads nowhere')
  expect((await as('carol', 'propose', 'expel', didOf('bobby-mesh'))).err).toMatch(
    /is a machine, and members are owners\.\n.*commune propose expel bobby/,
  )

  // As much of the id as is enough will do; what is not enough lists what fits.
  expect((await as('carol', 'vote', id.slice(0, 8))).err).toContain('It is open')
  expect((await as('carol', 'describe', 'proposal', id.slice(0, 8))).out).toMatch(/^admit did:plc/)
  const session = await sessionOf('carol')
  const value = (await proposal('carol', id)) as unknown as object
  for (const rkey of ['zzzz1', 'zzzz2']) await put(session, COLLECTION.proposal, rkey, { ...value })
  expect((await as('carol', 'vote', 'zzzz')).err).toMatch(
    /may be any of 2 proposals\.\n.*zzzz1, zzzz2|zzzz2, zzzz1/,
  )
  for (const rkey of ['zzzz1', 'zzzz2', id])
    await session.writer.apply([{ action: 'delete', collection: COLLECTION.proposal, rkey }])
  await session[Symbol.asyncDispose]()
}, 60_000)

it('#61 a second vote for the other side, under another key, is shown', async () => {
  const { out } = await as('alice', 'propose', 'admit', didOf('erin1'))
  const id = out.trim().split(' ')[1] ?? ''
  await as('bobby', 'vote', id, 'yes')
  const { uri, cid } = (await proposal('alice', id)) as unknown as { uri: string; cid: string }
  const session = await sessionOf('bobby')
  await put(session, COLLECTION.vote, 'another', { proposal: { uri, cid }, choice: 'no' })
  await session[Symbol.asyncDispose]()
  expect((await proposal('alice', id)).equivocators).toEqual([didOf('bobby')])
  const told = await as('carol', 'describe', 'proposal', id)
  expect(told.out).toContain('ignored: she voted for both sides')
}, 60_000)

it('a claim is disputed, contested, and struck by those who are no party', async () => {
  const session = await sessionOf('bobby-mesh')
  await put(session, COLLECTION.usage, CLAIM_KEY, { period: CLAIM_KEY, entries: [] })
  await session[Symbol.asyncDispose]()
  const claim = `at://${didOf('bobby-mesh')}/${COLLECTION.usage}/${CLAIM_KEY}`
  const disputed = await as(
    'alice',
    'dispute',
    claim,
    '--reason',
    'it was down',
    '--evidence',
    claim,
  )
  const id = disputed.out.trim().split(' ')[1] ?? ''
  expect((await as('alice', 'dispute', claim, '--reason', 'again')).err).toContain('already')
  const state = async () => {
    const { out } = await as('carol', 'get', 'disputes', '-o', 'json')
    const [one] = JSON.parse(out) as { state: string; settledBy?: string; claimCounts: boolean }[]
    return [one?.settledBy ?? one?.state, one?.claimCounts]
  }
  expect(await state()).toEqual(['open', false])
  expect((await as('carol', 'answer', id, 'concede')).err).toContain(
    'whose claim it is, may concede it',
  )
  expect((await as('bobby', 'answer', id, 'contest', '--reason', 'it was not')).code).toBe(0)
  expect(await state()).toEqual(['answered', false])
  const whole = await as('carol', 'describe', 'dispute', id.slice(0, 10))
  expect(whole.out).toMatch(
    /^dispute \S+, against bobby.*\nclaim: .*\ndisputed: .* by alice\S*: it was down\nevidence: .*\nanswered: .* by bobby\S*, contest: it was not\nstate: +answered: contested; the claim counts again unless a vote is proposed by the deadline\ndeadline: +\d{4}.*\ncounts: /,
  )
  const proposed = await as('alice', 'propose', 'uphold', id)
  const vote = proposed.out.trim().split(' ')[1] ?? ''
  const sides = (await as('carol', 'describe', 'proposal', vote)).out
  expect((await as('dave1', 'describe', 'dispute', id)).out).toMatch(/\nvote: +\S+, open: /)
  expect(sides).toMatch(/^uphold the dispute against bobby/)
  expect(sides).toMatch(/disputed: +it was down \(alice.*\n.*answered: +it was not \(bobby/)
  expect((await as('alice', 'vote', vote, 'yes')).code).not.toBe(0)
  for (const voter of ['carol', 'dave1'] as const) await as(voter, 'vote', vote, 'yes')
  expect(await state()).toEqual(['upheld', false])
  expect((await as('bobby', 'answer', id, 'concede')).err).toContain('that is final')
}, 60_000)

it('what labelers say is shown to who proposes and who votes, as advice', async () => {
  const subject = didOf('bobby')
  const label = {
    ver: 1,
    src: didOf('carol'),
    uri: subject,
    val: 'spam',
    cts: '2026-11-01T00:00:00Z',
  }
  const labeler = createServer((_, response) => response.end(JSON.stringify({ labels: [label] })))
  await new Promise<void>((resolve) => labeler.listen(0, '127.0.0.1', resolve))
  const { port } = labeler.address() as AddressInfo
  const option = ['--labeler', `http://127.0.0.1:${port}`]
  const said = /spam \(not signed: ignore it\), by carol\S*; advice only/
  const proposed = await as('dave1', 'propose', 'suspend', subject, ...option)
  expect(proposed.err).toMatch(said)
  const id = proposed.out.trim().split(' ')[1] ?? ''
  expect((await as('dave1', 'describe', 'proposal', id, ...option)).out).toMatch(said)
  expect((await as('dave1', 'describe', 'proposal', id)).out).not.toContain('spam')
  const members = await as('dave1', 'get', 'members', ...option)
  expect(members.out).toMatch(/bobby.* spam \(not signed: ignore it\) /)
  labeler.close()
}, 60_000)

it.each([
  [['propose', 'supend', 'alice'], /Did you mean suspend\?/],
  [['propose', 'suspend', 'carol'], /Did you mean carol\.test\?/],
  [['propose', 'suspend', 'nobody.test'], /Nobody is called "nobody.test"/],
  [['propose', 'suspend', 'did:plc:x', '--days', '400'], /expected 1 to 90/],
  [['propose', 'expel', 'did:plc:x', '--days', '4'], /--days is for suspensions/],
  [['propose', 'expel', 'did:plc:x', '--cluster', 'freinds'], /Did you mean friends\?/],
  [['vote', 'nope', 'yes'], /There is no proposal "nope"/],
  [['vote', 'nope', 'maybe'], /"maybe" is no vote/],
  [['dispute', 'at://did:plc:x/y/z', '--reason', 'r'], /can't be read/],
  [['dispute', 'nonsense', '--reason', 'r'], /"nonsense" is no record/],
  [['dispute', 'nonsense'], /Why is it wrong\?/],
  [['answer', 'x', 'contst'], /Did you mean contest\?/],
  [['describe', 'proposal', 'nope'], /There is no proposal "nope"/],
  [['describe', 'dispute', 'nope'], /There is no dispute "nope"/],
  [['describe', 'nothing', 'nope'], /nothing called "nothing" to describe/],
])(
  '%j is explained',
  async (args, message) => {
    const { code, err } = await as('alice', ...args)
    expect(code).not.toBe(0)
    expect(err).toMatch(message)
  },
  30_000,
)
