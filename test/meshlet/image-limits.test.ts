import { describe, expect, test } from 'vitest'
import { CommuneError } from '../../src/model/errors.ts'
import type { Policy, Terms } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const IMAGE = imageOf('large')

function guests(terms: Partial<Terms>): Policy {
  const rules = [{ name: 'guests', subject: { kind: 'members' }, terms } as const]
  return { ...STANDARD_POLICY, rules }
}

/** Alice's machine, and those of Bob and Carol, who work with her, without room. */
async function hostAndGuests(policy: Policy = STANDARD_POLICY) {
  const world = new VirtualCommune({ seed: 7 })
  for (const name of ['alice', 'bob', 'carol']) world.owner(name)
  world.addMachine('alice-1', { owner: 'alice', offer: { cpuMilli: 64_000 } })
  for (const owner of ['bob', 'carol'])
    world.addMachine(`${owner}-1`, { owner, offer: { cpuMilli: 0 } })
  world.machine('alice-1').policy = policy
  return world.start()
}

const here = (world: VirtualCommune, image: string) =>
  world.clock.run(world.machine('alice-1').engine.inspectImage(image))

describe('the size of an image', () => {
  test('that its manifest announces is refused before anything is fetched, with the rule’s name', async () => {
    const world = await hostAndGuests(guests({ imageSize: 100 * MIB }))
    world.images.set(IMAGE, { sentBytes: 200 * MIB, sizeBytes: 500 * MIB })
    world.owner('bob').publish('web', { image: IMAGE })
    await world.settle()
    expect(world.placesOf('web')).toEqual([])
    expect(world.bid('alice-1', 'bob', 'web')).toMatchObject({
      slots: 0,
      reason: 'policy',
      message:
        'the image is 200Mi compressed, at most 100Mi is granted (rule “guests” of the machine’s policy)',
    })
    expect(world.machine('alice-1').metrics.of('pulls', { outcome: 'refused' })).toBe(1)
  })

  test('binds nobody’s own work unless she says so', async () => {
    const world = await hostAndGuests(guests({ imageSize: 100 * MIB }))
    world.images.set(IMAGE, { sizeBytes: 30 * GIB, layers: 100 })
    world.owner('alice').publish('mine', { image: IMAGE })
    await world.settle()
    expect(world.placesOf('mine')).toEqual(['alice-1'])
  })

  test('is judged anew when the policy changes', async () => {
    const world = await hostAndGuests(guests({ imageSize: 100 * MIB }))
    world.images.set(IMAGE, { sizeBytes: 900 * MIB })
    world.owner('bob').publish('web', { image: IMAGE })
    await world.settle()
    expect(world.placesOf('web')).toEqual([])
    world.machine('alice-1').policy = guests({ imageSize: GIB })
    world.machine('alice-1').meshlet.policyChanged()
    await world.settle()
    expect(world.placesOf('web')).toEqual(['alice-1'])
  })

  test('#54 what turns out larger when it is unpacked is removed, refused, and not fetched again', async () => {
    const world = await hostAndGuests()
    world.images.set(IMAGE, { sentBytes: MIB, sizeBytes: 100 * GIB })
    world.owner('bob').publish('bomb', { image: IMAGE })
    await world.settle()
    await world.advance(30 * 60_000)
    expect(await here(world, IMAGE)).toBeUndefined()
    expect(world.bid('alice-1', 'bob', 'bomb')).toMatchObject({
      reason: 'policy',
      message: expect.stringContaining('the image takes 100Gi of disk, at most 4Gi is granted'),
    })
    expect(world.machine('alice-1').metrics.of('pulls')).toBe(1)
  })

  test('in layers: more than 64 are refused', async () => {
    const world = await hostAndGuests()
    world.images.set(IMAGE, { layers: 65 })
    world.owner('bob').publish('web', { image: IMAGE })
    await world.settle()
    expect(world.bid('alice-1', 'bob', 'web')?.message).toBe(
      'the image has 65 layers, at most 64 are taken',
    )
  })

  test('all together: beyond the total of a rule there is no further image for anybody under it', async () => {
    const world = await hostAndGuests(guests({ imageTotal: 2 * GIB }))
    for (const name of ['one', 'two', 'three']) world.images.set(imageOf(name), { sizeBytes: GIB })
    world.owner('bob').publish('one', { image: imageOf('one') })
    world.owner('carol').publish('two', { image: imageOf('two') })
    await world.settle()
    world.owner('bob').publish('three', { image: imageOf('three') })
    world.owner('carol').publish('again', { image: imageOf('one') })
    await world.settle()
    expect(world.workloadsOn('alice-1')).toEqual(['again', 'one', 'two'])
    expect(world.bid('alice-1', 'bob', 'three')?.message).toContain('rule “guests”')
  })
})

describe('the disk', () => {
  test('has to have room for what comes, packed and unpacked', async () => {
    const world = await hostAndGuests(guests({ imageSize: Infinity, imageTotal: Infinity }))
    world.images.set(IMAGE, { sentBytes: 300 * GIB, sizeBytes: 500 * GIB })
    world.owner('bob').publish('web', { image: IMAGE })
    await world.advance(30_000)
    expect(JSON.stringify(world.workloadStatus('alice-1', 'bob', 'web'))).toContain(
      'needs 1.2Ti of free disk, and 1Ti are free',
    )
    expect(await here(world, IMAGE)).toBeUndefined()
  })
})

describe('a registry that does not keep its word', () => {
  test('#54 by sending more than its manifest names is cut off', async () => {
    const world = await hostAndGuests()
    world.images.set(IMAGE, { sentBytes: MIB, trueBytes: GIB })
    world.owner('bob').publish('web', { image: IMAGE })
    await world.advance(30_000)
    expect(await here(world, IMAGE)).toBeUndefined()
    expect(JSON.stringify(world.workloadStatus('alice-1', 'bob', 'web'))).toContain('sends more of')
  })

  test('#53 by falling silent holds up nobody, and raises an alarm', async () => {
    const world = await hostAndGuests()
    for (let index = 0; index < 40; index++) {
      world.images.set(imageOf(`stuck-${index}`), { stalls: true })
      world.owner('bob').publish(`stuck-${index}`, { image: imageOf(`stuck-${index}`) })
    }
    await world.advance(5_000)
    world.owner('carol').publish('web')
    world.owner('alice').publish('mine')
    await world.advance(10_000)
    expect(world.workloadsOn('alice-1')).toEqual(['mine', 'web'])
    await world.advance(60_000)
    const { metrics, meshlet } = world.machine('alice-1')
    expect(metrics.of('pulls', { outcome: 'stalled' })).toBeGreaterThanOrEqual(2)
    const [alarm] = meshlet.chronicle.events({ kind: 'pull-stalled', limit: 1 })
    expect(alarm?.reason).toMatch(/^Nothing came of .* for 60 s$/)
    // What does come of the same owner has its turn as well.
    world.owner('bob').publish('fine')
    await world.advance(60 * 60_000)
    expect(world.workloadsOn('alice-1')).toContain('fine')
  })
})

test('what was deleted while its image came is not started any more', async () => {
  const world = await hostAndGuests()
  world.machine('alice-1').engineFault = (call) =>
    call === 'pullImage' ? { kind: 'slow', delayMs: 30_000 } : undefined
  for (const name of ['gone', 'stays']) world.owner('bob').publish(name, { image: imageOf(name) })
  await world.advance(10_000)
  world.owner('bob').remove('gone')
  await world.advance(60_000)
  expect(world.workloadsOn('alice-1')).toEqual(['stays'])
  const made = world.trace.lastLines(1_000).filter((line) => line.includes('createContainer'))
  expect(made).toEqual([expect.stringContaining('commune-stays-')])
})

test('a pull for what was deleted is given up, and its turn goes to the next image', async () => {
  const world = await hostAndGuests()
  for (const name of ['stuck-1', 'stuck-2']) {
    world.images.set(imageOf(name), { stalls: true })
    world.owner('bob').publish(name, { image: imageOf(name) })
  }
  await world.advance(10_000)
  world.owner('bob').publish('fine')
  await world.advance(10_000)
  expect(world.workloadsOn('alice-1')).toEqual([])
  world.owner('bob').remove('stuck-1')
  await world.advance(10_000)
  expect(world.workloadsOn('alice-1')).toEqual(['fine'])
  const { metrics } = world.machine('alice-1')
  expect(metrics.of('pulls', { outcome: 'stalled' })).toBe(0)
})

test('a manifest that can’t be read is a failed pull, which is tried again', async () => {
  const world = await hostAndGuests()
  const error = new CommuneError('registry-unreachable', 'registry.example can’t be reached')
  world.badImages.set(IMAGE, error)
  world.owner('bob').publish('web', { image: IMAGE })
  await world.advance(10_000)
  expect(JSON.stringify(world.workloadStatus('alice-1', 'bob', 'web'))).toContain(error.message)
  world.badImages.delete(IMAGE)
  await world.settle()
  expect(world.placesOf('web')).toEqual(['alice-1'])
})
