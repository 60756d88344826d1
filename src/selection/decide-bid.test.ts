import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, KEY, world, type SampleBid } from '../../test/support/sample-bids.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { ROUND_MAX, type CountedBid } from './bids.ts'
import { decideBid, type BidInput, type PassReason } from './decide-bid.ts'
import { observeBids, openRounds, settleRounds } from './rounds.ts'
import { NO_FAIR_SHARE } from './score.ts'
import { select } from './select.ts'

const WINDOW = 5_000
const MIB = 1024 ** 2
const workload: WorkloadRecord = {
  $type: 'commune.scheduler.workload',
  kind: 'Workload',
  name: 'hello',
  image: 'registry.example/hello@sha256:00',
  resources: { cpuMilli: 100, memoryBytes: 100 * MIB },
  createdAt: '2026-01-01T00:00:00.000Z',
}
const room = (slots: number) => ({
  cpuMilli: 1_000,
  memoryBytes: slots * 100 * MIB,
  storageBytes: 0,
})

interface Scene extends Partial<BidInput> {
  readonly others?: readonly SampleBid[]
  readonly mine?: Partial<SampleBid>
  /** Whether the rounds of these bids were acted on already. */
  readonly decided?: boolean
}

/** The meshlet `me` with room for two looks at a workload of one replica. */
function scene({ others = [], mine, decided = false, ...change }: Scene = {}): BidInput {
  const own = mine && bid({ name: 'me', ...mine })
  const bids: CountedBid[] = [...others.map(bid), ...(own ? [own] : [])]
  const highest = Math.max(-1, ...bids.map(({ value }) => value.round))
  const replicas = change.replicas ?? 1
  const all = world(bids, { replicas })
  const choice = select({ ...all, throughRound: decided ? highest : -1 })
  const seen = observeBids(openRounds(KEY, 0), bids, { now: 0, via: 'stream' })
  const missing = choice.missing
  const rounds = decided ? settleRounds(seen, { decidedThrough: highest, missing, now: 0 }) : seen
  return {
    self: { meshletDid: did('me'), ownerDid: did('me-owner'), epoch: 4, labels: { region: 'eu' } },
    uri: 'at://did:plc:alice/commune.scheduler.workload/hello',
    workload,
    placementKey: KEY,
    specHash: 'spec',
    replicas,
    windowMs: WINDOW,
    membership: 'yes',
    obstacles: [],
    own,
    runsHere: false,
    capacity: room(10),
    room: room(2),
    roomInLine: change.room ?? room(2),
    roomToKeep: change.room ?? room(2),
    fairShare: NO_FAIR_SHARE,
    rounds,
    choice,
    prospect: select(all),
    invited: true,
    now: 0,
    ...change,
  }
}

const obstacle = (reason: PassReason) => [{ reason, message: `because of ${reason}` }]

describe('a first answer', () => {
  test('is an offer in round 0 where there is room', () => {
    expect(decideBid(scene({ replicas: 5 }))).toMatchObject({
      kind: 'offer',
      bid: { round: 0, epoch: 4, slots: 2, score: 100, workload: scene().uri, placementKey: KEY },
    })
  })

  test('offers no more than is wanted', () => {
    expect(decideBid(scene({ room: room(9), replicas: 3 }))).toMatchObject({ bid: { slots: 3 } })
    expect(decideBid(scene({ room: room(9), replicas: 'everywhere' }))).toMatchObject({
      bid: { slots: 1 },
    })
  })

  test('is a pass with its reason where there is none', () => {
    expect(decideBid(scene({ room: room(0.5) }))).toMatchObject({
      kind: 'pass',
      bid: {
        round: 0,
        slots: 0,
        reason: 'no-memory',
        message: expect.stringContaining('asks for 100Mi memory'),
      },
    })
    expect(decideBid(scene({ obstacles: obstacle('constraint') }))).toMatchObject({
      kind: 'pass',
      bid: { reason: 'constraint' },
    })
  })

  test('freezes the spread domain', () => {
    const domainWith = (spread: string) => {
      const decision = decideBid(scene({ workload: { ...workload, spread } }))
      return decision.kind === 'offer' && decision.bid.domain
    }
    expect(['owner', 'meshlet', 'region', 'zone'].map(domainWith)).toEqual([
      did('me-owner'),
      did('me'),
      'eu',
      '',
    ])
  })

  test('joins an open round within half a window, and waits when it is too late', () => {
    const others = [{ name: 'a' }]
    expect(decideBid(scene({ others, now: 2_500 }))).toMatchObject({
      kind: 'offer',
      bid: { round: 0 },
    })
    expect(decideBid(scene({ others, replicas: 2, now: 2_501 }))).toMatchObject({
      kind: 'wait',
      againInMs: 2_499,
    })
  })

  test('is none when nobody invited it, but for a look when the invitation widens', () => {
    expect(decideBid(scene({ invited: false, now: 6_000 }))).toMatchObject({
      kind: 'wait',
      againInMs: 4_000,
    })
    expect(
      decideBid(scene({ invited: false, others: [{ name: 'a' }], decided: true })),
    ).toMatchObject({ kind: 'keep' })
  })

  test('comes late only when it is of use: a replica or a standby is missing', () => {
    const full = [{ name: 'a' }, { name: 'b' }]
    expect(decideBid(scene({ others: full, decided: true }))).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ others: full.slice(0, 1), decided: true }))).toMatchObject({
      kind: 'offer',
      bid: { round: 1 },
    })
    expect(decideBid(scene({ others: full, replicas: 3, decided: true }))).toMatchObject({
      kind: 'offer',
      bid: { round: 1 },
    })
  })

  test('a pass is written late only when a replica is missing', () => {
    const full = scene({ others: [{ name: 'a' }], decided: true, room: room(0) })
    expect(decideBid(full)).toMatchObject({ kind: 'keep' })
    const short = scene({ others: [{ name: 'a' }], replicas: 2, decided: true, room: room(0) })
    expect(decideBid(short)).toMatchObject({ kind: 'pass', bid: { round: 1 } })
  })

  test('says nothing for a workload that is scaled to zero', () => {
    expect(decideBid(scene({ replicas: 0 }))).toMatchObject({ kind: 'keep' })
  })
})

describe('a new placement key (review 6)', () => {
  const mine = { placementKey: 'other.nonce' }

  test('puts the holder first in round 0', () => {
    const input = scene({ mine, runsHere: true })
    expect(decideBid(input)).toMatchObject({ kind: 'offer', bid: { replaces: input.own?.cid } })
  })

  test('not on a rebalance, not in a later round, not for a standby', () => {
    const rebalanced = decideBid(scene({ mine: { placementKey: 'fields.old' }, runsHere: true }))
    const standby = decideBid(scene({ mine, runsHere: false }))
    const later = decideBid(scene({ mine, runsHere: true, others: [{ name: 'a' }], decided: true }))
    for (const decision of [rebalanced, standby, later]) {
      expect(decision.kind).toBe('offer')
      expect(decision).not.toHaveProperty('bid.replaces')
    }
  })

  test('its own present use counts as free, so one machine can grow its workload in place', () => {
    // The caller adds what runs here under the old key to the room: one slot, though it runs one now.
    expect(decideBid(scene({ mine, runsHere: true, room: room(1) }))).toMatchObject({
      kind: 'offer',
      bid: { slots: 1 },
    })
  })
})

describe('a standing offer', () => {
  test('is kept when chosen, and as a standby', () => {
    expect(decideBid(scene({ mine: {}, decided: true }))).toMatchObject({
      kind: 'keep',
      why: 'chosen',
    })
    const standby = scene({
      mine: {},
      others: [{ name: 'a', score: 9 }],
      decided: true,
      room: room(0),
    })
    expect(decideBid(standby)).toMatchObject({ kind: 'keep', why: 'standby' })
  })

  test('that is called up without room passes in a later round, so that the next takes over', () => {
    const input = scene({ mine: {}, decided: true, room: room(0) })
    expect(decideBid(input)).toMatchObject({ kind: 'pass', bid: { round: 1, reason: 'no-memory' } })
  })

  test('that won more than fits now offers what fits', () => {
    const input = scene({ mine: { slots: 3 }, replicas: 3, decided: true, room: room(2) })
    expect(decideBid(input)).toMatchObject({ kind: 'offer', bid: { round: 1, slots: 2 } })
  })

  test('offers more in a later round when replicas are missing', () => {
    const input = scene({ mine: {}, replicas: 4, decided: true, room: room(9) })
    expect(decideBid(input)).toMatchObject({ kind: 'offer', bid: { round: 1, slots: 4 } })
  })

  test('never changes within its round: it waits until the round closes', () => {
    const input = scene({ mine: {}, replicas: 4, room: room(9), now: 1_000 })
    expect(decideBid(input)).toMatchObject({ kind: 'wait', againInMs: 4_000 })
  })

  describe('in the last round that there is', () => {
    const last = { round: ROUND_MAX }

    test.each([
      ['has room for fewer than it won', { mine: { slots: 3 }, replicas: 3, room: room(2) }, 2],
      ['has room for what is missing', { mine: {}, replicas: 4, room: room(9) }, 4],
      ['had no room', { mine: { slots: 0, reason: 'no-memory' }, replicas: 1, room: room(9) }, 1],
    ] as const)('who %s says so there', (_, { mine, ...change }, slots) => {
      const input = scene({ ...change, mine: { ...mine, ...last }, decided: true })
      expect(decideBid(input)).toMatchObject({ kind: 'offer', bid: { ...last, slots } })
    })

    test('who is called up without room passes there', () => {
      const input = scene({ mine: last, decided: true, room: room(0) })
      expect(decideBid(input)).toMatchObject({
        kind: 'pass',
        bid: { ...last, reason: 'no-memory' },
      })
    })

    test('who came too late stays, and does not look again and again', () => {
      const input = scene({ mine: last, decided: true })
      const late = { ...input.rounds, late: new Set([input.own?.cid ?? '']) }
      expect(decideBid({ ...input, rounds: late })).toMatchObject({ kind: 'keep' })
    })
  })

  test('that reached the others too late moves to a later round (review 2)', () => {
    const input = scene({ mine: {}, decided: true })
    const late = { ...input.rounds, late: new Set([input.own?.cid ?? '']) }
    expect(decideBid({ ...input, rounds: late })).toMatchObject({
      kind: 'offer',
      bid: { round: 1 },
    })
  })

  test('of a meshlet that was replaced while it was down moves to a later round (review 5)', () => {
    const input = scene({
      mine: {},
      others: [{ name: 'a', score: -1 }],
      decided: true,
      isReplaced: true,
    })
    expect(decideBid(input)).toMatchObject({ kind: 'offer', bid: { round: 1, epoch: 4 } })
  })
})

describe('taking an offer back', () => {
  const withStandby = { mine: { score: 5 }, others: [{ name: 'a' }], decided: true }

  test.each(['policy', 'draining', 'constraint', 'consent-withdrawn'] as const)(
    '%s takes it back',
    (reason) => {
      expect(decideBid(scene({ ...withStandby, obstacles: obstacle(reason) }))).toMatchObject({
        kind: 'refuse',
        bid: { round: 0, slots: 0, reason },
      })
    },
  )

  test.each([
    ['consent-withdrawn', true],
    ['policy', true],
    ['draining', true],
    ['constraint', undefined],
  ] as const)('%s stands until lifted: %s (review 12)', (reason, standing) => {
    const decision = decideBid(scene({ ...withStandby, obstacles: obstacle(reason) }))
    expect(decision.kind === 'refuse' && decision.bid.refused?.standing).toBe(standing)
  })

  test('a cordon keeps what runs and takes back what only stands by', () => {
    expect(decideBid(scene({ ...withStandby, obstacles: obstacle('cordoned') }))).toMatchObject({
      kind: 'keep',
    })
    const standby = scene({ ...withStandby, mine: { score: -5 }, obstacles: obstacle('cordoned') })
    expect(decideBid(standby)).toMatchObject({
      kind: 'refuse',
      bid: { refused: { standing: true } },
    })
  })

  test('who can’t start refuses this container, and the next takes over (review 11)', () => {
    expect(decideBid(scene({ ...withStandby, obstacles: obstacle('pull-failed') }))).toMatchObject({
      kind: 'refuse',
      bid: { refused: { specHash: 'spec' } },
    })
  })

  test('the last one keeps trying (review 11)', () => {
    const alone = scene({ mine: {}, decided: true, obstacles: obstacle('create-failed') })
    expect(decideBid(alone)).toMatchObject({ kind: 'keep' })
  })
})

describe('a pass or refusal', () => {
  const passed = { slots: 0, reason: 'no-memory' as const }

  test('binds for its round (review 4)', () => {
    expect(decideBid(scene({ mine: passed, now: 1_000 }))).toMatchObject({
      kind: 'wait',
      againInMs: 4_000,
    })
  })

  test('becomes an offer in a later round when room comes free and it is needed', () => {
    expect(decideBid(scene({ mine: passed, decided: true }))).toMatchObject({
      kind: 'offer',
      bid: { round: 1 },
    })
    const full = scene({ mine: passed, others: [{ name: 'a' }, { name: 'b' }], decided: true })
    expect(decideBid(full)).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ mine: passed, decided: true, room: room(0) }))).toMatchObject({
      kind: 'keep',
    })
  })

  test('a refusal of this very container stands; another container is tried', () => {
    const refused = { slots: 0, reason: 'pull-failed' as const, refused: { specHash: 'spec' } }
    expect(decideBid(scene({ mine: refused, decided: true }))).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ mine: refused, decided: true, specHash: 'new' }))).toMatchObject({
      kind: 'offer',
    })
  })

  test('consent that was taken back stays so, for every key, however much room there is (review 12)', () => {
    const mine = { slots: 0, reason: 'consent-withdrawn' as const, refused: { standing: true } }
    expect(decideBid(scene({ mine, decided: true }))).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ mine: { ...mine, placementKey: 'new.key' } }))).toMatchObject({
      kind: 'keep',
    })
  })

  test('consent can be taken back before there was an offer', () => {
    const withdrawn = { obstacles: obstacle('consent-withdrawn') }
    expect(decideBid(scene(withdrawn))).toMatchObject({ bid: { refused: { standing: true } } })
    expect(decideBid(scene({ ...withdrawn, mine: passed }))).toMatchObject({
      kind: 'refuse',
      bid: { refused: { standing: true } },
    })
  })

  test('a lifted cordon may bid again', () => {
    const mine = { slots: 0, reason: 'cordoned' as const, refused: { standing: true } }
    expect(
      decideBid(scene({ mine, decided: true, obstacles: obstacle('cordoned') })),
    ).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ mine, decided: true }))).toMatchObject({
      kind: 'offer',
      bid: { round: 1 },
    })
  })
})

test('who had no room says so when it takes no work at all any more', () => {
  const mine = { slots: 0, reason: 'no-cpu' as const }
  const obstacles = obstacle('draining')
  expect(decideBid(scene({ mine, decided: true, obstacles }))).toMatchObject({
    kind: 'refuse',
    bid: { round: 0, reason: 'draining', refused: { standing: true } },
  })
  const said = { slots: 0, reason: 'draining' as const }
  expect(decideBid(scene({ mine: said, decided: true, obstacles }))).toMatchObject({ kind: 'keep' })
})

test('a lifted cordon leaves no refusal behind when nobody is missing', () => {
  const mine = { slots: 0, reason: 'draining' as const, refused: { standing: true } }
  const others = [{ name: 'a' }, { name: 'b' }]
  expect(decideBid(scene({ mine, others, decided: true }))).toMatchObject({ kind: 'withdraw' })
})

describe('membership', () => {
  test('no: a bid is withdrawn, and none is made for a stranger', () => {
    expect(decideBid(scene({ mine: {}, membership: 'no' }))).toMatchObject({ kind: 'withdraw' })
    expect(decideBid(scene({ membership: 'no' }))).toMatchObject({ kind: 'keep' })
  })

  test('unknown: nothing is begun and nothing taken back (review 9)', () => {
    expect(
      decideBid(scene({ mine: {}, membership: 'unknown', obstacles: obstacle('policy') })),
    ).toMatchObject({ kind: 'keep' })
    expect(decideBid(scene({ membership: 'unknown' }))).toMatchObject({ kind: 'keep' })
  })
})
