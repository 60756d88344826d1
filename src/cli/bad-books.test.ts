import { describe, expect, it } from 'vitest'
import { writeHeld } from '../../test/support/ledger-view.ts'
import { did } from '../../test/support/memory-view.ts'
import { ReadingWorld } from '../../test/support/reading-world.ts'
import { usageUri } from '../ledger/claims.ts'
import { addDays, closedDayOf } from '../ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AtUri, UsageRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { balanceReport } from './balance-report.ts'
import { formatAccounts, formatEntries } from './format-balance.ts'

const DAY = closedDayOf(new ReadingWorld().nowMs)
const WEB = workloadUri(did('alice'), 'web')

function entry(machineDays: number, workload: AtUri = WEB): UsageRecord['entries'][number] {
  return { workload, amount: Math.round(machineDays * MACHINE_DAY), seconds: 86_400 }
}

interface Change extends Partial<Omit<UsageRecord, 'createdAt'>> {
  readonly createdAt?: string
}

/** Bob’s machine claims a machine-day of Alice’s work, and whatever is changed about that. */
function claim(world: ReadingWorld, change: Change = {}, day = DAY, machine = 'bob-mesh'): string {
  const capacity = { ...REFERENCE_MACHINE, cpuMilli: 4 * REFERENCE_MACHINE.cpuMilli }
  return world.put(machine, COLLECTION.usage, day, {
    ...{ period: day, sequence: Date.parse(day.slice(0, 10)) / 86_400_000, capacity },
    ...{ entries: [entry(1)], createdAt: `${addDays(day.slice(0, 10), 1)}T00:05:00Z` },
    ...change,
  })
}

function acknowledge(world: ReadingWorld, by: string, cid: string, amount = 1, day = DAY): void {
  const uri = usageUri(did('bob-mesh'), day)
  const createdAt = `${addDays(day, 1)}T00:10:00Z`
  const said = { usage: { uri, cid }, entries: [entry(amount)], createdAt }
  world.put(by, COLLECTION.acknowledgement, recordKeyFor(uri), said)
}

/** What `commune balance --explain` prints for Alice, or for whoever is named. */
function explained(world: ReadingWorld, member = 'alice', day = DAY): string {
  const options = { day, nowMs: world.nowMs, member: did(member) }
  const report = balanceReport(world.reading(), options)
  expect(report.checked.sum).toBe('0')
  return `${formatAccounts(report.accounts, false)}\n${formatEntries(report)}`
}

/** The claim as it was made, acknowledged as it stands, and what is said of it. */
function told(change: Change, day = DAY): string {
  const world = new ReadingWorld()
  acknowledge(world, 'alice', claim(world, change, day), 1, DAY)
  return explained(world)
}

describe('an entry that does not count says why', () => {
  it.each([
    [
      'an inflated claim',
      { entries: [entry(5)] },
      'counted 1.000 (claimed 5.000, acknowledged 1.000): more was claimed than acknowledged',
    ],
    [
      'one of more than the machine offered',
      { entries: [entry(50)] },
      'it claims more than the machine offered',
    ],
    ['a negative amount', { entries: [entry(-1)] }, 'an amount in it is no positive whole number'],
    [
      'a workload twice in one period',
      { entries: [entry(1), entry(1)] },
      'it names a workload twice',
    ],
    ['a period that names another day', { period: addDays(DAY, -1) }, 'not the day that it names'],
    ['a record without a number', { sequence: undefined }, 'it has no number'],
    [
      'a period that was not over',
      { createdAt: `${DAY}T12:00:00Z` },
      'written before its day was over',
    ],
    [
      'a claim that came too late',
      { createdAt: `${addDays(DAY, 2)}T00:00:00Z` },
      'written after the day was closed',
    ],
    ['a time that can’t be read', { createdAt: 'soon' }, 'its time can’t be read'],
  ])('%s', (_, change, reason) => {
    expect(told(change as Change)).toContain(reason)
  })

  it('periods that overlap: a key is a whole day, and parts of one count nothing', () => {
    const world = new ReadingWorld()
    acknowledge(world, 'alice', claim(world))
    claim(world, { sequence: 1_000_000 }, `${DAY}T12Z`)
    const text = explained(world)
    expect(text).toContain('its key is no UTC day')
    expect(text).toMatch(/alice\.test +-1\.000/)
  })

  it('a number that was used for two days, and one that goes backwards', () => {
    const world = new ReadingWorld()
    claim(world, { sequence: 7 }, addDays(DAY, -1))
    claim(world, { sequence: 7 })
    expect(explained(world).match(/its number was used for another day too/g)).toHaveLength(2)
    claim(world, { sequence: 6 })
    expect(explained(world)).toContain('its number is not above those of earlier days')
  })

  it('missing periods are a note and change no balance', () => {
    const world = new ReadingWorld()
    claim(world, { sequence: 1 }, addDays(DAY, -4))
    acknowledge(world, 'alice', claim(world, { sequence: 4 }))
    expect(explained(world)).toMatch(/2 records are missing between those of .* changes no balance/)
  })

  it('future and ancient periods are left out, with a note', () => {
    const world = new ReadingWorld()
    acknowledge(world, 'alice', claim(world))
    for (const day of [addDays(DAY, 1), '2099-01-01']) claim(world, {}, day)
    claim(world, {}, addDays(DAY, -60))
    const text = explained(world)
    expect(text).toContain('note: left out of bob.test/box: 2 records of later days')
    expect(text).toContain('note: left out of bob.test/box: 1 record too old to weigh anything')
    expect(text).toMatch(/alice\.test +-1\.000/)
  })

  it('a workload that never ran: nobody on her side acknowledged it', () => {
    const world = new ReadingWorld()
    claim(world, { entries: [entry(1, workloadUri(did('alice'), 'never'))] })
    expect(explained(world)).toContain('nobody on the other side acknowledged it')
  })

  it('work of a stranger, also when she acknowledges it', () => {
    const world = new ReadingWorld()
    const cid = claim(world, { entries: [entry(1, workloadUri(did('stranger'), 'web'))] })
    acknowledge(world, 'stranger', cid)
    expect(explained(world, 'bob')).toContain('the workload’s owner is no member here')
  })

  it('an acknowledgement without a claim', () => {
    const world = new ReadingWorld()
    acknowledge(world, 'alice', 'bafynone')
    expect(explained(world)).toContain('acknowledged, but the machine claims nothing')
  })

  it('an acknowledgement of what the claim said before it was changed', () => {
    const world = new ReadingWorld()
    acknowledge(world, 'alice', claim(world))
    claim(world, { entries: [entry(0.5)] })
    expect(explained(world)).toContain('the claim was changed after it was acknowledged')
  })

  it('two machines of one owner that claim each other’s work, or hers', () => {
    const world = new ReadingWorld()
    world.put('bob', COLLECTION.meshlet, 'second', { meshletDid: did('bob-second') })
    world.put('bob-second', COLLECTION.meshletOwner, 'self', { ownerDid: did('bob') })
    const own = { entries: [entry(1, workloadUri(did('bob'), 'web'))] }
    for (const machine of ['bob-mesh', 'bob-second']) claim(world, own, DAY, machine)
    const text = explained(world, 'bob')
    expect(text.match(/own work on an own machine counts for nothing/g)).toHaveLength(2)
    expect(text).toMatch(/bob\.test +0\.000/)
  })

  it('more than the taker had credit for', () => {
    const world = new ReadingWorld()
    const takers = new Map([[did('alice'), 12]])
    const put = world.view.put.bind(world.view)
    writeHeld(put, { machine: did('bob-mesh'), day: DAY, takers })
    expect(explained(world)).toContain(
      'the credit of alice.test covered 7.000 of 12.000 for bob.test',
    )
  })
})

it('clocks that differ by less than an hour change nothing', () => {
  const text = told({ createdAt: `${DAY}T23:10:00Z` })
  expect(text).toContain('counted 1.000 (claimed 1.000, acknowledged 1.000)\n')
})

it('who leaves in debt takes both sides with her, and under a new name she has her line and nothing else', () => {
  const world = new ReadingWorld()
  acknowledge(world, 'alice', claim(world))
  expect(explained(world)).toMatch(/bob\.test +1\.000/)
  // Bob sees her under another DID now; her old one is on nobody's list any more.
  world.view.own(did('alice2'), did('alice2-mesh'), [did('bob')])
  for (const name of ['bob', 'carol']) {
    const other = name === 'bob' ? 'carol' : 'bob'
    const members = [did('alice2'), did(other)]
    world.put(`${name}-mesh`, COLLECTION.cluster, 'home', { members })
  }
  const reading = { ...world.reading(), owner: did('bob') }
  const report = balanceReport(reading, { day: DAY, nowMs: world.nowMs, member: did('bob') })
  const rows = report.accounts.map(({ owner, balance, credit }) => [owner, balance, credit])
  expect(rows).toEqual([
    [did('alice2'), '0.000', '7.000'],
    [did('bob'), '0.000', '7.000'],
    [did('carol'), '0.000', '7.000'],
  ])
  expect(formatEntries(report)).toContain('the workload’s owner is no member here')
})

it('a record that is not what its schema says is named, with what is wrong', () => {
  const world = new ReadingWorld()
  const reading = world.reading()
  const view = {
    ...reading.view,
    invalid: (repo: string) =>
      repo === did('alice-mesh')
        ? [
            {
              collection: COLLECTION.usage,
              rkey: DAY,
              reason: 'entries/0/amount must be at least 0',
            },
          ]
        : [],
  }
  const options = { day: DAY, nowMs: world.nowMs, member: did('alice') }
  const text = formatEntries(balanceReport({ ...reading, view: view as never }, options))
  expect(text).toBe(
    `note: ${usageUri(did('alice-mesh'), DAY)} is not read: entries/0/amount must be at least 0\n`,
  )
})
