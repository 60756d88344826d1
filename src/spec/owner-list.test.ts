import { expect, test } from 'vitest'
import { parseOwnerList } from './owner-list.ts'

const ALICE = 'did:plc:alice'
const BOB = 'did:web:bob.example.org'

test.each([
  ['a line each, with comments', `# spam\n${ALICE}\n\n${BOB} # he too\n`],
  ['CSV without a header', `${ALICE},\n${BOB},\n`],
  ['CSV with a header', `did,reason\r\n"${ALICE}",\r\n${BOB},\r\n`],
  ['JSON', JSON.stringify([ALICE, { did: BOB }])],
  [
    'what getList answers',
    JSON.stringify({ items: [{ subject: { did: ALICE } }, { subject: BOB }] }),
  ],
])('%s', (_, text) => {
  const { owners, issues } = parseOwnerList(text, 'list')
  expect(issues).toEqual([])
  expect(owners.map(({ did }) => did)).toEqual([ALICE, BOB])
})

test('a reason is kept', () => {
  expect(parseOwnerList(`${ALICE},fills every disk\n`, 'l').owners[0]?.reason).toBe(
    'fills every disk',
  )
})

test('every fault has its place', () => {
  const { owners, issues } = parseOwnerList(`${ALICE}\n  alice.example.org\nnope,why\n`, 'l')
  expect(owners).toHaveLength(1)
  expect(issues.map(({ line, column, message }) => `${line}:${column} ${message}`)).toEqual([
    '2:3 found "alice.example.org"',
    '3:1 found "nope"',
  ])
  expect(parseOwnerList('[1', 'l').issues[0]?.message).toMatch(/^is no JSON/)
  expect(parseOwnerList('{}', 'l').issues[0]?.message).toBe('holds no list')
  expect(parseOwnerList('[{"did":4},"x"]', 'l').issues.map(({ path }) => path)).toEqual([
    '[0]',
    '[1]',
  ])
})
