import { expect, test } from 'vitest'
import { closedDayOf } from '../../src/ledger/ledger-day.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { BidRecord } from '../../src/model/records.ts'
import { BALANCE_PART } from '../../src/selection/score.ts'
import { intoRepos, writeHeld } from '../support/ledger-view.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const MINUTE_MS = 60_000

/** Alice has given; the bids were made when everybody had long known everybody. */
async function commune(seed: number): Promise<VirtualCommune> {
  const world = threeOwners({ seed, liveness: 'patient' })
  writeHeld(intoRepos(world.repos), {
    machine: world.machine('alice-1').did,
    day: closedDayOf(world.clock.wallMs()),
    takers: new Map(['bob', 'carol'].map((name) => [world.owner(name).did, 0.5])),
  })
  await world.start()
  await world.advance(90 * MINUTE_MS)
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  return world
}

/** Carol’s machine says, in the bid that it made, that its owner owes the commune so much. */
function lie(world: VirtualCommune, claimed: number): string {
  const { did } = world.machine('carol-1')
  const rkey = recordKeyFor(world.uri('alice', 'web'))
  const honest = world.repos.get<BidRecord>(did, COLLECTION.bid, rkey)?.value
  if (honest === undefined) throw new Error('Carol’s machine made no bid')
  const parts = (honest.scoreParts ?? []).filter(({ name }) => name !== BALANCE_PART)
  world.machine('carol-1').crash()
  world.hostile.add('carol-1')
  const value: BidRecord = {
    ...honest,
    score: parts.reduce((sum, part) => sum + part.value, claimed),
    scoreParts: [...parts, { name: BALANCE_PART, value: claimed }],
    ledgerDay: closedDayOf(world.clock.wallMs()),
    createdAt: new Date(world.clock.wallMs()).toISOString() as BidRecord['createdAt'],
  }
  world.repos.commit(did, [{ action: 'put', collection: COLLECTION.bid, rkey, value }])
  return `at://${did}/${COLLECTION.bid}/${rkey}`
}

function doubts(world: VirtualCommune, machine: string) {
  const { meshlet, metrics } = world.machine(machine)
  const events = meshlet.chronicle.events({ kind: 'doubted', limit: 10 })
  return { events, counted: metrics.of('doubtedBids') }
}

test('an offer that claims another balance than the ledger is noted by the others, once', async () => {
  const world = await commune(1)
  const before = world.containers().map(({ container }) => container.name)
  const uri = lie(world, 900)
  await world.advance(10 * MINUTE_MS)
  // What came late may still explain it.
  expect(doubts(world, 'alice-1').events).toEqual([])
  await world.advance(20 * MINUTE_MS)
  for (const machine of ['alice-1', 'bob-1']) {
    const { events, counted } = doubts(world, machine)
    expect(counted).toBe(1)
    expect(events).toMatchObject([
      {
        workload: world.uri('alice', 'web'),
        subject: world.machine('carol-1').did,
        reason: expect.stringMatching(
          /^it claims a balance part of 900: the ledger of .* says 500$/,
        ),
        evidence: [{ uri }],
      },
    ])
  }
  world.machine('alice-1').restart()
  await world.advance(60 * MINUTE_MS)
  expect(doubts(world, 'alice-1').events).toHaveLength(1)
  // It is beside the path of every choice: what runs stays where it is.
  const now = world.containers().map(({ container }) => container.name)
  expect(before.filter((name) => !now.includes(name))).toEqual([])
})

test('nobody doubts honest offers, also of hours in which members come and go', async () => {
  const world = await commune(2)
  const { config } = world.machine('carol-1')
  const [alice, bob] = ['alice', 'bob'].map((name) => world.owner(name).did)
  const all = [[alice!], [alice!, bob!], [bob!], [alice!, bob!]]
  for (const [index, members] of all.entries()) {
    world.machine('carol-1').config = { ...config, clusters: new Map([['default', members]]) }
    world.machine('carol-1').restart()
    await world.advance(20 * MINUTE_MS)
    world.owner('bob').publish(`job-${index}`)
    await world.advance(70 * MINUTE_MS)
  }
  for (const machine of ['alice-1', 'bob-1', 'carol-1'])
    expect(doubts(world, machine)).toEqual({ events: [], counted: 0 })
  const claims = ['alice', 'bob', 'carol'].map((name) => {
    const bid = world.bid(`${name}-1`, 'alice', 'web')
    return bid?.scoreParts?.find((part) => part.name === BALANCE_PART)?.value
  })
  expect(claims).toEqual([-1_000, 500, 500])
})
