import { expect, test } from 'vitest'
import {
  createLineReader,
  deadlineFlags,
  parseDeadlines,
  parseGuardAnswer,
  parseGuardRequest,
} from './guard-messages.ts'

test('lines are put together, however they are cut', () => {
  const seen: unknown[] = []
  const read = createLineReader((message) => seen.push(message))
  for (const chunk of ['{"id":1}\n{"i', 'd":2}', '\n', '{"id":3}']) read(chunk)
  expect(seen).toEqual([{ id: 1 }, { id: 2 }])
  expect(() => read('\nnot JSON\n')).toThrow(SyntaxError)
  expect(() => createLineReader(() => undefined)('x'.repeat(1_000_001))).toThrow(/without an end/)
})

test.each([
  [{ id: 1, kind: 'hello' }],
  [{ id: 2, kind: 'set', uri: 'db', deadlineMs: 5 }],
  [{ id: 3, kind: 'clear', uri: 'db' }],
])('%j is understood', (request) => {
  expect(parseGuardRequest(request)).toEqual(request)
})

test.each([
  [null],
  ['set'],
  [{ kind: 'hello' }],
  [{ id: 1, kind: 'set', uri: 'db' }],
  [{ id: 1, kind: 'set', uri: 'db', deadlineMs: null }],
  [{ id: 1, kind: 'clear' }],
  [{ id: 1, kind: 'other', uri: 'db', deadlineMs: 1 }],
])('%j is not', (request) => {
  expect(parseGuardRequest(request)).toBeUndefined()
})

test('deadlines survive the command line, also in the past and broken ones', () => {
  const deadlines = new Map([
    ['at://did:web:a.example/commune.scheduler.workload/db', 1_234.5],
    ['web', -1],
  ])
  const values = deadlineFlags(deadlines).map((flag) => flag.replace(/^--deadline=/, ''))
  expect(parseDeadlines(values)).toEqual(deadlines)
  expect(parseDeadlines(['', 'soon db', ' db', '5'])).toEqual(new Map())
})

test('of an answer only deadlines that are numbers count', () => {
  const answer = { id: 1, pid: 2, deadlines: { db: 5, web: 'soon' } }
  expect(parseGuardAnswer(answer)).toEqual({ id: 1, pid: 2, deadlines: { db: 5 } })
  expect(parseGuardAnswer({ id: 1, deadlines: {} })).toBeUndefined()
  expect(parseGuardAnswer({ id: 1, pid: 2 })).toBeUndefined()
})
