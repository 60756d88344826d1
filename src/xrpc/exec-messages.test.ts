import fc from 'fast-check'
import { expect, test } from 'vitest'
import { encodeExecMessage, parseExecMessage, type ExecMessage } from './exec-messages.ts'

const terminal = { columns: 80, rows: 24 }

test.each<[string, ExecMessage]>([
  ['a command', { kind: 'start', command: ['/bin/sh', '-c', 'echo "ü"'] }],
  ['a command in a terminal', { kind: 'start', command: ['sh'], terminal }],
  ['bytes', { kind: 'data', data: Buffer.from([0, 1, 255]) }],
  ['the end', { kind: 'end' }],
  ['a size', { kind: 'resize', size: { columns: 65_535, rows: 1 } }],
])('%s comes as it was sent', (_, message) => {
  expect(parseExecMessage(encodeExecMessage(message))).toEqual(message)
})

test.each([
  ['nothing', []],
  ['another kind', [9]],
  ['no JSON', [1, 0x7b]],
  ['an end with more', [3, 1]],
  ['a size of nothing', [4, 0, 0, 0, 1]],
  ['half a size', [4, 0, 1]],
])('%s is no message', (_, bytes) => {
  expect(parseExecMessage(Uint8Array.from(bytes))).toBeUndefined()
})

test.each([
  [{}],
  [{ command: [] }],
  [{ command: 'sh' }],
  [{ command: ['a\0b'] }],
  [{ command: ['sh'], terminal: { columns: 0, rows: 1 } }],
  [{ command: Array.from({ length: 257 }, () => 'x') }],
  [[]],
])('%j is no command', (start) => {
  const bytes = Buffer.concat([Buffer.from([1]), Buffer.from(JSON.stringify(start))])
  expect(parseExecMessage(bytes)).toBeUndefined()
})

test('no bytes are too odd', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void parseExecMessage(bytes)))
})
