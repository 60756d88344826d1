import { COLLECTION } from '../../../src/model/nsid.ts'
import type { Did, DisputeRecord, ProposalRecord, UsageRecord } from '../../../src/model/records.ts'
import { recordKeyFor } from '../../../src/model/record-key.ts'
import { MACHINE_DAY } from '../../../src/ledger/rate.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { deed, type AnyDeed, type Dice } from '../deed.ts'
import type { Stage } from '../stage.ts'
import { TrueView } from '../true-view.ts'

const DAY_MS = 86_400_000
/** Votes are open for longer than any story lasts, or were closed before it began. */
const OPEN_DAYS = 2
const SUSPENDED_DAYS = 9
const STANDARD_SHARE = 666_667
/** Owners of whom nobody here has heard. */
const NOBODIES = ['nobody-1', 'nobody-2', 'nobody-3']

type Time = ProposalRecord['createdAt']
type Found<T> = {
  readonly uri: string
  readonly cid: string
  readonly author: Did
  readonly value: T
}

/**
 * What owners say of each other in records, true or not: they propose, vote, put results on record,
 * claim use, dispute it and answer. They contradict each other and themselves, change and delete what
 * they wrote, and date it back. Drawn for some stories only (`ballot-story.ts`).
 */
export const BALLOT_DEEDS: Readonly<Record<string, AnyDeed>> = {
  propose: ballot(
    ({ random, cast }) => ({
      by: random.pick(cast.owners),
      action: random.pick(['suspend', 'suspend', 'expel', 'expel', 'reinstate', 'admit', 'uphold']),
      subject: random.pick(cast.owners),
      electorate: electorateOf(random, cast.owners),
      share: random.chance(0.9) ? STANDARD_SHARE : random.pick([500_000, 100_000]),
      agedDays: random.pick([0, 0, 0, 0, 1, 5]),
      follows: random.chance(0.15),
      number: random.integer(0, 9_999),
    }),
    (stage, { by, action, subject, electorate, share, agedDays, follows, number }) => {
      const voters = electorate.map(didOf)
      const before = follows ? pick(all<ProposalRecord>(stage, 'proposal'), number) : undefined
      const quarrel =
        action === 'uphold' ? pick(all<DisputeRecord>(stage, 'dispute'), number) : undefined
      stage.world.owner(by).write(COLLECTION.proposal, keyOf(stage, number), {
        cluster: 'default',
        action,
        subject: didOf(subject),
        electorate: voters,
        quorumMillionths: share,
        majorityMillionths: share,
        ...(before && { previous: { uri: before.uri, cid: before.cid } }),
        ...(quarrel && {
          dispute: { uri: quarrel.uri, cid: quarrel.cid },
          claim: quarrel.value.claim,
        }),
        ...(action === 'suspend' ? { until: timeOf(stage, OPEN_DAYS + SUSPENDED_DAYS) } : {}),
        closesAt: timeOf(stage, OPEN_DAYS - agedDays),
        createdAt: timeOf(stage, -agedDays),
      })
      const aged = agedDays === 0 ? '' : `, dated ${agedDays} days back`
      return `${by} proposes to ${action} ${subject} by [${electorate.join(', ')}]${aged}`
    },
  ),
  vote: ballot(
    ({ random, cast }) => ({
      by: cast.owners.filter(() => random.chance(0.9)),
      choice: random.pick(['yes', 'yes', 'yes', 'yes', 'no', 'abstain']),
      onNewest: random.chance(0.7),
      again: random.chance(0.2),
      agedDays: random.pick([0, 0, 0, 4]),
      number: random.integer(0, 9_999),
    }),
    (stage, { by, choice, onNewest, again, agedDays, number }) => {
      const proposals = all<ProposalRecord>(stage, 'proposal')
      const proposal = onNewest ? newest(proposals) : pick(proposals, number)
      if (proposal === undefined || by.length === 0) return undefined
      const { uri, cid } = proposal
      // Both stand: the one is read before the other.
      const rkey = again ? `0-${number}` : recordKeyFor(uri)
      const createdAt = timeOf(stage, -agedDays)
      for (const name of by)
        stage.world
          .owner(name)
          .write(COLLECTION.vote, rkey, { proposal: { uri, cid }, choice, createdAt })
      return `${by.join(', ')} vote ${choice} on ${uri}`
    },
  ),
  'put a result on record': ballot(
    ({ random, cast }) => ({
      by: cast.owners.filter(() => random.chance(0.7)),
      outcome: random.pick(['passed', 'failed']),
      agedDays: random.pick([0, 0, 4]),
      number: random.integer(0, 9_999),
    }),
    (stage, { by, outcome, agedDays, number }) => {
      const proposal = pick(all<ProposalRecord>(stage, 'proposal'), number)
      if (proposal === undefined || by.length === 0) return undefined
      const { uri, cid, value } = proposal
      // Nobody has seen the end at the same moment.
      for (const [index, name] of by.entries())
        stage.world.owner(name).write(COLLECTION.decision, recordKeyFor(uri), {
          proposal: { uri, cid },
          content: value,
          outcome,
          decidedAt: timeOf(stage, -agedDays - index / 1_000),
        })
      return `${by.join(', ')} put on record that ${uri} ${outcome}`
    },
  ),
  'delete what was said': ballot(
    ({ random }) => ({
      kind: random.pick(['proposal', 'vote', 'vote', 'decision', 'dispute', 'answer'] as const),
      number: random.integer(0, 9_999),
    }),
    (stage, { kind, number }) => {
      const found = pick(all<object>(stage, kind), number)
      if (found === undefined) return undefined
      const rkey = found.uri.slice(found.uri.lastIndexOf('/') + 1)
      const collection = COLLECTION[kind]
      stage.world.repos.commit(found.author, [{ action: 'delete', collection, rkey }])
      return `${found.uri} is deleted`
    },
  ),
  'change what was proposed': ballot(
    ({ random, cast }) => ({ subject: random.pick(cast.owners), number: random.integer(0, 9_999) }),
    (stage, { subject, number }) => {
      const found = pick(all<ProposalRecord>(stage, 'proposal'), number)
      if (found === undefined) return undefined
      const rkey = found.uri.slice(found.uri.lastIndexOf('/') + 1)
      const value = { ...found.value, subject: didOf(subject) }
      const collection = COLLECTION.proposal
      stage.world.repos.commit(found.author, [{ action: 'put', collection, rkey, value }])
      return `${found.uri} is about ${subject} now`
    },
  ),
  'claim use': ballot(
    ({ random, cast }) => ({
      machine: random.pick(cast.machines).name,
      taker: random.pick(cast.owners),
      daysBack: random.integer(1, 4),
      claimed: random.integer(1, 40) * 100,
      acknowledged: random.pick([0, 500, 1_000, 1_000, 9_999]),
    }),
    (stage, { machine, taker, daysBack, claimed, acknowledged }) => {
      const did = didOf(machine)
      const period = timeOf(stage, -daysBack).slice(0, 10)
      const workload = `at://${didOf(taker)}/${COLLECTION.workload}/old` as const
      const entry = (thousandths: number) => ({
        workload,
        replicas: 1,
        seconds: 86_400,
        amount: Math.round((MACHINE_DAY * thousandths) / 1_000),
      })
      const createdAt = `${timeOf(stage, 1 - daysBack).slice(0, 10)}T00:05:00.000Z` as Time
      const usage = {
        $type: COLLECTION.usage,
        period,
        sequence: 10 - daysBack,
        capacity: { cpuMilli: 64_000, memoryBytes: 256 * 1024 ** 3, storageBytes: 1024 ** 4 },
        entries: [entry(claimed)],
        createdAt,
      } as UsageRecord
      if (stage.machine(machine) === undefined) return undefined
      const put = {
        action: 'put',
        collection: COLLECTION.usage,
        rkey: period,
        value: usage,
      } as const
      stage.world.repos.commit(did, [put])
      const uri = `at://${did}/${COLLECTION.usage}/${period}` as const
      const cid = stage.world.repos.get(did, COLLECTION.usage, period)?.cid ?? ''
      if (acknowledged > 0)
        stage.world.owner(taker).write(COLLECTION.acknowledgement, recordKeyFor(uri), {
          usage: { uri, cid },
          entries: [entry(Math.round((claimed * acknowledged) / 1_000))],
          createdAt,
        })
      return `${machine} claims ${claimed} for ${taker} on ${period}, who has seen ${acknowledged} ‰ of it`
    },
  ),
  dispute: ballot(
    ({ random, cast }) => ({ by: random.pick(cast.owners), number: random.integer(0, 9_999) }),
    (stage, { by, number }) => {
      const machines = [...stage.world.machines.values()].map(({ did }) => did)
      const claim = pick(recordsOf<UsageRecord>(stage, machines, 'usage'), number)
      if (claim === undefined) return undefined
      const { uri, cid } = claim
      const fields = { claim: { uri, cid }, reason: 'it never ran' }
      stage.world.owner(by).write(COLLECTION.dispute, recordKeyFor(uri), fields)
      return `${by} disputes ${uri}`
    },
  ),
  answer: ballot(
    ({ random, cast }) => ({
      by: random.pick(cast.owners),
      choice: random.pick(['contest', 'concede', 'withdraw']),
      number: random.integer(0, 9_999),
    }),
    (stage, { by, choice, number }) => {
      const quarrel = pick(all<DisputeRecord>(stage, 'dispute'), number)
      if (quarrel === undefined) return undefined
      const { uri, cid } = quarrel
      const fields = { dispute: { uri, cid }, choice }
      stage.world.owner(by).write(COLLECTION.answer, recordKeyFor(uri), fields)
      return `${by} answers ${choice} to ${uri}`
    },
  ),
}

function ballot<Fields extends object>(
  draw: (dice: Dice) => Fields,
  act: (stage: Stage, fields: Fields) => string | undefined,
): AnyDeed {
  return deed<Fields>({ weight: 0, isFault: false, draw, act })
}

/** Mostly those who are concerned; now and then a few, or some of whom nobody knows. */
function electorateOf(random: Dice['random'], owners: readonly string[]): readonly string[] {
  const few = () => owners.filter(() => random.chance(0.6))
  const kind = random.pick(['all', 'all', 'all', 'all', 'all', 'few', 'padded'])
  if (kind === 'all') return owners
  return kind === 'few' ? few() : [...few(), ...NOBODIES]
}

function timeOf({ world }: Stage, days: number): Time {
  return new Date(world.clock.wallMs() + days * DAY_MS).toISOString() as Time
}

/** Later ones have later keys. */
function keyOf({ world }: Stage, number: number): string {
  return `p${String(Math.round(world.clock.monotonicMs())).padStart(9, '0')}-${number}`
}

function newest<T>(from: readonly Found<T>[]): Found<T> | undefined {
  const key = ({ uri }: Found<T>) => uri.slice(uri.lastIndexOf('/') + 1)
  return from.toSorted((a, b) => (key(a) < key(b) ? 1 : -1))[0]
}

function pick<T>(from: readonly T[], number: number): T | undefined {
  return from.length === 0 ? undefined : from[number % from.length]
}

/** Records of a kind in the repos of all owners, in a fixed order. */
function all<T>(stage: Stage, kind: keyof typeof COLLECTION): readonly Found<T>[] {
  const machines = [...stage.world.machines.values()]
  const owners = [...new Set(machines.map(({ config }) => config.ownerDid))].toSorted()
  return recordsOf<T>(stage, owners, kind)
}

function recordsOf<T>(
  stage: Stage,
  dids: readonly Did[],
  kind: keyof typeof COLLECTION,
): readonly Found<T>[] {
  const view = new TrueView(stage.world.repos)
  const collection = COLLECTION[kind]
  return dids.flatMap((author) =>
    view.list<T>(author, collection).map(([rkey, { cid, value }]) => ({
      uri: `at://${author}/${collection}/${rkey}`,
      cid,
      author,
      value,
    })),
  )
}
