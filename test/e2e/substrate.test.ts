import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import type { RunningPds } from '../../src/dev/pds.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { Session } from '../../src/atproto/session.ts'
import type { WorkloadRecord } from '../../src/model/records.ts'
import type { Interposer, Mischief } from '../support/interposer.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type Held,
  type RealCommune,
} from '../support/real-commune.ts'
import { moveAccount, startSecondPds, takeDown } from '../support/move-account.ts'
import type { SeenContainer } from '../support/real-engine.ts'
import { startSubstrate, type RealSubstrate } from '../support/real-substrate.ts'
import { pdsApi } from '../support/pds-api.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
/** How long the long outage lasts. */
const OUTAGE_MS = Number(process.env['OUTAGE_SECONDS'] ?? 4) * 1_000
vi.setConfig({ testTimeout: 240_000 + OUTAGE_MS })
let commune: RealCommune
let substrate: RealSubstrate
/** Where accounts move to. */
let second: RunningPds | undefined
let moved: Session | undefined
let before: readonly SeenContainer[]
let record: Held<WorkloadRecord>
let priority = 0

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  substrate = await startSubstrate(commune)
  await startMachines(commune, OWNERS, { ...substrate.options, liveness: 'normal' })
  await commune.sync('alice', { site: webWorkload(commune, 'site', 'replicas: 3') })
  before = await commune.running('alice', 'site', 3)
  record = await published()
})
afterAll(async () => {
  await commune?.[Symbol.asyncDispose]()
  await substrate?.[Symbol.asyncDispose]()
  await moved?.[Symbol.asyncDispose]()
  await second?.[Symbol.asyncDispose]()
})
beforeEach(() => {
  substrate.pds.heal()
  substrate.plc.heal()
})

/**
 * A change that restarts nothing: all it does is to show up in everybody's status. Published like
 * any other, with hints; or by an account whose name or place `commune sync` would not find.
 */
async function change(session?: Session): Promise<void> {
  priority++
  if (session === undefined) {
    await commune.sync('alice', {
      site: webWorkload(commune, 'site', `replicas: 3\npriority: ${priority}`),
    })
    record = await published()
    return
  }
  const value = { ...record.value, priority }
  const write = { action: 'put', collection: COLLECTION.workload, rkey: 'site', value } as const
  const { cids } = await session.writer.apply([write])
  record = { cid: cids[0] ?? '', value }
}

function published(): Promise<Held<WorkloadRecord>> {
  return commune.until('it is published', () =>
    commune.record<WorkloadRecord>('alice', COLLECTION.workload, 'site'),
  )
}

/** Everybody has read alice's newest record, and everybody's status of it can be read. */
async function arrived(): Promise<void> {
  const isThere = async () => {
    const said = await Promise.all(
      OWNERS.map((owner) => commune.status(`${owner}-mesh`, 'alice', 'site')),
    )
    return said.every((status) => status?.value.observedRevision === record.cid)
  }
  await commune.until('everybody has the newest record', isThere)
}

async function expectUntouched(): Promise<void> {
  const identity = (seen: readonly SeenContainer[]) =>
    seen.map(({ id, startedAt, state }) => [id, startedAt, state])
  expect(identity(await commune.engine.containers('site'))).toEqual(identity(before))
}

/** What every other machine says of somebody's repo. */
async function everybodySays(account: string, what: RegExp | undefined): Promise<void> {
  await commune.until(`everybody says ${String(what)} of ${account}`, async () =>
    OWNERS.filter((owner) => `${owner}-mesh` !== account).every((owner) => {
      const problem = commune.machine(owner).repoProblem(commune.did(account))
      return what === undefined ? problem === undefined : what.test(problem ?? '')
    }),
  )
}

test.each(['alice', 'carol-mesh'])(
  'the account of %s is deactivated: its repo is unknown, not empty, and nothing stops',
  async (account) => {
    const agent = pdsApi(await commune.session(account))
    await agent.com.atproto.server.deactivateAccount({})
    await everybodySays(account, /deactivated/)
    await expectUntouched()
    await agent.com.atproto.server.activateAccount()
    await everybodySays(account, undefined)
    await change()
    await arrived()
    await expectUntouched()
  },
)

test('an account is taken down by its PDS: nothing stops, and it goes on when it is back', async () => {
  await takeDown(commune, 'bobby', true)
  await everybodySays('bobby', /taken down/)
  await expectUntouched()
  await takeDown(commune, 'bobby', false)
  await everybodySays('bobby', undefined)
  await change()
  await arrived()
  await expectUntouched()
})

test('a handle is changed: everything goes by DID', async () => {
  const agent = pdsApi(await commune.session('bobby'))
  await agent.com.atproto.identity.updateHandle({ handle: 'robert.test' })
  const machine = pdsApi(await commune.session('carol-mesh'))
  await machine.com.atproto.identity.updateHandle({ handle: 'carols-box.test' })
  await change()
  await arrived()
  await expectUntouched()
})

/** The failure has been met so often. */
async function met(interposer: Interposer, times: number): Promise<void> {
  await commune.until('the failure is met', async () => interposer.troubled >= times)
}

const json = { 'content-type': 'application/json' }
const FAILURES: readonly (readonly [string, Mischief])[] = [
  ['breaks every connection', 'cut'],
  ['answers nothing', 'hang'],
  ['is slow', { delayMs: 1_500 }],
  [
    'says 429',
    {
      status: 429,
      headers: { ...json, 'retry-after': '1' },
      body: '{"error":"RateLimitExceeded"}',
    },
  ],
  ['says 500', { status: 500, headers: json, body: '{"error":"InternalServerError"}' }],
  ['says 503 in HTML', { status: 503, headers: { 'content-type': 'text/html' }, body: '<html>' }],
  ['answers with other data', { status: 200, headers: json, body: '{"records":7,"commit":[]}' }],
  ['breaks off in the middle', { cutAfterBytes: 20 }],
]

test.each(FAILURES)('a PDS that %s stops nothing, and nothing gets lost', async (_, mischief) => {
  substrate.pds.mischief = () => mischief
  substrate.pds.cutAll()
  await change()
  await met(substrate.pds, 6)
  await expectUntouched()
  substrate.pds.heal()
  await arrived()
  await expectUntouched()
})

test('a PDS that is away for long: nothing stops, nothing moves', async () => {
  substrate.pds.mischief = () => 'cut'
  substrate.pds.cutAll()
  const untilMs = performance.now() + OUTAGE_MS
  await commune.until(
    'the outage is over',
    async () => {
      await expectUntouched()
      return performance.now() > untilMs
    },
    OUTAGE_MS + 120_000,
  )
  substrate.pds.heal()
  await change()
  await arrived()
  await expectUntouched()
  expect(commune.log.find('taking a new epoch')).toEqual([])
})

test('without the PLC directory everything goes on, and changes still arrive', async () => {
  substrate.plc.mischief = () => 'cut'
  substrate.plc.cutAll()
  await change()
  await arrived()
  await expectUntouched()
})

test('an account moves to another PDS with new keys: nothing stops, and it is read from there', async () => {
  second = await startSecondPds(commune)
  moved = await moveAccount(commune, 'alice', second)
  await expectUntouched()
  await change(moved)
  await arrived()
  await expectUntouched()
})

test('a machine’s own account moves to another PDS: it goes on there without a restart', async () => {
  second ??= await startSecondPds(commune)
  await using session = await moveAccount(commune, 'bobby-mesh', second)
  await change(moved)
  await commune.until('its status is at the new PDS', async () => {
    const listed = await pdsApi(session).com.atproto.repo.listRecords({
      repo: commune.did('bobby-mesh'),
      collection: COLLECTION.workloadStatus,
    })
    return listed.data.records.some(
      ({ value }) => (value as { observedRevision?: string }).observedRevision === record.cid,
    )
  })
  await expectUntouched()
})
