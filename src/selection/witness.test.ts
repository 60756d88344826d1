import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import type { Did } from '../model/records.ts'
import { bindingMs, leaseUntilMs } from './lease.ts'
import { judgeAsk, type WitnessInput, type WitnessMemory } from './witness.ts'

const [SELF, A, B] = [did('w1'), did('a'), did('b')]
const SETS = { witnesses: [SELF, did('w2'), did('w3')], previous: [], generation: 7 }
const D = 15_000
const NOW = 1_000_000

function input(
  change: Partial<Omit<WitnessInput, 'ask'>> & { ask?: Partial<WitnessInput['ask']> },
) {
  const ask = { epoch: 1, generation: 7, run: 'r', askedAt: 500, termMs: 10_000, ...change.ask }
  return {
    self: SELF,
    asker: A,
    sets: SETS,
    selected: 'asker',
    graceMs: 20_000,
    leastMs: D,
    startedMs: 0,
    now: NOW,
    ...change,
    ask,
  } satisfies WitnessInput
}

const HELD: WitnessMemory = judgeAsk({}, input({})).memory

describe('a witness', () => {
  test('grants the first lease to whom its records select', () => {
    const { granted, memory } = judgeAsk({}, input({}))
    expect(granted).toBe(true)
    expect(memory).toMatchObject({ highest: { epoch: 1, holder: A }, grantedMs: NOW })
  })

  test.each<[string, Parameters<typeof input>[0], WitnessMemory, RegExp]>([
    ['whom its records do not select', { selected: 'nobody' }, {}, /select nobody/],
    ['when they select another', { selected: 'other' }, {}, /select another/],
    ['when it does not know', { selected: 'unknown' }, {}, /select/],
    ['what it is no witness of', { self: did('x') }, {}, /not a witness/],
    ['what may run twice', { sets: undefined }, {}, /not a witness/],
    ['when the witnesses have changed', { ask: { generation: 6 } }, {}, /generation 7/],
    ['before it has read of the change', { ask: { generation: 8 } }, {}, /generation 7/],
    ['within D after its start', { startedMs: NOW - D + 1 }, {}, /started/],
    ['for too long a term', { ask: { termMs: 300_000 } }, {}, /term/],
    ['to another within D', { asker: B, now: NOW + D - 1, ask: { epoch: 2 } }, HELD, /granted to/],
    ['an epoch that was', { asker: B, now: NOW + D, ask: { epoch: 1 } }, HELD, /epoch 1/],
    ['what was asked before', { ask: { askedAt: 499 } }, HELD, /newer word/],
  ])('refuses %s', (_, change, memory, reason) => {
    const verdict = judgeAsk(memory, input(change))
    expect(verdict.granted).toBe(false)
    expect(verdict.reason).toMatch(reason)
    expect(verdict.memory).toBe(memory)
  })

  test.each<[string, Parameters<typeof input>[0]]>([
    ['when it is selected', {}],
    ['when nobody is', { selected: 'nobody' }],
    ['when it does not know', { selected: 'unknown' }],
    ['when another is, until it has had time to stop', { selected: 'other' }],
    ['of a program that started again', { ask: { run: 'other', askedAt: 1 } }],
  ])('renews the lease of its holder %s', (_, change) => {
    const next = input({ now: NOW + 3_000, ...change, ask: { askedAt: 3_500, ...change.ask } })
    expect(judgeAsk(HELD, next).granted).toBe(true)
  })

  test('does not renew for ever what belongs to another by its records', () => {
    let memory = HELD
    let lastMs = 0
    for (let ms = 0; ms < 60_000; ms += 1_000) {
      const ask = { askedAt: 600 + ms }
      const verdict = judgeAsk(memory, input({ selected: 'other', now: NOW + ms, ask }))
      memory = verdict.memory
      if (verdict.granted) lastMs = ms
    }
    expect(lastMs).toBe(19_000)
  })

  test('grants it to another after D, and at once when it was given back', () => {
    const other = { asker: B, ask: { epoch: 2 } }
    expect(judgeAsk(HELD, input({ ...other, now: NOW + D })).granted).toBe(true)
    const { memory } = judgeAsk(HELD, input({ ask: { askedAt: 501, released: true } }))
    expect(judgeAsk(memory, input(other)).granted).toBe(true)
    // The same epoch is not granted twice, not even to the same machine.
    expect(judgeAsk(memory, input({ ask: { askedAt: 502 } })).granted).toBe(false)
  })

  test('a lease is given back by its holder alone', () => {
    const theirs = input({ asker: B, ask: { epoch: 9, released: true } })
    expect(judgeAsk(HELD, theirs).memory).toBe(HELD)
  })

  test('is bound for longer by a holder with a longer term', () => {
    const { memory } = judgeAsk({}, input({ ask: { termMs: 240_000 } }))
    const other = (now: number) => judgeAsk(memory, input({ asker: B, now, ask: { epoch: 2 } }))
    expect(other(NOW + bindingMs(240_000) - 1).granted).toBe(false)
    expect(other(NOW + bindingMs(240_000)).granted).toBe(true)
  })
})

test('epochs grow, and no two machines ever hold the lease, whoever asks whom when', () => {
  const holders = [A, B, did('c')]
  const witnesses = SETS.witnesses
  const step = fc.record({
    afterMs: fc.integer({ min: 0, max: 9_000 }),
    asker: fc.constantFrom(...holders),
    witness: fc.constantFrom(...witnesses),
    epoch: fc.integer({ min: 1, max: 12 }),
    travelMs: fc.integer({ min: 0, max: 4_000 }),
    restarts: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const memories = new Map<Did, WitnessMemory>()
      const started = new Map<Did, number>()
      const grants = new Map<string, Map<Did, number>>()
      const spans: { epoch: number; holder: Did; fromMs: number; untilMs: number }[] = []
      let now = NOW
      for (const { afterMs, asker, witness, epoch, travelMs, restarts } of steps) {
        const askedMs = now
        now += afterMs + travelMs
        if (restarts) {
          const { highest } = memories.get(witness) ?? {}
          memories.set(witness, highest ? { highest } : {})
          started.set(witness, now)
          continue
        }
        const change = { asker, now, startedMs: started.get(witness) ?? 0, self: witness }
        const ask = { epoch, askedAt: askedMs, termMs: 10_000 }
        const verdict = judgeAsk(memories.get(witness) ?? {}, input({ ...change, ask }))
        memories.set(witness, verdict.memory)
        if (!verdict.granted) continue
        const own = grants.get(`${asker} ${epoch}`) ?? new Map<Did, number>()
        grants.set(`${asker} ${epoch}`, own.set(witness, askedMs))
        const untilMs = leaseUntilMs(SETS, own, 10_000)
        if (untilMs !== undefined && untilMs > now)
          spans.push({ epoch, holder: asker, fromMs: now, untilMs })
      }
      for (const one of spans)
        for (const other of spans)
          if (one.holder !== other.holder && one.fromMs <= other.fromMs) {
            expect(other.fromMs).toBeGreaterThanOrEqual(one.untilMs)
            expect(other.epoch).toBeGreaterThan(one.epoch)
          }
    }),
    { numRuns: 500 },
  )
})
