import fc from 'fast-check'
import { expect, test } from 'vitest'
import { LedgerBooks, ledgerDid } from '../../test/support/ledger-books.ts'
import type { MemberBooks } from './books.ts'
import { addDays } from './ledger-day.ts'
import { DEFAULT_RULES, ledgerOf, type Ledger } from './ledger.ts'
import { MACHINE_DAY } from './rate.ts'
import { settle, type Flow, type SettleInput } from './settle.ts'
import { weightOf, WEIGHT_BITS } from './weight.ts'

const SETTINGS = { seed: 20_261_121, numRuns: 200 } as const
const DAY = '2026-03-31'
const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
/** One of the members; the others are outsiders, or the group that means ill. */
const GROUP: ReadonlySet<string> = new Set(['d', 'e'].map(ledgerDid))

const anyWork = fc.record({
  giver: fc.constantFrom(...NAMES),
  taker: fc.constantFrom(...NAMES),
  ago: fc.integer({ min: 0, max: 60 }),
  amount: fc.integer({ min: 1, max: 40 }).map((tenths) => tenths / 10),
  acknowledged: fc.integer({ min: 0, max: 60 }).map((tenths) => tenths / 10),
})
const anyLoan = fc.record({
  giver: fc.constantFrom(...NAMES),
  newcomer: fc.constantFrom(...NAMES),
  credit: fc.integer({ min: 1, max: 20 }),
  ago: fc.integer({ min: 0, max: 60 }),
})
const anyBooks = fc
  .record({
    works: fc.uniqueArray(anyWork, {
      selector: ({ giver, taker, ago }) => `${giver} ${taker} ${ago}`,
      maxLength: 40,
    }),
    loans: fc.array(anyLoan, { maxLength: 6 }),
  })
  .map(({ works, loans }) => {
    const books = new LedgerBooks(...NAMES)
    for (const { giver, taker, ago, ...rest } of works)
      books.work(giver, taker, addDays(DAY, -ago), rest)
    for (const { giver, newcomer, credit, ago } of loans)
      books.sponsor(giver, newcomer, credit, addDays(DAY, -ago))
    return books
  })

function ledger(members: readonly MemberBooks[]): Ledger {
  return ledgerOf({ day: DAY, members })
}

const sum = (values: readonly bigint[]) => values.reduce((all, value) => all + value, 0n)

test('the sum over all is zero, and lines are only moved, whatever the records say', () => {
  fc.assert(
    fc.property(anyBooks, (books) => {
      const { accounts } = ledger(books.members())
      expect(sum(accounts.map(({ balance }) => balance))).toBe(0n)
      expect(sum(accounts.map(({ line }) => line))).toBe(7n * 5n * BigInt(MACHINE_DAY))
    }),
    SETTINGS,
  )
})

test('the order of members, machines and records changes nothing', () => {
  fc.assert(
    fc.property(anyBooks, (books) => {
      const members = books.members()
      const turned = members.toReversed().map((member) => ({
        ...member,
        machines: member.machines.toReversed(),
        acknowledgements: member.acknowledgements.toReversed(),
        sponsors: member.sponsors.toReversed(),
      }))
      expect(ledger(turned)).toEqual(ledger(members))
    }),
    SETTINGS,
  )
})

const anyFlows = fc.array(
  fc.record({
    giver: fc.constantFrom(...NAMES.map(ledgerDid)),
    taker: fc.constantFrom(...NAMES.map(ledgerDid)),
    amount: fc.bigInt({ min: 1n, max: 10n ** 15n }),
    day: fc.integer({ min: 0, max: 55 }),
  }),
  { maxLength: 60 },
)

function settleInput(rows: readonly (Flow & { readonly day: number })[]): SettleInput {
  const unique = new Map(
    rows
      .filter(({ giver, taker }) => giver !== taker)
      .map((flow) => [`${flow.day} ${flow.giver} ${flow.taker}`, flow]),
  )
  const line = 7n * BigInt(MACHINE_DAY)
  return {
    owners: NAMES.map(ledgerDid),
    days: Array.from({ length: 56 }, (_, day) => ({
      day: addDays(DAY, day - 55),
      flows: [...unique.values()].filter((flow) => flow.day === day),
    })),
    loans: [],
    rules: { ...DEFAULT_RULES, rootLine: line, sponsorLimit: line },
  }
}

test('a member who works more, for somebody with credit, is never credited with less', () => {
  fc.assert(
    fc.property(anyFlows, fc.integer({ min: 0, max: 55 }), (rows, day) => {
      const [giver, taker] = [ledgerDid('a'), ledgerDid('b')]
      const more = { giver, taker, amount: BigInt(MACHINE_DAY), day }
      const without = rows.filter((one) => one.giver !== taker && one.taker !== taker)
      const givenIn = (flows: readonly (Flow & { readonly day: number })[]) =>
        settle(settleInput(flows)).find(({ ownerDid }) => ownerDid === giver)?.given ?? 0n
      const gained = givenIn([...without, more]) - givenIn(without)
      // Rounded down once a flow and day, by a unit at most.
      expect(gained).toBeGreaterThanOrEqual(more.amount * weightOf(55 - day) - (60n << WEIGHT_BITS))
    }),
    SETTINGS,
  )
})

test('whatever others claim of a taker, each giver gets her equal part of the credit, or all that she gave', () => {
  fc.assert(
    fc.property(
      fc.array(fc.bigInt({ min: 0n, max: 10n ** 15n }), { minLength: 1, maxLength: 3 }),
      fc.bigInt({ min: 1n, max: 10n ** 13n }),
      (others, amount) => {
        const line = 7n * BigInt(MACHINE_DAY)
        const [taker, honest] = [ledgerDid('e'), ledgerDid('a')]
        const rows = others.map((claimed, index) => {
          return { giver: ledgerDid(NAMES[index + 1] ?? ''), taker, amount: claimed, day: 55 }
        })
        let mine = 0n
        let all = 0n
        settle({
          ...settleInput([...rows, { giver: honest, taker, amount, day: 55 }]),
          onSettled(_, { giver }, settled) {
            all += settled
            if (giver === honest) mine += settled
          },
        })
        const part = line / BigInt(others.length + 1)
        expect(mine).toBeGreaterThanOrEqual(amount < part ? amount : part)
        expect(all).toBeLessThanOrEqual(line)
      },
    ),
    SETTINGS,
  )
})

/**
 * What a group may take is what it gave to others, less what it took of them, and its lines. The
 * window ends after eight half-lives, so a debt may outlive the gift that paid for it by a 256th.
 */
test('a group that claims what it likes of each other gains nothing by it', () => {
  fc.assert(
    fc.property(anyFlows, (rows) => {
      const inflated = rows.map((flow) =>
        GROUP.has(flow.giver) && GROUP.has(flow.taker)
          ? { ...flow, amount: flow.amount * 10n ** 6n }
          : flow,
      )
      let outside = 0n
      let moved = 0n
      const input = settleInput(inflated)
      const indexOf = new Map(input.days.map(({ day }, index) => [day, index]))
      const accounts = settle({
        ...input,
        onSettled(day, { giver, taker }, settled) {
          const weight = weightOf(55 - (indexOf.get(day) ?? 0))
          moved += settled
          if (GROUP.has(giver) && !GROUP.has(taker)) outside += settled * weight
          if (!GROUP.has(giver) && GROUP.has(taker)) outside -= settled * weight
        },
      })
      const group = accounts.filter(({ ownerDid }) => GROUP.has(ownerDid))
      const credit = group.map(({ given, taken, line }) => {
        const left = ((given - taken) >> WEIGHT_BITS) + line
        return left > 0n ? left : 0n
      })
      const lines = sum(group.map(({ line }) => line))
      const fair = (outside >> WEIGHT_BITS) + lines
      expect(sum(credit)).toBeLessThanOrEqual(fair + moved / 128n + 2n)
    }),
    SETTINGS,
  )
})

test('taking a loan back leaves nothing behind that was bought with it', () => {
  const books = new LedgerBooks('a', 'd', 'e').sponsor('d', 'e', 7, addDays(DAY, -10))
  books.work('d', 'e', addDays(DAY, -9), { amount: 14 })
  const credit = (members: readonly MemberBooks[]) =>
    sum(
      ledger(members)
        .accounts.filter(({ ownerDid }) => GROUP.has(ownerDid))
        .map((account) => account.credit),
    )
  const withdrawn = books.members().map((member) => ({ ...member, sponsors: [] }))
  const lines = 14n * BigInt(MACHINE_DAY)
  expect(credit(books.members())).toBeLessThanOrEqual(lines + 2n)
  expect(credit(withdrawn)).toBeLessThanOrEqual(lines + 2n)
})

test('the greatest amounts that a record can hold overflow nothing', () => {
  const books = new LedgerBooks(...NAMES)
  const amount = Number.MAX_SAFE_INTEGER / MACHINE_DAY
  for (let ago = 0; ago < 56; ago++)
    for (const giver of NAMES.slice(1))
      books.work(giver, 'a', addDays(DAY, -ago), {
        amount,
        change: { capacity: { cpuMilli: Number.MAX_SAFE_INTEGER } },
      })
  const { accounts } = ledger(books.members())
  expect(sum(accounts.map(({ balance }) => balance))).toBe(0n)
  const debtor = accounts.find(({ ownerDid }) => ownerDid === ledgerDid('a'))
  expect(debtor?.credit).toBeLessThanOrEqual(BigInt(MACHINE_DAY) / 1_000n)
})
