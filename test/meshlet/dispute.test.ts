import { expect, test, vi } from 'vitest'
import { ledgerTerms } from '../../src/governance/ledger-terms.ts'
import { agreementOf } from '../../src/governance/agreement.ts'
import { BidAudit } from '../../src/ledger/bid-claims.ts'
import { communeBooks } from '../../src/ledger/books.ts'
import { usageUri } from '../../src/ledger/claims.ts'
import { closedDayOf } from '../../src/ledger/ledger-day.ts'
import { MACHINE_DAY } from '../../src/ledger/rate.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import { BALANCE_PART } from '../../src/selection/score.ts'
import { intoRepos, writeHeld } from '../support/ledger-view.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

/** Days of a whole commune take a while on a busy machine. */
vi.setConfig({ testTimeout: 120_000 })

const OWNERS = ['alice', 'bob', 'carol'] as const
const MACHINES = { alice: 'a1', bob: 'b1', carol: 'c1' } as const
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MIB = 1024 ** 2
/** Two of them fill the only machine that has room. */
const HALF = { cpuMilli: 1_200, memoryBytes: 16 * MIB }
const EVEN = [7, 7, 7]
const SMALL = { cpuMilli: 10, memoryBytes: MIB }

/**
 * Alice's machine says that it held seven machine-days for Bob, all that he may owe. Carol's is the
 * only one with room, and full of her own work.
 */
async function commune(seed: number) {
  const world = new VirtualCommune({ seed, liveness: 'patient' })
  for (const name of OWNERS) world.owner(name)
  for (const name of OWNERS)
    world.addMachine(MACHINES[name], {
      owner: name,
      offer: { cpuMilli: name === 'carol' ? 2_500 : 100 },
    })
  const day = closedDayOf(world.clock.wallMs())
  const { did } = world.machine('a1')
  const takers = new Map([[world.owner('bob').did, 7]])
  writeHeld(intoRepos(world.repos), { machine: did, day, takers })
  await world.start()
  for (const name of ['fill-1', 'fill-2']) world.owner('carol').publish(name, { resources: HALF })
  await world.settle()
  for (const name of ['fill-1', 'fill-2']) expect(world.placesOf(name)).toEqual(['c1'])
  const claim = { uri: usageUri(did, day), cid: world.repos.get(did, COLLECTION.usage, day)?.cid }
  return { world, claim }
}

/** What the tests themselves run comes to minutes. */
function inDays(machineDays: number): number {
  return Math.round(machineDays) + 0
}

/** Bob disputes the claim and Alice contests that. */
function dispute(world: VirtualCommune, claim: object) {
  const raised = world.owner('bob').write(COLLECTION.dispute, 'd', { claim, reason: 'it was down' })
  world.owner('alice').write(COLLECTION.answer, 'a', { dispute: raised, choice: 'contest' })
  return raised
}

/** Carol, who is no party, decides. */
function vote(world: VirtualCommune, about: object, choice: 'yes' | 'no') {
  const [cluster = ''] = world.machine('a1').meshlet.config.clusters.keys()
  const proposal = world.owner('bob').write(COLLECTION.proposal, 'p', {
    cluster,
    action: 'uphold',
    subject: world.owner('alice').did,
    electorate: ['bob', 'carol'].map((name) => world.owner(name).did),
    quorumMillionths: 666_667,
    majorityMillionths: 666_667,
    closesAt: new Date(world.clock.wallMs() + 7 * DAY_MS).toISOString(),
    ...about,
  })
  world.owner('carol').write(COLLECTION.vote, 'v', { proposal, choice })
}

/** What became of the dispute, as each owner's own machine sees it. */
function states(world: VirtualCommune) {
  const found = OWNERS.flatMap((name) => {
    const { view } = world.machine(MACHINES[name]).meshlet
    const { disputes } = agreementOf(view, world.owner(name).did, world.clock.wallMs())
    return disputes.map(({ settledBy, state }) => settledBy ?? state)
  })
  return [...new Set(found)]
}

/** The balance that every offer for new work of everybody claims, by the owner of the machine. */
async function claimed(world: VirtualCommune, round: string) {
  for (const name of OWNERS) world.owner(name).publish(`${name}-${round}`, { resources: SMALL })
  const offers = () =>
    OWNERS.flatMap((owner) =>
      OWNERS.flatMap((bidder) => {
        const bid = world.bid(MACHINES[bidder], owner, `${owner}-${round}`)
        return bid === undefined ? [] : [{ bidder, bid }]
      }),
    )
  // Who sees that others offer enough makes no offer.
  const bidders = () => new Set(offers().map(({ bidder }) => bidder))
  await world.until('everybody offers room for somebody', () => bidders().size === OWNERS.length)
  await world.settle()
  const bids = offers()
  for (const { bid } of bids) expect(bid.ledgerDay).toBe(closedDayOf(world.clock.wallMs()))
  const parts = bids.map(({ bidder, bid }) => {
    const part = bid.scoreParts?.find(({ name }) => name === BALANCE_PART)?.value ?? 0
    return `${bidder} ${inDays(part / 1_000)}`
  })
  for (const reader of Object.values(MACHINES)) {
    const { view } = world.machine(reader).meshlet
    const terms = (owner: Did, day: string) => ledgerTerms(view, owner, day)
    const audit = new BidAudit(view, world.clock.wallMs(), terms)
    for (const { bidder, bid } of bids)
      expect(audit.check(world.owner(bidder).did, bid)).toMatchObject({ kind: 'same' })
  }
  for (const name of OWNERS) world.owner(name).remove(`${name}-${round}`)
  await world.settle()
  return [...new Set(parts)].toSorted()
}

/**
 * What everybody may take, by which scarce room is shared, in machine-days: each machine computes the
 * ledger of each owner, and all of these have to be one and the same.
 */
function credits(world: VirtualCommune) {
  const day = closedDayOf(world.clock.wallMs())
  const ledgers = Object.values(MACHINES).flatMap((reader) =>
    OWNERS.map((name) => {
      const { view } = world.machine(reader).meshlet
      const { did } = world.owner(name)
      const books = communeBooks(view, did)
      const { accounts } = ledgerOf({ day, ...books, ...ledgerTerms(view, did, day) })
      return accounts.toSorted((a, b) => (a.ownerDid < b.ownerDid ? -1 : 1))
    }),
  )
  for (const one of ledgers) expect(one).toEqual(ledgers[0])
  return ledgers[0]?.map(({ credit }) => inDays(Number(credit) / MACHINE_DAY))
}

/** Bob asks for room first, then Alice; who of them gets what comes free? */
async function served(world: VirtualCommune, round: string) {
  for (const name of ['bob', 'alice'] as const) {
    world.owner(name).publish(`${name}-waits-${round}`, { resources: HALF })
    await world.advance(HOUR_MS / 6)
    expect(world.bid('c1', name, `${name}-waits-${round}`)?.reason).toBe('no-cpu')
  }
  world.owner('carol').remove(`fill-${round}`)
  await world.settle()
  const winners = (['alice', 'bob'] as const).filter(
    (name) => world.placesOf(`${name}-waits-${round}`).length > 0,
  )
  for (const name of ['alice', 'bob'] as const) world.owner(name).remove(`${name}-waits-${round}`)
  world.owner('carol').publish(`fill-${round}`, { resources: HALF })
  await world.settle()
  return winners
}

test.each([
  { seed: 1, choice: 'yes', credit: EVEN, parts: ['alice 0', 'bob 0', 'carol 0'] },
  // Two days later a fifth of it is forgotten.
  { seed: 2, choice: 'no', credit: [13, 1, 7], parts: ['alice -1', 'bob 1', 'carol 0'] },
] as const)(
  'all machines go by the same ledger before a dispute, while it is open, and after a vote of $choice',
  async ({ seed, choice, credit, parts }) => {
    const { world, claim } = await commune(seed)
    await world.advance(2 * HOUR_MS)
    expect(credits(world)).toEqual([14, 0, 7])
    expect(await claimed(world, '1')).toEqual(['alice -1', 'bob 1', 'carol 0'])
    expect(await served(world, '1')).toEqual(['alice'])

    // From the next ledger on the claim does not count: all are even, and who asked first is first.
    const raised = dispute(world, claim)
    await world.settle()
    expect(states(world)).toEqual(['answered'])
    expect(credits(world)).toEqual([14, 0, 7])
    await world.advance(DAY_MS)
    expect(credits(world)).toEqual(EVEN)
    expect(await claimed(world, '2')).toEqual(['alice 0', 'bob 0', 'carol 0'])
    expect(await served(world, '2')).toEqual(['bob'])

    vote(world, { claim, dispute: raised }, choice)
    await world.settle()
    expect(states(world)).toEqual([choice === 'yes' ? 'upheld' : 'rejected'])
    expect(credits(world)).toEqual(EVEN)
    await world.advance(DAY_MS)
    expect(credits(world)).toEqual(credit)
    expect(await claimed(world, '3')).toEqual(parts)
    // An offer was right when it was made: nobody has found fault with any.
    for (const machine of Object.values(MACHINES))
      expect(world.machine(machine).metrics.of('doubtedBids')).toBe(0)
  },
)
