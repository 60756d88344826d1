import { describe, expect, it } from 'vitest'
import { planAccounts } from './accounts.ts'

describe('planAccounts', () => {
  it('gives each owner an account and one for her meshlet', () => {
    const accounts = planAccounts(['alice', 'bob'])
    expect(accounts.map((account) => [account.name, account.handle])).toEqual([
      ['alice', 'alice.test'],
      ['alice-mesh', 'alice-mesh.test'],
      ['bob', 'bob.test'],
      ['bob-mesh', 'bob-mesh.test'],
    ])
  })

  it('pads names that are too short for a handle', () => {
    expect(planAccounts(['al'])[0]?.handle).toBe('al-owner.test')
  })

  it('makes passwords that need no quotes in a shell', () => {
    for (const { password } of planAccounts(['alice'])) expect(password).toMatch(/^[a-z0-9]{32}$/)
  })

  it.each([['', 'Alice', '-a', 'a-', '1a', 'a b', 'a.b', "a'", 'a'.repeat(14)]].flat())(
    'refuses the name %j',
    (name) => {
      expect(() => planAccounts([name])).toThrow(/can't be the name of an owner/)
    },
  )

  it.each([[['alice', 'alice']], [['alice', 'alice-mesh']], [['al', 'al-owner']]])(
    'refuses names that collide: %j',
    (owners) => {
      expect(() => planAccounts(owners)).toThrow(/is taken by another/)
    },
  )
})
