import { expect, test } from 'vitest'
import type { Policy, Signer } from '../../src/policy/policy.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { imageOf } from '../support/virtual-owner.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'

const ISSUER = 'https://token.actions.githubusercontent.com'
const CAROL: Signer = {
  kind: 'identity',
  issuer: ISSUER,
  subject: 'https://github.com/carol/*',
}
const BY_CAROL = { issuer: ISSUER, subject: 'https://github.com/carol/app' }

function signedOnly(signatures: readonly Signer[]): Policy {
  const rule = { name: 'signed only', subject: { kind: 'members' }, terms: { signatures } } as const
  return { ...STANDARD_POLICY, rules: [rule] }
}

/** Alice's machine asks of others that somebody signs; Bob has a machine without room. */
async function strictHost(signatures: readonly Signer[] = [CAROL]) {
  const world = new VirtualCommune({ seed: 7 })
  for (const name of ['alice', 'bob']) world.owner(name)
  world.addMachine('alice-1', { owner: 'alice' })
  world.addMachine('bob-1', { owner: 'bob', offer: { cpuMilli: 0 } })
  world.machine('alice-1').policy = signedOnly(signatures)
  return world.start()
}

test('an image that nobody signed is refused by the rule’s name, and never fetched', async () => {
  const world = await strictHost()
  world.owner('bob').publish('web')
  await world.settle()
  expect(world.bid('alice-1', 'bob', 'web')).toMatchObject({
    slots: 0,
    reason: 'policy',
    message:
      'it has no signature that counts: there is none beside it (rule “signed only” of the machine’s policy)',
  })
  const pulls = world.trace.lastLines(1_000).filter((line) => line.includes('pullImage'))
  expect(pulls).toEqual([])
})

test('one that the right identity signed runs, and the machine’s own work needs none', async () => {
  const world = await strictHost()
  world.images.set(imageOf('web'), { signedBy: BY_CAROL })
  world.images.set(imageOf('mallory'), {
    signedBy: { issuer: ISSUER, subject: 'https://github.com/mallory/carol/' },
  })
  world.owner('bob').publish('web').publish('mallory')
  world.owner('alice').publish('mine')
  await world.settle()
  expect(world.workloadsOn('alice-1')).toEqual(['mine', 'web'])
})

test('that an image is here already makes no signature', async () => {
  const world = await strictHost()
  world.owner('alice').publish('mine', { image: imageOf('shared') })
  await world.settle()
  world.owner('bob').publish('his', { image: imageOf('shared') })
  await world.settle()
  expect(world.workloadsOn('alice-1')).toEqual(['mine'])
})

test('a signer for other images does not count, and a signature that comes later is found', async () => {
  const pattern = { text: 'ghcr.io/**', parts: ['ghcr.io', '**'] }
  const elsewhere = await strictHost([{ ...CAROL, images: [pattern] }])
  elsewhere.images.set(imageOf('web'), { signedBy: BY_CAROL })
  elsewhere.owner('bob').publish('web')
  await elsewhere.settle()
  expect(elsewhere.placesOf('web')).toEqual([])
  elsewhere.machine('alice-1').policy = signedOnly([CAROL])
  elsewhere.machine('alice-1').meshlet.policyChanged()
  await elsewhere.settle()
  expect(elsewhere.placesOf('web')).toEqual(['alice-1'])
})
