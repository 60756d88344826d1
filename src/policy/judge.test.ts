import { describe, expect, test } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import { judge } from './judge.ts'
import { limitFor } from './limit.ts'
import type { Policy, Rule, Subject, Terms } from './policy.ts'
import { STANDARD_POLICY } from './standard-policy.ts'
import type { Party } from './terms-for.ts'

const BOB = 'did:plc:bob'
const MEMBER: Party = { owner: BOB, isOwn: false, clusters: ['friends'] }
const OWN: Party = { owner: 'did:plc:alice', isOwn: true, clusters: [] }
const NOON = Date.parse('2026-11-21T12:00:00Z')
const IMAGE = `ghcr.io/bob/app@sha256:${'0'.repeat(64)}`
const NOTHING = { cpuMilli: 0, memoryBytes: 0, storageBytes: 0 }

function workload(fields: Partial<WorkloadRecord> = {}): WorkloadRecord {
  return { name: 'app', image: IMAGE, ...fields } as WorkloadRecord
}

function rule(name: string, subject: Subject, terms: Partial<Terms>): Rule {
  return { name, subject, terms }
}

function policy(...rules: readonly Rule[]): Policy {
  return { ...STANDARD_POLICY, rules }
}

function refusal(of: Policy, party: Party, fields: Partial<WorkloadRecord> = {}) {
  return judge(of, party, workload(fields), NOON)?.message
}

describe('without a file', () => {
  test('a member’s plain workload may run', () => {
    expect(refusal(STANDARD_POLICY, MEMBER)).toBeUndefined()
  })

  test.each<[string, Partial<WorkloadRecord>]>([
    ['security: baseline', { security: 'baseline' }],
    ['NET_BIND_SERVICE', { capAdd: ['NET_BIND_SERVICE'] }],
    ['user 0', { user: '0:0' }],
    ['user 0', { user: '00' }],
    ['user 0', { user: '1000:0' }],
    ['writable root', { readOnly: false }],
    ['egress: internet', { egress: 'internet' }],
    ['volumes', { volumes: [{ name: 'data', path: '/data' }] }],
  ])('%s is not for members', (what, fields) => {
    expect(refusal(STANDARD_POLICY, MEMBER, fields)).toContain(what)
    expect(refusal(STANDARD_POLICY, MEMBER, fields)).toContain('rule “standard for members”')
    expect(refusal(STANDARD_POLICY, OWN, fields)).toBeUndefined()
  })

  test('#40 an image by tag runs for nobody', () => {
    expect(refusal(STANDARD_POLICY, OWN, { image: 'ghcr.io/bob/app:1' })).toContain('digest')
  })
})

describe('the most specific rule', () => {
  const owner = rule('bob', { kind: 'owner', owner: BOB }, { volumes: true })
  const cluster = rule(
    'friends',
    { kind: 'cluster', cluster: 'friends' },
    {
      volumes: false,
      security: 'baseline',
    },
  )
  const members = rule('all', { kind: 'members' }, { security: 'restricted', rootUser: true })

  test.each([
    [[owner, cluster, members]],
    [[members, cluster, owner]],
    [[cluster, members, owner]],
  ])('decides each matter, wherever it stands', (rules) => {
    const of = policy(...rules)
    expect(refusal(of, MEMBER, { volumes: [{ name: 'data', path: '/data' }] })).toBeUndefined()
    expect(refusal(of, MEMBER, { security: 'baseline', user: '0' })).toBeUndefined()
    expect(refusal(of, MEMBER, { readOnly: false })).toContain('standard for members')
    const other: Party = { owner: 'did:plc:carol', isOwn: false, clusters: [] }
    expect(refusal(of, other, { security: 'baseline' })).toContain('rule “all”')
  })

  test('of two of the same kind the first', () => {
    const two = { ...MEMBER, clusters: ['friends', 'work'] }
    const work = rule('work', { kind: 'cluster', cluster: 'work' }, { allow: false })
    const open = rule('friends', { kind: 'cluster', cluster: 'friends' }, { allow: true })
    expect(refusal(policy(work, open), two)).toContain('rule “work”')
    expect(refusal(policy(open, work), two)).toBeUndefined()
  })

  test('for members does not bind the machine’s owner', () => {
    expect(refusal(policy(rule('no', { kind: 'members' }, { allow: false })), OWN)).toBeUndefined()
    expect(refusal(policy(rule('no', { kind: 'own' }, { allow: false })), OWN)).toContain('“no”')
  })
})

test.each<[string, Partial<Terms>, Partial<WorkloadRecord>]>([
  [
    'none of docker.io/library/*',
    { images: [{ text: 'docker.io/library/*', parts: ['docker.io', 'library', '*'] }] },
    {},
  ],
  ['port 80 is not', { ports: [{ first: 1024, last: 65_535 }] }, { ports: [{ container: 80 }] }],
  ['at most 500m', { resources: { cpuMilli: 500 } }, { resources: { cpuMilli: 501 } }],
  [
    'only at 22:00-06:00 UTC',
    { hours: [{ fromMinute: 1320, toMinute: 360, timeZone: 'UTC' }] },
    {},
  ],
])('refuses, and says the rule: %s', (what, terms, fields) => {
  const message = refusal(policy(rule('guests', { kind: 'members' }, terms)), MEMBER, fields)
  expect(message).toContain(what)
  expect(message).toContain('(rule “guests” of the machine’s policy)')
})

test.each([[80], [1_023], [65_536]])(
  '#49 port %i is refused where the policy begins at 1024',
  (container) => {
    const ports = [{ first: 1_024, last: 65_535 }]
    const guests = policy(rule('guests', { kind: 'members' }, { ports }))
    expect(refusal(guests, MEMBER, { ports: [{ container }] })).toBe(
      `port ${container} is not granted (rule “guests” of the machine’s policy)`,
    )
    expect(refusal(guests, MEMBER, { ports: [{ container: 1_024 }] })).toBeUndefined()
  },
)

describe('a limit', () => {
  const holdings = {
    offer: { cpuMilli: 4_000, memoryBytes: 8_000, storageBytes: 0 },
    own: { ...NOTHING, cpuMilli: 200 },
    others: { ...NOTHING, cpuMilli: 900 },
    sameRule: { ...NOTHING, cpuMilli: 600 },
  }

  test('is what the rule’s total leaves', () => {
    const of = policy(rule('guests', { kind: 'members' }, { total: { cpuMilli: 1_000 } }))
    expect(limitFor(of, MEMBER, holdings)).toEqual({
      amount: { cpuMilli: 400 },
      by: 'rule “guests” of the machine’s policy',
    })
  })

  test('keeps the reserve for the owner, as far as she does not use it', () => {
    const of = { ...policy(), reserve: { ...NOTHING, cpuMilli: 1_000 } }
    expect(limitFor(of, MEMBER, holdings)?.amount).toEqual({ cpuMilli: 4_000 - 1_000 - 900 })
    const busy = { ...holdings, own: { ...NOTHING, cpuMilli: 1_500 } }
    expect(limitFor(of, MEMBER, busy)?.amount).toEqual({ cpuMilli: 4_000 - 1_500 - 900 })
    expect(limitFor(of, OWN, holdings)).toBeUndefined()
  })

  test('is nothing where nothing is said', () => {
    expect(limitFor(STANDARD_POLICY, MEMBER, holdings)).toBeUndefined()
  })
})
