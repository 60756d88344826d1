/**
 * Writes the test vectors from the implementation. Run it only when the protocol is meant to change:
 * `node test/vectors/generate.ts`. What comes out is read by `vectors.test.ts`, and by other
 * implementations.
 */
import { writeFileSync } from 'node:fs'
import { canonicalJson } from '../../src/model/canonical.ts'
import { sha256Hex } from '../../src/model/hash.ts'
import { placementKey } from '../../src/model/placement-key.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { WorkloadRecord } from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { hash64, mix } from '../../src/selection/mix.ts'
import { downSet } from '../../src/selection/down-set.ts'
import { electorateOf } from '../../src/selection/electorate.ts'
import type { Did } from '../../src/model/records.ts'
import { addDays } from '../../src/ledger/ledger-day.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { rateOf } from '../../src/ledger/rate.ts'
import { weightOf } from '../../src/ledger/weight.ts'
import { invited } from '../../src/selection/invitation.ts'
import { select } from '../../src/selection/select.ts'
import { LedgerBooks } from '../support/ledger-books.ts'
import { bid, KEY, world, type SampleBid } from '../support/sample-bids.ts'
import { did } from '../support/memory-view.ts'

const OWNER = 'did:plc:ewvi7nxzyoun6zhxrhs64oiz'

const base: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: `registry.example/hello@sha256:${'0'.repeat(64)}`,
  createdAt: '2026-01-01T00:00:00.000Z',
}

const workloads: readonly WorkloadRecord[] = [
  base,
  { ...base, placementNonce: '3k2a', replicas: 3, spread: 'owner' },
  {
    ...base,
    name: 'api',
    command: ['/bin/api', '--listen', ':8080'],
    env: [
      { name: 'B', value: 'zwei ✓' },
      { name: 'A', value: '1' },
    ],
    resources: { cpuMilli: 250, memoryBytes: 67_108_864 },
    ports: [{ container: 8080, name: 'http', protocol: 'tcp' }],
    volumes: [{ name: 'data', path: '/data', sizeBytes: 1_073_741_824 }],
    constraints: ['region in (eu,us)', 'arch=amd64'],
    clusters: ['home'],
    healthcheck: { http: { port: 8080, path: '/' }, intervalMs: 5_000 },
    placementNonce: 'nonce',
  },
  { ...base, runtime: 'gvisor', placementNonce: 'nonce' },
]

const samples: readonly {
  readonly name: string
  readonly bids: readonly SampleBid[]
  readonly replicas: number | 'everywhere'
  readonly spread?: string
  readonly down?: readonly string[]
}[] = [
  {
    name: 'the hash decides among equals',
    bids: [{ name: 'a' }, { name: 'b' }, { name: 'c' }],
    replicas: 2,
  },
  {
    name: 'rounds go before scores',
    bids: [
      { name: 'a', score: 1 },
      { name: 'b', score: 900, round: 1 },
    ],
    replicas: 1,
  },
  {
    name: 'spread by owner',
    bids: [
      { name: 'a1', owner: 'a', score: 3 },
      { name: 'a2', owner: 'a', score: 2 },
      { name: 'b1', owner: 'b' },
    ],
    replicas: 2,
    spread: 'owner',
  },
  {
    name: 'spread by label, later round',
    bids: [
      { name: 'a', domain: 'eu' },
      { name: 'b', domain: 'eu', round: 1, score: 9 },
      { name: 'c', domain: 'us', round: 1 },
    ],
    replicas: 2,
    spread: 'region',
  },
  {
    name: 'a holder of the key before',
    bids: [
      { name: 'a', score: 5 },
      { name: 'b', score: -5, replaces: 'bafyold' },
    ],
    replicas: 1,
  },
  {
    name: 'one is down, a pass and a refusal',
    bids: [
      { name: 'a', score: 9 },
      { name: 'b', slots: 0, reason: 'no-cpu' },
      { name: 'c', slots: 0, refused: {} },
      { name: 'd', slots: 2 },
    ],
    replicas: 3,
    down: ['a'],
  },
  {
    name: 'slots go round',
    bids: [
      { name: 'a', slots: 4, score: 2 },
      { name: 'b', slots: 2, score: 1 },
    ],
    replicas: 5,
  },
  { name: 'everywhere', bids: [{ name: 'a', slots: 4 }, { name: 'b' }], replicas: 'everywhere' },
]

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'] as const

const votings = [
  { electorate: { a: ['a1'], b: ['b1'], c: ['c1'] }, votes: ['a1>c1', 'b1>c1'], atMostOne: false },
  { electorate: { a: ['a1'], b: ['b1'] }, votes: ['a1>b1'], atMostOne: false },
  { electorate: { a: ['a1'], b: ['b1'] }, votes: ['a1>b1'], atMostOne: true },
  { electorate: { a: ['a1'], b: ['b1'] }, votes: ['a1>b1', 'b1>a1'], atMostOne: false },
  { electorate: { a: ['a1', 'a2', 'a3'] }, votes: ['a1>a3', 'a2>a3'], atMostOne: false },
  {
    electorate: { a: ['a1'], b: ['b1'], c: ['c1'], d: ['d1'] },
    votes: ['a1>d1', 'b1>d1', 'c1>d1', 'a1>c1', 'b1>c1'],
    atMostOne: false,
  },
]

function writeVectors(file: string, description: string, vectors: readonly object[]): void {
  const text = JSON.stringify({ description, vectors }, null, 2)
  writeFileSync(new URL(file, import.meta.url), `${text}\n`)
}

writeVectors(
  'keys.json',
  'Record key, placement key and spec hash of workloads.',
  workloads.map((workload) => {
    const uri = workloadUri(OWNER, workload.name)
    return {
      owner: OWNER,
      workload,
      uri,
      recordKey: recordKeyFor(uri),
      placementKey: placementKey(OWNER, workload),
      specHash: specHash(workload),
    }
  }),
)

writeVectors(
  'hashes.json',
  'Canonical JSON with its SHA-256, and the mix of a placement key with a DID.',
  [
    ...[{ b: 1, a: [true, null, 'ü\n'] }, {}, -7].map((value) => ({
      value,
      canonical: canonicalJson(value),
      sha256: sha256Hex(canonicalJson(value)),
    })),
    ...[
      ['', ''],
      [KEY, did('a')],
      [KEY, did('b')],
      ['0123456789abcdef0123456789abcdef.0123456789abcdef', OWNER],
    ].map(([key = '', meshlet = '']) => ({
      key,
      did: meshlet,
      mix: mix(hash64(key), hash64(meshlet)),
    })),
  ],
)

writeVectors(
  'selection.json',
  'Bids and the choice that every reader makes of them.',
  samples.map(({ name, bids, replicas, spread, down = [] }) => {
    const counted = bids.map(bid)
    const { winners, standbys, missing } = select(
      world(counted, { replicas, spread, downNames: down }),
    )
    return {
      name,
      placementKey: KEY,
      replicas,
      ...(spread && { spread }),
      down: down.map(did),
      bids: counted.map(({ meshletDid, ownerDid, value }) => ({ meshletDid, ownerDid, value })),
      winners,
      standbys,
      missing,
    }
  }),
)

writeVectors(
  'invitations.json',
  'Who is invited to bid; candidates a to e show room.',
  [0, 1, 2].map((doublings) => {
    const candidates = NAMES.map((name) => ({ meshletDid: did(name), hasRoom: name <= 'e' }))
    const input = { placementKey: KEY, replicas: 1, candidates, doublings }
    const dids = candidates.map(({ meshletDid }) => meshletDid)
    const hasRoom = (who: Did) => candidates.some((one) => one.meshletDid === who && one.hasRoom)
    return { ...input, invited: invited({ ...input, candidates: dids, hasRoom }) }
  }),
)

writeVectors(
  'liveness.json',
  'Electorates by owner, suspicions that stand (writer>suspect), and who is down.',
  votings.map(({ electorate, votes, atMostOne }) => {
    const candidates = Object.entries(electorate).flatMap(([owner, meshlets]) =>
      meshlets.map((meshlet) => ({ ownerDid: did(owner), meshletDid: did(meshlet) })),
    )
    const cast = votes.map((vote) => ({
      writer: did(vote.slice(0, 2)),
      suspect: did(vote.slice(3)),
    }))
    const down = [
      ...downSet({ electorate: electorateOf(candidates), votes: cast, atMostOne }),
    ].toSorted()
    return { candidates, votes: cast, atMostOne, down }
  }),
)

writeVectors(
  'weights.json',
  'What a day of this age counts in the ledger, in units of 2^-16.',
  Array.from({ length: 58 }, (_, ageDays) => ({ ageDays, weight: Number(weightOf(ageDays)) })),
)

writeVectors(
  'rates.json',
  'Dominant share of a request, millionths of the reference machine.',
  [
    { cpuMilli: 100, memoryBytes: 67_108_864, storageBytes: 0 },
    { cpuMilli: 250, memoryBytes: 4_294_967_296, storageBytes: 0 },
    { cpuMilli: 1, memoryBytes: 1, storageBytes: 107_374_182_400 },
    { cpuMilli: 9_007_199_254_740_991, memoryBytes: 0, storageBytes: 0 },
  ].map((request) => ({ request, rate: rateOf(request) })),
)

const LEDGER_DAY = '2026-03-31'
const ago = (days: number) => addDays(LEDGER_DAY, -days)
const ledgers: readonly { readonly name: string; readonly books: LedgerBooks }[] = [
  {
    name: 'the smaller of claim and acknowledgement counts, and half as much a week later',
    books: new LedgerBooks('alice', 'bob', 'carol')
      .work('alice', 'bob', LEDGER_DAY, { amount: 2, acknowledged: 1.5 })
      .work('bob', 'carol', ago(7), { amount: 1 })
      .work('carol', 'alice', ago(3), { amount: 4, acknowledged: 0 }),
  },
  {
    name: 'nobody owes more than her line, and her givers share what it covers',
    books: new LedgerBooks('alice', 'bob', 'carol')
      .work('alice', 'bob', ago(1), { amount: 9 })
      .work('carol', 'bob', ago(1), { amount: 4 })
      .work('bob', 'carol', ago(1), { amount: 1 }),
  },
  {
    name: 'a loan moves a line, and a number that is used twice spoils both days',
    books: new LedgerBooks('alice', 'bob', 'carol')
      .sponsor('alice', 'bob', 5, ago(20))
      .work('alice', 'bob', ago(19), { amount: 11 })
      .work('carol', 'bob', ago(2), { sequence: 3 })
      .work('carol', 'bob', ago(1), { sequence: 3 }),
  },
]

writeVectors(
  'ledgers.json',
  'Books of three members, and the ledger of a closed day. Amounts are whole numbers as text.',
  ledgers.map(({ name, books }) => {
    const members = books.members()
    const { accounts } = ledgerOf({ day: LEDGER_DAY, members })
    const texts = accounts.map(({ ownerDid, balance, line, credit }) => ({
      ownerDid,
      balance: balance.toString(),
      line: line.toString(),
      credit: credit.toString(),
    }))
    return { name, day: LEDGER_DAY, members, accounts: texts }
  }),
)
