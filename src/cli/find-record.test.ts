import { expect, test } from 'vitest'
import { CommuneError } from '../model/errors.ts'
import { findRecord, recordsCalled } from './find-record.ts'

const records = ['alice/abc', 'bob/abd', 'carol/ab', 'bob/xyz', 'carol/xyz'].map((path) => ({
  uri: `at://did:plc:${path.replace('/', '/collection/')}`,
}))

function failure(text: string): CommuneError {
  try {
    findRecord(records, text, 'proposal')
  } catch (error) {
    if (error instanceof CommuneError) return error
  }
  throw new Error(`"${text}" was found`)
}

test.each([
  ['abc', 0],
  ['ab', 2],
  ['abd', 1],
  ['at://did:plc:bob/collection/xyz', 3],
])('%s is found', (text, index) => {
  expect(findRecord(records, text, 'proposal')).toBe(records[index])
})

test('what fits several lists them, by their addresses where ids are the same', () => {
  const some = records.slice(0, 2)
  expect(() => findRecord(some, 'ab', 'dispute')).toThrow('"ab" may be any of 2 disputes.')
  expect(failure('xy').hint).toBe(
    'Give more of it: at://did:plc:bob/collection/xyz, at://did:plc:carol/collection/xyz.',
  )
  expect(recordsCalled(some, 'ab')).toEqual(some)
})

test('what fits none is said, also nothing at all', () => {
  expect(failure('nope').message).toBe('There is no proposal "nope".')
  expect(failure('').code).toBe('not-found')
})
