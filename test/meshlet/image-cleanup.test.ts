import { describe, expect, test } from 'vitest'
import { STANDARD_IMAGE_CARE } from '../../src/meshlet/config.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const HOUR_MS = 60 * 60_000
const GIB = 1024 ** 3
/** Fewer hours than by default: in virtual time each costs thousands of heartbeats. */
const KEEP_MS = 2 * HOUR_MS

/** Alice's machine, of which Bob's work may use all; he has one without room. */
async function hostAndGuest() {
  const world = new VirtualCommune({ seed: 7, liveness: 'patient' })
  for (const name of ['alice', 'bob']) world.owner(name)
  const machine = world.addMachine('alice-1', { owner: 'alice' })
  machine.config = { ...machine.config, imageCare: { ...STANDARD_IMAGE_CARE, keepMs: KEEP_MS } }
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  return world.start()
}

const isHere = async (world: VirtualCommune, image: string) =>
  (await world.clock.run(world.machine('alice-1').engine.inspectImage(image))) !== undefined

describe('by age', () => {
  test('what nothing uses any more goes after a while, with an event; what runs stays', async () => {
    const world = await hostAndGuest()
    world.owner('bob').publish('done', { image: imageOf('done') })
    world.owner('bob').publish('runs', { image: imageOf('runs') })
    await world.settle()
    world.owner('bob').remove('done')
    await world.advance(KEEP_MS - HOUR_MS)
    expect(await isHere(world, imageOf('done'))).toBe(true)
    await world.advance(2 * HOUR_MS)
    expect(await isHere(world, imageOf('done'))).toBe(false)
    expect(await isHere(world, imageOf('runs'))).toBe(true)
    const { meshlet, metrics } = world.machine('alice-1')
    const [event] = meshlet.chronicle.events({ kind: 'image-removed', limit: 5 })
    expect(event?.reason).toMatch(
      /^registry\.example.*: nothing has used it for 2h.*; it took 1Mi$/,
    )
    expect(metrics.of('imagesRemoved', { reason: 'age' })).toBe(1)
    expect(meshlet.images.book.heldBytes(() => true)).toBe(1024 ** 2)
  })

  test('what a roll-out may go back to stays', async () => {
    const world = await hostAndGuest()
    const bob = world.owner('bob')
    bob.publish('web', { image: imageOf('one') })
    await world.settle()
    bob.edit('web', { image: imageOf('two') })
    await world.settle()
    await world.advance(3 * HOUR_MS)
    // Its registry is gone by now.
    world.badImages.set(imageOf('one'), new CommuneError('image-not-found', 'it is gone'))
    bob.undo('web')
    await world.settle()
    expect(world.containers('web').map(({ container }) => container.image)).toEqual([
      imageOf('one'),
    ])
  })

  test('what the machine’s owner pulled by hand, or gave a name, is never touched', async () => {
    const world = await hostAndGuest()
    const { engine } = world.machine('alice-1')
    await world.clock.run(engine.pullImage(imageOf('hers')))
    world.images.set(imageOf('named'), { isTagged: true })
    for (const name of ['hers', 'named']) world.owner('bob').publish(name, { image: imageOf(name) })
    await world.settle()
    for (const name of ['hers', 'named']) world.owner('bob').remove(name)
    await world.advance(4 * HOUR_MS)
    for (const name of ['hers', 'named']) expect(await isHere(world, imageOf(name))).toBe(true)
  })

  test('goes on after a restart, and forgets nothing', async () => {
    const world = await hostAndGuest()
    world.owner('bob').publish('done', { image: imageOf('done') })
    await world.settle()
    world.owner('bob').remove('done')
    await world.settle()
    world.machine('alice-1').restart()
    await world.advance(3 * HOUR_MS)
    expect(await isHere(world, imageOf('done'))).toBe(false)
  })
})

describe('by space', () => {
  test('on a full disk the oldest goes early, as far as needed, and never what runs', async () => {
    const world = await hostAndGuest()
    const bob = world.owner('bob')
    const unlimited = { imageSize: Infinity, imageTotal: Infinity }
    world.machine('alice-1').policy = {
      ...world.machine('alice-1').policy,
      rules: [{ name: 'guests', subject: { kind: 'members' }, terms: unlimited }],
    }
    for (const name of ['old', 'young', 'runs', 'next'])
      world.images.set(imageOf(name), { sizeBytes: 300 * GIB, sentBytes: 10 * GIB })
    for (const name of ['runs', 'old', 'young']) {
      bob.publish(name, { image: imageOf(name) })
      await world.settle()
      if (name !== 'runs') bob.remove(name)
      await world.settle()
    }
    await world.advance(HOUR_MS / 2)
    // 900 of 1024 GiB: above 85 percent, below which one of them is enough.
    expect(
      await Promise.all(['old', 'young', 'runs'].map((name) => isHere(world, imageOf(name)))),
    ).toEqual([false, true, true])
    world.images.set(imageOf('next'), { sizeBytes: 500 * GIB, sentBytes: 150 * GIB })
    bob.publish('next', { image: imageOf('next') })
    await world.settle()
    expect(world.placesOf('next')).toEqual(['alice-1'])
    expect(await isHere(world, imageOf('young'))).toBe(false)
    expect(world.placesOf('runs')).toEqual(['alice-1'])
  })
})
