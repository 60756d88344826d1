import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, KEY, world } from '../../test/support/sample-bids.ts'
import type { Did } from '../model/records.ts'
import { ROUND_MAX, type CountedBid } from './bids.ts'
import { HOLD_MS, holdsGround } from './displacement.ts'
import {
  decision,
  joinableRound,
  observeBids,
  openRounds,
  settleRounds,
  shortWindows,
  type Rounds,
} from './rounds.ts'

const WINDOW = 5_000
const INVITED = ['a', 'b', 'c'].map(did)

function see(rounds: Rounds, now: number, ...bids: CountedBid[]): Rounds {
  return observeBids(rounds, bids, { now, via: 'stream' })
}

function decide(rounds: Rounds, now: number, bids: readonly CountedBid[], invited = INVITED) {
  const overruled = new Set<Did>()
  return decision(rounds, { bids, invited, now, windowMs: WINDOW, slotsWanted: 1, overruled })
}

describe('which round may be joined', () => {
  test('the first bidder opens round 0', () => {
    expect(joinableRound(openRounds(KEY, 0), 9e9, WINDOW)).toEqual({ kind: 'join', round: 0 })
  })

  test('within half a window of first sight the open round, then none, then the next (review 2)', () => {
    const rounds = see(openRounds(KEY, 0), 1_000, bid({ name: 'a' }))
    expect(joinableRound(rounds, 3_500, WINDOW)).toEqual({ kind: 'join', round: 0 })
    expect(joinableRound(rounds, 3_501, WINDOW)).toEqual({ kind: 'wait', againInMs: 2_499 })
    expect(joinableRound(rounds, 6_000, WINDOW)).toEqual({ kind: 'join', round: 1 })
  })

  test('what was learnt by listing is closed, whatever its age (review 2)', () => {
    const listed = observeBids(openRounds(KEY, 0), [bid({ name: 'a', round: 4 })], {
      now: 0,
      via: 'listing',
    })
    expect(joinableRound(listed, 0, WINDOW)).toEqual({ kind: 'join', round: 5 })
  })

  test('an early decision closes the round, however young it is', () => {
    const bids = ['a', 'b', 'c'].map((name) => bid({ name }))
    const rounds = see(openRounds(KEY, 0), 0, ...bids)
    const { decidedThrough } = decide(rounds, 1, bids)
    const settled = settleRounds(rounds, { decidedThrough, missing: 0, now: 1 })
    expect(joinableRound(settled, 2, WINDOW)).toEqual({ kind: 'join', round: 1 })
  })

  test('a round counts as seen even when its bids are gone', () => {
    const rounds = see(see(openRounds(KEY, 0), 0, bid({ name: 'a', round: 6 })), 1)
    expect(rounds.inView.size).toBe(0)
    expect(joinableRound(rounds, 9_000, WINDOW)).toEqual({ kind: 'join', round: 7 })
  })

  test('nobody can push the next round out of range', () => {
    const absurd = see(openRounds(KEY, 0), 0, bid({ name: 'a', round: Number.MAX_SAFE_INTEGER }))
    expect(joinableRound(absurd, 0, WINDOW)).toEqual({ kind: 'join', round: 0 })
    const last = see(openRounds(KEY, 0), 0, bid({ name: 'a', round: ROUND_MAX }))
    expect(joinableRound(last, 9_000, WINDOW)).toEqual({ kind: 'join', round: ROUND_MAX })
  })

  test('bids for another key are none', () => {
    const rounds = see(openRounds(KEY, 0), 0, bid({ name: 'a', placementKey: 'old', round: 3 }))
    expect(rounds).toEqual(openRounds(KEY, 0))
  })
})

describe('when a round is acted on', () => {
  test('after a window in view', () => {
    const bids = [bid({ name: 'a' })]
    const rounds = see(openRounds(KEY, 0), 1_000, ...bids)
    expect(decide(rounds, 5_999, bids)).toEqual({ decidedThrough: -1, againInMs: 1 })
    expect(decide(rounds, 6_000, bids)).toEqual({ decidedThrough: 0 })
  })

  test('is never waited for without end, however fine the clock', () => {
    const one = bid({ name: 'a' })
    const time = fc.double({ min: 0, max: 1e6, noNaN: true })
    fc.assert(
      fc.property(time, (firstMs) => {
        const rounds = see(openRounds(KEY, 0), firstMs, one)
        expect(decide(rounds, firstMs + WINDOW, [one])).toEqual({ decidedThrough: 0 })
        const { againInMs } = decide(rounds, firstMs + WINDOW - 1e-6, [one])
        expect(againInMs ?? 1).toBeGreaterThanOrEqual(1)
      }),
    )
  })

  test('at once when everyone invited has bid or passed', () => {
    const bids = [
      bid({ name: 'a' }),
      bid({ name: 'b', slots: 0, reason: 'no-cpu' }),
      bid({ name: 'c' }),
    ]
    const rounds = see(openRounds(KEY, 0), 0, ...bids)
    expect(decide(rounds, 0, bids)).toEqual({ decidedThrough: 0 })
    expect(decide(rounds, 0, bids.slice(0, 2))).toEqual({ decidedThrough: -1, againInMs: WINDOW })
  })

  test('whose consent was taken back is not waited for, under whatever key she said so', () => {
    const bids = [
      bid({ name: 'a' }),
      bid({ name: 'b' }),
      bid({
        name: 'c',
        placementKey: 'an older one',
        slots: 0,
        reason: 'consent-withdrawn',
        refused: { standing: true },
      }),
    ]
    expect(decide(see(openRounds(KEY, 0), 0, ...bids), 0, bids)).toEqual({ decidedThrough: 0 })
  })

  test('who is silent is waited for, also when she seems dead (review 4)', () => {
    const bids = [bid({ name: 'a' }), bid({ name: 'b' })]
    const rounds = see(openRounds(KEY, 0), 0, ...bids)
    expect(decide(rounds, WINDOW - 1, bids).decidedThrough).toBe(-1)
  })

  test('a pass of an earlier round is no answer to a later one, a whole offer or a standing refusal is', () => {
    const offers = [bid({ name: 'a' }), bid({ name: 'b', round: 1 })]
    const passed = [...offers, bid({ name: 'c', slots: 0, reason: 'no-cpu' })]
    const refused = [...offers, bid({ name: 'c', slots: 0, refused: { standing: true } })]
    const rounds = settleRounds(see(openRounds(KEY, 0), 0, bid({ name: 'a' })), {
      decidedThrough: 0,
      missing: 1,
      now: 0,
    })
    expect(decide(see(rounds, 0, ...passed), 0, passed).decidedThrough).toBe(0)
    expect(decide(see(rounds, 0, ...refused), 0, refused).decidedThrough).toBe(1)
  })

  test('who offered less than is wanted may offer more, and is waited for in a later round', () => {
    const before = [bid({ name: 'a' }), bid({ name: 'b' }), bid({ name: 'c', slots: 3 })]
    const rounds = settleRounds(see(openRounds(KEY, 0), 0, ...before), {
      decidedThrough: 0,
      missing: 1,
      now: 0,
    })
    const more = (...names: readonly string[]) => {
      const again = names.map((name) => bid({ name, round: 1, slots: 3 }))
      const others = before.filter(({ meshletDid }) => !names.map(did).includes(meshletDid))
      const bids = [...again, ...others]
      const rest = { windowMs: WINDOW, slotsWanted: 3, overruled: new Set<Did>() }
      const options = { bids, invited: INVITED, now: 0, ...rest }
      return decision(see(rounds, 0, ...bids), options).decidedThrough
    }
    expect(more('a')).toBe(0)
    expect(more('a', 'b')).toBe(1)
  })

  test('whose offer came late bids again, and is waited for in the round after', () => {
    const before = ['a', 'b', 'c'].map((name) => bid({ name }))
    const rounds = settleRounds(see(openRounds(KEY, 0), 0, ...before), {
      decidedThrough: 0,
      missing: 0,
      now: 0,
    })
    const overruled = new Set(['a', 'b'].map(did))
    const after = (...names: readonly string[]) => {
      const again = names.map((name) => bid({ name, round: 1 }))
      const others = before.filter(({ meshletDid }) => !names.map(did).includes(meshletDid))
      const bids = [...again, ...others]
      const rest = { windowMs: WINDOW, slotsWanted: 1, overruled }
      const options = { bids, invited: INVITED, now: 0, ...rest }
      return decision(see(rounds, 0, ...bids), options).decidedThrough
    }
    expect(after('a')).toBe(0)
    expect(after('a', 'b')).toBe(1)
  })

  test('listing closes nothing for acting: the others’ bids may be under way', () => {
    const bids = [bid({ name: 'a' })]
    const rounds = observeBids(openRounds(KEY, 0), bids, { now: 0, via: 'listing' })
    expect(decide(rounds, 0, bids)).toEqual({ decidedThrough: -1, againInMs: WINDOW })
  })

  test('nobody is invited: nobody is waited for longer than a window', () => {
    const bids = [bid({ name: 'a' })]
    expect(decide(see(openRounds(KEY, 0), 0, ...bids), 0, bids, []).decidedThrough).toBe(-1)
  })

  test('lower rounds that keep coming hold up no higher one', () => {
    let rounds = see(openRounds(KEY, 0), 0, bid({ name: 'a', round: 9 }))
    let bids: CountedBid[] = []
    for (let step = 1; step < 9; step++) {
      bids = [bid({ name: 'a', round: 9 }), bid({ name: 'evil', round: 9 - step })]
      rounds = see(rounds, step * 600, ...bids)
    }
    expect(decide(rounds, WINDOW, bids).decidedThrough).toBe(9)
  })

  test('what was acted on stays so, over a restart as well', () => {
    const rounds = openRounds(KEY, 0, 3)
    expect(decide(rounds, 0, [])).toEqual({ decidedThrough: 3 })
    expect(joinableRound(rounds, 0, WINDOW)).toEqual({ kind: 'join', round: 4 })
  })
})

describe('late bids', () => {
  const early = bid({ name: 'early' })
  const late = bid({ name: 'late', score: 9 })
  const acted = settleRounds(see(openRounds(KEY, 0), 0, early), {
    decidedThrough: 0,
    missing: 0,
    now: WINDOW,
  })

  test('are those that came after their round was acted on', () => {
    const rounds = see(acted, 9_000, early, late)
    expect([...rounds.late]).toEqual([late.cid])
    expect([...see(rounds, 9_500, early).late]).toEqual([])
  })

  test('displace nobody at once, though the choice is the same for all readers', () => {
    const rounds = see(acted, 9_000, early, late)
    const input = world([early, late])
    expect(holdsGround(input, rounds, early.meshletDid, 0)).toBe(true)
    expect(holdsGround(input, rounds, late.meshletDid, 0)).toBe(false)
  })

  test('are given way to in the end, or two who disagree would both run for ever', () => {
    const rounds = see(acted, 9_000, early, late)
    expect(holdsGround(world([early, late]), rounds, early.meshletDid, HOLD_MS)).toBe(false)
  })

  test('that came before a new bid of one’s own are accepted by it', () => {
    const rounds = see(acted, 9_000, early, late)
    const again = bid({ name: 'early', round: 1 })
    const self = early.meshletDid
    const moved = observeBids(rounds, [again, late], { now: 9_500, via: 'stream', self })
    expect(moved.late.size).toBe(0)
  })

  test('are not told apart among listed ones', () => {
    const rounds = observeBids(acted, [early, late], { now: 9_000, via: 'listing' })
    expect(rounds.late.size).toBe(0)
    expect(holdsGround(world([early, late]), rounds, early.meshletDid, 0)).toBe(false)
  })

  test('a late pass is no matter', () => {
    expect(see(acted, 9_000, early, bid({ name: 'late', slots: 0 })).late.size).toBe(0)
  })
})

describe('short windows', () => {
  test('are counted while the choice is short, and start again afterwards', () => {
    const rounds = openRounds(KEY, 1_000)
    expect(shortWindows(rounds, 5_999, WINDOW)).toBe(0)
    expect(shortWindows(rounds, 11_000, WINDOW)).toBe(2)
    const filled = settleRounds(rounds, { decidedThrough: 0, missing: 0, now: 11_000 })
    expect(shortWindows(filled, 90_000, WINDOW)).toBe(0)
    const again = settleRounds(filled, { decidedThrough: 0, missing: 1, now: 90_000 })
    expect(shortWindows(again, 95_000, WINDOW)).toBe(1)
  })
})

test('what is remembered does not depend on how the bids were batched, nor on repeats', () => {
  const arbitraryBids = fc.uniqueArray(
    fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), round: fc.integer({ min: 0, max: 3 }) }),
    { selector: ({ name }) => name },
  )
  fc.assert(
    fc.property(arbitraryBids, fc.nat(4), (samples, cut) => {
      const bids = samples.map((sample) => bid(sample))
      const atOnce = see(openRounds(KEY, 0), 7, ...bids)
      const batched = see(
        see(see(openRounds(KEY, 0), 7, ...bids.slice(0, cut)), 7, ...bids),
        8,
        ...bids,
      )
      expect({ ...batched, inView: [...batched.inView].toSorted() }).toEqual({
        ...atOnce,
        inView: [...atOnce.inView].toSorted(),
      })
    }),
    { seed: 3 },
  )
})

test('observing changes no earlier memory', () => {
  const before = see(openRounds(KEY, 0), 0, bid({ name: 'a' }))
  const copy = structuredClone(before)
  see(before, 1, bid({ name: 'a' }), bid({ name: 'b', round: 1 }))
  settleRounds(before, { decidedThrough: 0, missing: 0, now: 2 })
  expect(before).toEqual(copy)
})
