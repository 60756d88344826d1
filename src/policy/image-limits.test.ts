import { describe, expect, test } from 'vitest'
import { diskNeeded, isLimited, judgeAnnounced, judgeTotal, judgeUnpacked } from './image-limits.ts'
import type { Policy, Terms } from './policy.ts'
import { STANDARD_POLICY } from './standard-policy.ts'
import type { Party } from './terms-for.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const BOB: Party = { owner: 'did:plc:bob', isOwn: false, clusters: ['friends'] }
const ALICE: Party = { owner: 'did:plc:alice', isOwn: true, clusters: [] }

function guests(terms: Partial<Terms>): Policy {
  return {
    ...STANDARD_POLICY,
    rules: [{ name: 'guests', subject: { kind: 'members' }, terms }],
  }
}

describe('what is announced', () => {
  test('may be as large as the rule says, to the byte', () => {
    const policy = guests({ imageSize: 100 * MIB })
    const image = { layers: 3, sentBytes: 100 * MIB }
    expect(judgeAnnounced(policy, BOB, image)).toBeUndefined()
    expect(judgeAnnounced(policy, BOB, { ...image, sentBytes: 200 * MIB })).toBe(
      'the image is 200Mi compressed, at most 100Mi is granted (rule “guests” of the machine’s policy)',
    )
  })

  test('has at most 64 layers, but for the machine’s owner', () => {
    const image = { layers: 65, sentBytes: MIB }
    expect(judgeAnnounced(STANDARD_POLICY, BOB, image)).toBe(
      'the image has 65 layers, at most 64 are taken',
    )
    expect(judgeAnnounced(STANDARD_POLICY, BOB, { ...image, layers: 64 })).toBeUndefined()
    expect(judgeAnnounced(STANDARD_POLICY, ALICE, image)).toBeUndefined()
  })

  test('is limited for members by the standard, and not for the machine’s owner', () => {
    const image = { layers: 1, sentBytes: 5 * GIB }
    expect(judgeAnnounced(STANDARD_POLICY, BOB, image)).toContain('“standard for members”')
    expect(judgeAnnounced(STANDARD_POLICY, ALICE, image)).toBeUndefined()
    expect([ALICE, BOB].map((party) => isLimited(STANDARD_POLICY, party))).toEqual([false, true])
    expect(isLimited(guests({ imageSize: Infinity, imageTotal: Infinity }), BOB)).toBe(false)
  })
})

test('what is unpacked is held to the same size', () => {
  const policy = guests({ imageSize: 100 * MIB })
  expect(judgeUnpacked(policy, BOB, 100 * MIB)).toBeUndefined()
  expect(judgeUnpacked(policy, BOB, 3 * GIB)).toBe(
    'the image takes 3Gi of disk, at most 100Mi is granted (rule “guests” of the machine’s policy)',
  )
})

test('all images of a rule together are held to its total', () => {
  const policy = guests({ imageTotal: 10 * GIB })
  const held = { besideBytes: 8 * GIB, addedBytes: 2 * GIB }
  expect(judgeTotal(policy, BOB, held)).toBeUndefined()
  expect(judgeTotal(policy, BOB, { ...held, addedBytes: 3 * GIB })).toBe(
    'images take 8Gi of disk, and this one 3Gi; at most 10Gi is granted for all of them (rule “guests” of the machine’s policy)',
  )
})

test('a pull needs four times what is sent, and a gibibyte that stays free', () => {
  expect(diskNeeded(100 * MIB)).toBe(400 * MIB + GIB)
})
