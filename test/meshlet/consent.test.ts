import { describe, expect, test } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { apiOf } from '../support/virtual-api.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { threeOwners, VirtualCommune } from '../support/virtual-commune.ts'

const MACHINES = ['alice-1', 'bob-1', 'carol-1']

async function oneReplica() {
  const world = await threeOwners().start()
  world.owner('alice').publish('web')
  await world.settle()
  const [holder = ''] = world.placesOf('web')
  return { world, holder }
}

function deleteHere(world: VirtualCommune, machine: string): void {
  const api = apiOf(world, machine)
  const caller = { did: world.owner('alice').did, roles: [] }
  const input = { workload: world.uri('alice', 'web') }
  void api.deleteWorkload({ caller, input, params: {}, signal: AbortSignal.any([]) } as never)
}

describe('deleteWorkload', () => {
  test('takes the consent back: it runs elsewhere first, then stops here, and stays refused', async () => {
    const { world, holder } = await oneReplica()
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    deleteHere(world, holder)
    await world.until('it moved', () => !world.placesOf('web').includes(holder), 20_000)
    await world.settle()
    expect(fewest).toBe(1)
    expect(world.placesOf('web')).toHaveLength(1)
    const refusal = { slots: 0, reason: 'consent-withdrawn', refused: { standing: true } }
    expect(world.bid(holder, 'alice', 'web')).toMatchObject(refusal)
    world.owner('alice').edit('web', { replicas: 3, placementNonce: 'again' })
    world.machine(holder).restart({ withState: false })
    await world.settle()
    expect(world.placesOf('web')).not.toContain(holder)
    expect(world.containers('web')).toHaveLength(3)
    expect(world.bid(holder, 'alice', 'web')).toMatchObject(refusal)
  })

  test('on the last machine stops it all the same', async () => {
    const { world } = await oneReplica()
    for (const name of MACHINES) deleteHere(world, name)
    await world.settle()
    await world.advance(20 * 60_000)
    expect(world.containers('web')).toEqual([])
  })
})

describe('an image that can’t be pulled', () => {
  test('on one machine: after three tries the next takes over', async () => {
    const world = await threeOwners().start()
    world.owner('alice').publish('web')
    await world.settle()
    const [holder = ''] = world.placesOf('web')
    world.machine(holder).engineFault = (call) =>
      call === 'pullImage'
        ? { kind: 'fail', error: new CommuneError('image-denied', 'no access') }
        : undefined
    world.owner('alice').edit('web', { image: imageOf('second') })
    const isThere = () =>
      world.containers('web').some(({ container }) => container.image === imageOf('second'))
    await world.until('the new image runs', isThere, 60_000)
    await world.settle()
    expect(world.placesOf('web')).toHaveLength(1)
    expect(world.placesOf('web')).not.toContain(holder)
    expect(world.bid(holder, 'alice', 'web')).toMatchObject({
      slots: 0,
      reason: 'pull-failed',
      refused: { specHash: expect.stringMatching(/^[0-9a-f]{32}$/) },
    })
    const pulls = world.trace.actions(holder).filter(({ subject }) => subject === imageOf('second'))
    expect(pulls).toHaveLength(3)
  })

  test('anywhere: the last one keeps trying, and it runs when the image is there', async () => {
    const world = await threeOwners().start()
    world.badImages.set(imageOf('web'), new CommuneError('image-not-found', 'no such image'))
    world.owner('alice').publish('web')
    await world.advance(10 * 60_000)
    const bids = MACHINES.map((name) => world.bid(name, 'alice', 'web'))
    expect(bids.filter((bid) => bid?.reason === 'pull-failed')).toHaveLength(2)
    expect(bids.filter((bid) => bid?.slots === 1)).toHaveLength(1)
    world.badImages.clear()
    await world.untilRunning('web', 1, 6 * 60_000)
    await world.settle()
  })
})

describe('membership', () => {
  test('taken away positively: it runs elsewhere first, then stops here; the bid goes after the notice', async () => {
    const { world, holder } = await withHolder('carol-1', [])
    world.owner('carol').unlink(world.machine('carol-1').did)
    let fewest = 1
    world.trace.onAction(() => (fewest = Math.min(fewest, world.containers('web').length)))
    await world.settle()
    expect(fewest).toBe(1)
    expect(world.placesOf('web')).toHaveLength(1)
    expect(world.placesOf('web')).not.toContain(holder)
    expect(world.bid(holder, 'alice', 'web')).toBeDefined()
    await world.advance(16 * 60_000)
    expect(world.bid(holder, 'alice', 'web')).toBeUndefined()
  })

  test('taken away while nobody else can run it: it stops after 15 minutes', async () => {
    const { world, holder } = await withHolder('carol-1', ['good'])
    world.owner('carol').unlink(world.machine('carol-1').did)
    await world.advance(14 * 60_000)
    expect(world.placesOf('web')).toEqual([holder])
    await world.advance(2 * 60_000)
    expect(world.placesOf('web')).toEqual([])
    await world.settle()
    expect(world.bid(holder, 'alice', 'web')).toBeUndefined()
  })

  test('taken away from the only member outside: her work stops after 15 minutes', async () => {
    const world = new VirtualCommune()
    for (const name of ['alice', 'bob']) world.owner(name)
    world.addMachine('alice-1', { owner: 'alice' })
    const machine = world.addMachine('bob-1', { owner: 'bob', labels: { good: 'yes' } })
    await world.start()
    world.owner('alice').publish('web', { constraints: ['good'] })
    await world.untilRunning('web', 1)
    machine.config = { ...machine.config, clusters: new Map([['default', []]]) }
    machine.restart()
    await world.advance(14 * 60_000)
    expect(world.placesOf('web')).toEqual(['bob-1'])
    await world.advance(3 * 60_000)
    expect(world.placesOf('web')).toEqual([])
    await world.settle()
    expect(world.bid('bob-1', 'alice', 'web')).toBeUndefined()
  })

  test('that comes back within the notice moves nothing', async () => {
    const { world } = await withHolder('carol-1', ['good'])
    const ids = world.containers('web').map(({ container }) => container.id)
    const { did } = world.machine('carol-1')
    world.owner('carol').unlink(did)
    await world.advance(5 * 60_000)
    world.owner('carol').link(did)
    await world.settle()
    await world.advance(20 * 60_000)
    expect(world.containers('web').map(({ container }) => container.id)).toEqual(ids)
  })

  test('that is unknown, since repos can’t be read, never ends anything', async () => {
    const { world, holder } = await withHolder('carol-1', [])
    world.owner('alice').isDown = true
    world.owner('carol').isDown = true
    world.repos.of(world.machine('alice-1').did).isDown = true
    world.machine('carol-1').restart({ withState: false })
    await world.advance(60 * 60_000)
    expect(world.placesOf('web')).toContain(holder)
  })

  test('nobody bids for a stranger', async () => {
    const world = threeOwners()
    const { did } = world.owner('mallory')
    world.owner('mallory').publish('web')
    world.addMachine('mallory-1', { owner: 'mallory', members: ['alice', 'bob', 'carol'] })
    await world.start()
    expect(world.placesOf('web')).toEqual(['mallory-1'])
    for (const name of MACHINES)
      expect(world.repos.list(world.machine(name).did, COLLECTION.bid)).toEqual([])
    expect(world.machine('alice-1').meshlet.rolesOf(did)).toBeUndefined()
  })
})

/** `web` of Alice runs on this machine, which is the only `good` one; these constraints are left. */
async function withHolder(holder: string, constraints: string[]) {
  const world = threeOwners()
  const machine = world.machine(holder)
  machine.config = { ...machine.config, labels: { good: 'yes' } }
  await world.start()
  world.owner('alice').publish('web', { constraints: ['good'] })
  await world.settle()
  world.owner('alice').edit('web', { constraints })
  await world.settle()
  expect(world.placesOf('web')).toEqual([holder])
  return { world, holder }
}
