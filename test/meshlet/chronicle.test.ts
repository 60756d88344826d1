import { expect, test } from 'vitest'
import { apiOf } from '../support/virtual-api.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { LogFields } from '../../src/ports/log.ts'
import { silentLog, type Log } from '../../src/ports/log.ts'
import { threeOwners, type VirtualCommune } from '../support/virtual-commune.ts'

const BROKEN = new CommuneError('unavailable', 'It did not work.')

/** The kinds of events about `web` on a machine, oldest first. */
function eventsOn(world: VirtualCommune, machine: string) {
  const workload = world.uri('alice', 'web')
  return world.machine(machine).meshlet.chronicle.events({ workload, limit: 500 }).toReversed()
}

async function takenOver(log: Log = silentLog, failures = 0) {
  const world = await threeOwners({ liveness: 'fast', log }).start()
  world.owner('alice').publish('web')
  await world.settle()
  let failed = 0
  for (const machine of world.machines.values())
    machine.engineFault = (call) =>
      call === 'createContainer' && failed++ < failures
        ? { kind: 'fail', error: BROKEN }
        : undefined
  const [lost = ''] = world.placesOf('web')
  world.machine(lost).powerCut()
  await world.until('a replacement', () => world.placesOf('web').length === 1, 30_000)
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  return { world, lost, holder }
}

test('a machine remembers what it did for a workload and why, with the records', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  const events = eventsOn(world, holder)
  expect(events.map(({ kind }) => kind)).toEqual(['revision', 'offered', 'create', 'status'])
  const cids = events.map(({ evidence }) => evidence[0]?.cid)
  const published = world.repos.get(world.owner('alice').did, COLLECTION.workload, 'web')
  expect(cids.every((cid) => cid !== undefined)).toBe(true)
  expect([cids[0], cids[2]]).toEqual([published?.cid, published?.cid])
})

test.each([
  ['', 0],
  [', also when it takes two tries', 1],
])(
  'a takeover names who is down, whose suspicions say so, and is counted once%s',
  async (_, failures) => {
    const { world, lost, holder } = await takenOver(silentLog, failures)
    const takeovers = eventsOn(world, holder).filter(({ kind }) => kind === 'takeover')
    expect(takeovers).toHaveLength(1)
    const [takeover] = takeovers
    expect(takeover).toMatchObject({ subject: world.machine(lost).did })
    const writers = [...world.machines.values()].filter(({ name }) => name !== lost)
    expect(takeover?.evidence.map(({ uri }) => uri.split('/')[2]).toSorted()).toEqual(
      writers.map(({ did }) => did).toSorted(),
    )
    expect(world.machine(holder).metrics.of('takeovers')).toBe(1)
    expect(world.machine(holder).metrics.of('moves')).toBe(0)
  },
)

test('who comes back and was replaced tells that it gave way, and to whom', async () => {
  const { world, lost, holder } = await takenOver()
  world.machine(lost).restart()
  await world.settle()
  const kinds = eventsOn(world, lost).map(({ kind }) => kind)
  expect(kinds).toContain('epoch')
  expect(world.placesOf('web')).toEqual([holder])
})

test('events outlive a restart, and a revision is noted once', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  const before = eventsOn(world, holder)
  world.machine(holder).restart()
  await world.settle()
  const after = eventsOn(world, holder)
  expect(after.slice(0, before.length)).toEqual(before)
  expect(after.filter(({ kind }) => kind === 'revision')).toHaveLength(1)
})

test('each line about a workload says which look it belongs to, and each action why', async () => {
  const lines: { message: string; fields: LogFields }[] = []
  const logOf = (bound: LogFields): Log => {
    const say = (message: string, fields: LogFields = {}) =>
      void lines.push({ message, fields: { ...bound, ...fields } })
    const child = (fields: LogFields) => logOf({ ...bound, ...fields })
    return { debug: say, info: say, warn: say, error: say, child }
  }
  const { world } = await takenOver(logOf({}))
  const uri = world.uri('alice', 'web')
  const about = lines.filter(({ fields }) => fields['workload'] === uri)
  const messages = new Set(about.map(({ message }) => message))
  for (const message of ['bid', 'create and start a container', 'taking over from who is down'])
    expect(messages).toContain(message)
  for (const { fields } of about)
    expect(fields).toMatchObject({
      reconcile: expect.any(Number) as number,
      reason: expect.any(String) as string,
    })
})

test('listEvents gives a page at a time, the newest first', async () => {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const api = apiOf(world, world.placesOf('web')[0] ?? '')
  const workload = world.uri('alice', 'web')
  const page = (params: object) =>
    api.listEvents({ params: { workload, ...params } } as unknown as Parameters<
      typeof api.listEvents
    >[0])
  const all = await page({ limit: 100 })
  expect(all.cursor).toBeUndefined()
  const first = await page({ limit: 3 })
  const rest = await page({ limit: 3, cursor: first.cursor })
  expect([...first.events, ...rest.events]).toEqual(all.events)
  expect(all.events.at(-1)).toMatchObject({ kind: 'revision', workload })
  await expect(async () => page({ cursor: 'x' })).rejects.toMatchObject({ code: 'invalid-input' })
})
