import { expect, it } from 'vitest'
import { namesFrom } from './names.ts'

const names = namesFrom(
  new Map([
    ['did:plc:alice', 'alice.test'],
    ['did:plc:bob', 'bob.test'],
  ]),
  new Map([
    ['did:plc:one', { owner: 'did:plc:alice', host: 'box' }],
    ['did:plc:two', { owner: 'did:plc:bob', host: 'box' }],
    ['did:plc:three', { owner: 'did:plc:bob', host: 'shed' }],
  ] as const),
)

it('calls machines by their short name only where that is clear', () => {
  expect(names.meshlet('did:plc:three')).toBe('bob.test/shed')
  expect(names.shortMeshlet('did:plc:three')).toBe('shed')
  expect(names.shortMeshlet('did:plc:one')).toBe('alice.test/box')
  expect(names.shortMeshlet('did:plc:unknown')).toBe('did:plc:unknown')
})

it('knows a machine by its DID, its name and the last part of it', () => {
  for (const text of ['did:plc:one', 'alice.test/box', 'box'])
    expect(names.isCalled('did:plc:one', text)).toBe(true)
  for (const text of ['ox', 'bob.test/box', ''])
    expect(names.isCalled('did:plc:one', text)).toBe(false)
})

it('names a DID that stands among other things', () => {
  expect(names.anything('did:plc:bob')).toBe('bob.test')
  expect(names.anything('eu-west')).toBe('eu-west')
})
