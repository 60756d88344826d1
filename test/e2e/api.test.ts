import { afterAll, beforeAll, expect, it } from 'vitest'
import { METHOD } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { CallableMethod } from '../../src/xrpc/client.ts'
import { Program } from '../cli/real-program.ts'
import { callAs } from '../support/call-as.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'

/** Dave has an account and no machine that takes part: a stranger. */
const OWNERS = ['alice', 'bobby', 'carol'] as const
let commune: RealCommune
let holder: string
let url: string

beforeAll(async () => {
  commune = await startRealCommune([...OWNERS, 'dave'])
  const members = [...OWNERS]
  await startMachines(commune, OWNERS, { members })
  await commune.sync('alice', { site: webWorkload(commune, 'site', 'env: { GREETING: hi }') })
  const [container] = await commune.running('alice', 'site', 1)
  holder = commune.ownerOf(container?.meshlet ?? '')
  const status = await commune.record<MeshletStatusRecord>(
    `${holder}-mesh`,
    COLLECTION.meshletStatus,
    'self',
  )
  url = status?.value.endpoint ?? ''
})
afterAll(() => commune?.[Symbol.asyncDispose]())

function call<N extends CallableMethod>(
  account: string,
  method: N,
  rest: Parameters<typeof callAs<N>>[3],
) {
  return callAs(commune, account, { machine: `${holder}-mesh`, url, method }, rest)
}

it('tells members what it offers and how it is', async () => {
  const params = {}
  expect(await call('bobby', METHOD.getCapacity, { params })).toMatchObject({
    capacity: { cpuMilli: 1_000, memoryBytes: 1024 ** 3 },
    available: { cpuMilli: 950 },
    state: 'active',
    workloads: 1,
  })
  const health = await commune.until('it is well', async () => {
    const said = await call('bobby', METHOD.getHealth, { params })
    return said.ok && said
  })
  expect(health).toMatchObject({ problems: [], epoch: 1 })
})

it('tells members what runs', async () => {
  const workload = commune.uri('alice', 'site')
  const { workloads } = await call('carol', METHOD.listWorkloads, { params: {} })
  expect(workloads).toMatchObject([{ workload, ownerDid: commune.did('alice'), phase: 'running' }])
  const status = await call('carol', METHOD.getWorkloadStatus, { params: { workload } })
  expect(status).toMatchObject({ workload, replicas: [{ index: 0, phase: 'running' }] })
  const never = commune.uri('alice', 'never')
  await expect(
    call('carol', METHOD.getWorkloadStatus, { params: { workload: never } }),
  ).rejects.toMatchObject({ code: 'not-found' })
})

it('takes heartbeats of machines, from whoever is a member', async () => {
  const others = OWNERS.filter((owner) => owner !== holder)
  const answer = await call(`${others[0]}-mesh`, METHOD.heartbeat, { input: { epoch: 1 } })
  expect(answer.epoch).toBe(1)
})

it('shows logs to the workload’s owner and to nobody else', async () => {
  const params = { workload: commune.uri('alice', 'site') }
  const { lines } = await call('alice', METHOD.getLogs, { params })
  expect(lines.map(({ line }) => line)).toContain('started hi')
  const logs = await commune.commune('alice', 'logs', 'site')
  expect(logs.out).toContain('started hi')
  for (const account of ['bobby', 'carol', 'carol-mesh'])
    await expect(call(account, METHOD.getLogs, { params })).rejects.toMatchObject({
      code: 'forbidden',
    })
})

it('follows the lines as they are written, over a new start too, until it is interrupted', async () => {
  const program = new Program(['logs', 'site', '-f'], commune.env('alice'))
  await program.sees(/#0 +\| started hi/)
  expect(await commune.commune('alice', 'restart', 'site')).toMatchObject({ code: 0 })
  await program.sees(/started hi[^]*started hi/)
  expect(await program.end('SIGINT')).toBe(130)
  const refused = new Program(
    ['logs', 'site', '-f', '--owner', commune.did('alice')],
    commune.env('bobby'),
  )
  await refused.sees(/may not do this here/)
  await refused.end('SIGINT')
})

it('starts a workload again, pauses it and lets it go on, as its owner says', async () => {
  const [before] = await commune.running('alice', 'site', 1)
  const restarted = await commune.commune('alice', 'restart', 'site')
  expect(restarted).toMatchObject({ code: 0, out: expect.stringContaining('restarting') })
  const [after] = await commune.until('it was started again', async () => {
    const running = await commune.running('alice', 'site', 1)
    const isNew = running[0]?.inspected.State.StartedAt !== before?.inspected.State.StartedAt
    return isNew && running
  })
  expect(after?.id).toBe(before?.id)

  const paused = await commune.commune('alice', 'pause', 'site', '-o', 'json')
  expect(JSON.parse(paused.out)).toMatchObject([{ state: 'paused' }])
  await commune.until(
    'it has stopped',
    async () => (await commune.engine.containers()).length === 0,
  )
  const listed = await commune.commune('alice', 'get', 'workloads')
  expect(listed.out).toContain('stopped')
  expect(await commune.commune('alice', 'resume', 'site')).toMatchObject({ code: 0 })
  await commune.running('alice', 'site', 1)

  const nowhere = await commune.commune('alice', 'stop', 'site')
  expect(nowhere).toMatchObject({ code: 2, err: expect.stringContaining('--meshlet MACHINE') })
  const asCarol = (order: string) =>
    commune.commune('carol', order, 'site', '--owner', commune.did('alice'))
  expect((await asCarol('pause')).code).toBe(holder === 'carol' ? 0 : 1)
  const resumed = await commune.commune('alice', 'resume', 'site')
  if (holder === 'carol') {
    // What the owner of the machine paused, she alone lifts.
    expect(resumed).toMatchObject({ code: 1, err: expect.stringContaining('paused it here') })
    expect((await asCarol('resume')).code).toBe(0)
  } else expect(resumed).toMatchObject({ code: 0 })
  await commune.running('alice', 'site', 1)
})

it('refuses strangers, and tokens that are for something else', async () => {
  const workload = commune.uri('alice', 'site')
  const refused = { code: expect.stringMatching(/^(forbidden|unauthorized)$/) as string }
  for (const account of ['dave', 'dave-mesh']) {
    await expect(call(account, METHOD.getCapacity, { params: {} })).rejects.toMatchObject(refused)
    await expect(call(account, METHOD.getLogs, { params: { workload } })).rejects.toMatchObject(
      refused,
    )
    await expect(
      call(account, METHOD.deleteWorkload, { input: { workload } }),
    ).rejects.toMatchObject(refused)
  }
  const session = await commune.session('alice')
  const elsewhere = await session.getServiceAuth({
    aud: commune.did('dave-mesh'),
    lxm: METHOD.getCapacity,
  })
  const answers = await Promise.all(
    [elsewhere, 'nonsense'].map((token) =>
      fetch(`${url}/xrpc/${METHOD.getCapacity}`, { headers: { authorization: `Bearer ${token}` } }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([401, 401])
})

it('takes its consent back: the work moves elsewhere and stays away', async () => {
  const workload = commune.uri('alice', 'site')
  const bystander = OWNERS.find((owner) => owner !== holder && owner !== 'alice') ?? ''
  await expect(
    call(bystander, METHOD.deleteWorkload, { input: { workload } }),
  ).rejects.toMatchObject({ code: 'forbidden' })
  const unclear = await commune.commune('alice', 'delete', 'site', '--owner', commune.did('alice'))
  expect(unclear).toMatchObject({ code: 2, err: expect.stringContaining('--meshlet') as string })
  const withdrawn = await commune.commune(
    'alice',
    'delete',
    'site',
    '--meshlet',
    commune.did(`${holder}-mesh`),
  )
  expect(withdrawn).toMatchObject({ code: 0, out: expect.stringContaining('refused') as string })
  const [moved] = await commune.until('it runs elsewhere', async () => {
    const seen = await commune.running('alice', 'site', 1)
    return commune.ownerOf(seen[0]?.meshlet ?? '') !== holder && seen
  })
  const bid = await commune.bid(`${holder}-mesh`, 'alice', 'site')
  expect(bid?.value).toMatchObject({
    slots: 0,
    reason: 'consent-withdrawn',
    refused: { standing: true },
  })

  // Another bidding for more replicas than there are other machines: it would come back now.
  await commune.sync('alice', {
    site: webWorkload(commune, 'site', 'replicas: 3\nspread: meshlet'),
  })
  const seen = await commune.running('alice', 'site', 3)
  const machines = seen.map(({ meshlet }) => meshlet)
  expect(machines.map((machine) => commune.ownerOf(machine))).not.toContain(holder)
  expect(machines).toContain(moved?.meshlet)
})
