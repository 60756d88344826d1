import { afterAll, beforeAll, expect, it } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { MeshletStatusRecord } from '../../src/model/records.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
const PORT = 'ports: [ { container: 8080 } ]'
let commune: RealCommune
let before: readonly SeenContainer[]

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  // So patient that nobody is taken for dead while away.
  await startMachines(commune, OWNERS, { liveness: 'patient' })
  await commune.sync('alice', { site: webWorkload(commune, 'site', `replicas: 3\n${PORT}`) })
  before = await commune.running('alice', 'site', 3)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

const identity = (containers: readonly SeenContainer[]) =>
  containers.map(({ id, startedAt }) => [id, startedAt])

/** The container's port answers again: the machine knows it and has looked after it. */
async function adopted(owner: string): Promise<void> {
  await commune.until('its port answers again', async () => {
    const said = await commune.status(`${owner}-mesh`, 'alice', 'site')
    const address = said?.value.replicas?.[0]?.endpoints?.[0]?.address
    const answer = await fetch(`http://${address}/`).catch(() => undefined)
    return answer !== undefined && (await answer.text()).includes(commune.did(`${owner}-mesh`))
  })
  expect(identity(await commune.running('alice', 'site', 3))).toEqual(identity(before))
}

async function epochOf(owner: string): Promise<number | undefined> {
  const status = await commune.record<MeshletStatusRecord>(
    `${owner}-mesh`,
    COLLECTION.meshletStatus,
    'self',
  )
  return status?.value.epoch
}

it('adopts its containers after a restart', async () => {
  await commune.stop('alice')
  await commune.start('alice', { liveness: 'patient' })
  await adopted('alice')
  expect(await epochOf('alice')).toBe(1)
})

it('adopts them after SIGKILL', async () => {
  await commune.stop('carol')
  const machine = await commune.start('carol', { liveness: 'patient', asProcess: true })
  await adopted('carol')
  await machine.kill()
  await commune.start('carol', { liveness: 'patient', asProcess: true })
  await adopted('carol')
})

it('learns at its start what happened while it was away', async () => {
  const [victim] = before.filter(({ meshlet }) => meshlet === commune.did('alice-mesh'))
  await commune.stop('alice')
  await commune.engine.hand(victim).remove({ force: true })
  await commune.sync('alice', {
    late: webWorkload(commune, 'late', 'replicas: 3\nspread: meshlet'),
  })
  await commune.start('alice', { liveness: 'patient' })
  before = await commune.running('alice', 'site', 3)
  expect(before.map(({ meshlet }) => commune.ownerOf(meshlet)).toSorted()).toEqual([...OWNERS])
  await commune.running('alice', 'late', 3)
})

it('lets everything run and repairs it while the PDS is away, and goes on afterwards', async () => {
  await commune.network.stop()
  const [victim] = before.filter(({ meshlet }) => meshlet === commune.did('bobby-mesh'))
  await commune.engine.hand(victim).kill()
  await commune.until('it is repaired without the PDS', async () => {
    const seen = await commune.engine.containers('site')
    return (
      seen.length === 3 &&
      seen.every(({ state }) => state === 'running') &&
      seen.some(({ startedAt }) => !before.some((one) => one.startedAt === startedAt))
    )
  })
  before = await commune.engine.containers('site')
  await commune.network.start()
  await commune.sync('alice', {
    late: undefined,
    after: webWorkload(commune, 'after', 'replicas: 3'),
  })
  await commune.running('alice', 'after', 3)
  await commune.until(
    'the deleted one is gone',
    async () => (await commune.engine.containers('late')).length === 0,
  )
})

it('adopts its containers without its state folder too, in a new epoch', async () => {
  await commune.stop('bobby')
  await commune.wipe('bobby')
  await commune.start('bobby', { liveness: 'patient' })
  await commune.until('it has a new epoch', async () => (await epochOf('bobby')) === 2)
  await adopted('bobby')
})
