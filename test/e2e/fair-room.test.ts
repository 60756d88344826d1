import { afterAll, beforeAll, expect, it } from 'vitest'
import { usageUri } from '../../src/ledger/claims.ts'
import { addDays, closedDayOf } from '../../src/ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { UsageRecord } from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
type Owner = (typeof OWNERS)[number]

/** Machine-days that each one's machine gave the others, all on the last closed day. */
const GIFTS: readonly (readonly [giver: Owner, to: Partial<Record<Owner, number>>])[] = [
  ['alice', { bobby: 2, carol: 2 }],
  ['bobby', { carol: 2 }],
  ['carol', { alice: 0.5 }],
]
/** What follows: given less taken, and that with the line of 7 machine-days. */
const BALANCES = { alice: '3.500', bobby: '0.000', carol: '-3.500' }
const CREDITS = { alice: '10.500', bobby: '7.000', carol: '3.500' }

/** Twelve small workloads fit where there is room at all; each owner wants eight. */
const PLACES = 12
const WANTED = 8
/** Places by credit of 3:2:1. A place is not divided, so one more or less is as near as it gets. */
const FAIR = { alice: 6, bobby: 4, carol: 2 }
const TOLERANCE = 1
const CPU = 50

const DAY = closedDayOf(Date.now())
let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  for (const [giver, gifts] of GIFTS) await give(giver, gifts)
  // The room is Carol's, who has the least credit: that it is hers is no advantage.
  const room = { alice: CPU - 10, bobby: CPU - 10, carol: PLACES * CPU }
  for (const owner of OWNERS) await commune.link(owner)
  await Promise.all(
    OWNERS.map((owner) => commune.start(owner, { cpuMilli: room[owner], asProcess: true })),
  )
  await commune.until('all machines see one another', async () => {
    const { out } = await commune.commune('carol', 'get', 'members', '-o', 'json')
    const rows = JSON.parse(out) as readonly { readonly verdict: string }[]
    return rows.filter(({ verdict }) => verdict === 'yes').length === OWNERS.length
  })
})
afterAll(() => commune?.[Symbol.asyncDispose]())

async function put(account: string, collection: Collection, rkey: string, value: object) {
  const { writer } = await commune.session(account)
  const record = { $type: collection, ...value }
  const { cids } = await writer.apply([{ action: 'put', collection, rkey, value: record }])
  return cids[0] ?? ''
}

/** What the machine claims of that day, and what those whose work it was say to it. */
async function give(giver: Owner, gifts: Partial<Record<Owner, number>>): Promise<void> {
  const createdAt = `${addDays(DAY, 1)}T00:05:00.000Z`
  const entriesFor = (taker: Owner): UsageRecord['entries'] => {
    const workload = workloadUri(commune.did(taker), 'old')
    return [{ workload, amount: (gifts[taker] ?? 0) * MACHINE_DAY, seconds: 86_400 }]
  }
  const takers = OWNERS.filter((owner) => gifts[owner] !== undefined)
  const capacity = { ...REFERENCE_MACHINE, cpuMilli: 4 * REFERENCE_MACHINE.cpuMilli }
  const claim = { period: DAY, sequence: 1, capacity, createdAt }
  const usage = { ...claim, entries: takers.flatMap(entriesFor) }
  const cid = await put(`${giver}-mesh`, COLLECTION.usage, DAY, usage)
  const uri = usageUri(commune.did(`${giver}-mesh`), DAY)
  for (const taker of takers) {
    const said = { usage: { uri, cid }, entries: entriesFor(taker), createdAt }
    await put(taker, COLLECTION.acknowledgement, recordKeyFor(uri), said)
  }
}

/** The files that an owner wants to be run. */
function wanted(owner: Owner): Readonly<Record<string, string>> {
  const names = Array.from({ length: WANTED }, (_, index) => `${owner}-${index}`)
  return Object.fromEntries(names.map((name) => [name, webWorkload(commune, name)]))
}

async function accounts() {
  const { out, err, code } = await commune.commune('bobby', 'balance', '-o', 'json')
  expect({ err, code }).toEqual({ err: '', code: 0 })
  const report = JSON.parse(out) as {
    readonly day: string
    readonly accounts: readonly {
      readonly owner: string
      readonly balance: string
      readonly credit: string
    }[]
  }
  const of = (key: 'balance' | 'credit') =>
    Object.fromEntries(
      OWNERS.map((owner) => [
        owner,
        report.accounts.find((one) => one.owner === commune.did(owner))?.[key],
      ]),
    )
  return { day: report.day, balances: of('balance'), credits: of('credit') }
}

it('scarce room goes to three members in proportion to what their gifts have earned', async () => {
  expect(await accounts()).toEqual({ day: DAY, balances: BALANCES, credits: CREDITS })

  const fill = webWorkload(commune, 'fill').replace('cpu: 50m', `cpu: ${PLACES * CPU}m`)
  await commune.sync('carol', { fill })
  await commune.running('carol', 'fill', 1)
  const offer = await commune.bid('carol-mesh', 'carol', 'fill')
  expect(offer?.value.ledgerDay).toBe(DAY)
  for (const owner of OWNERS)
    await commune.sync(owner, { ...wanted(owner), ...(owner === 'carol' && { fill }) })
  for (const owner of OWNERS)
    for (const name of Object.keys(wanted(owner)))
      await commune.until(`${name} waits for room`, async () => {
        const pass = await commune.bid('carol-mesh', owner, name)
        return pass?.value.reason === 'no-cpu'
      })

  await commune.sync('carol', { ...wanted('carol'), fill: undefined })
  const running = await commune.until('all room is given away', async () => {
    const seen = await commune.engine.containers()
    const up = seen.filter(({ state, workload }) => state === 'running' && workload !== 'fill')
    return up.length === PLACES && up
  })
  const places = Object.fromEntries(
    OWNERS.map((owner) => [
      owner,
      running.filter(({ workload }) => workload.startsWith(`${owner}-`)).length,
    ]),
  )
  for (const owner of OWNERS)
    expect(
      Math.abs((places[owner] ?? 0) - FAIR[owner]),
      `places: ${JSON.stringify(places)}`,
    ).toBeLessThanOrEqual(TOLERANCE)
  // Work of today changes a later ledger, not this one.
  expect(await accounts()).toEqual({ day: DAY, balances: BALANCES, credits: CREDITS })
})
