import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import type { Did } from '../model/records.ts'
import type { Io } from './io.ts'
import { readLabels } from './labels.ts'
import { systemClock } from './system-clock.ts'

const [ALICE, BOB]: readonly Did[] = ['did:plc:alice', 'did:plc:bob']
let server: Server | undefined
afterEach(() => server?.close())

async function labelsFrom(body: string, status = 200) {
  let notes = ''
  let asked = ''
  server = createServer((request, response) => {
    asked = request.url ?? ''
    response.writeHead(status).end(body)
  })
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  const io = {
    note: (text: string) => {
      notes += text
    },
    signal: new AbortController().signal,
    clock: systemClock,
  } as unknown as Io
  const { port } = server.address() as AddressInfo
  const found = await readLabels(io, [`http://127.0.0.1:${port}`], [ALICE!, BOB!])
  return { found, notes, asked }
}

test('shows what holds, of those who were asked about', async () => {
  const src = 'did:plc:labeler'
  const { found, asked } = await labelsFrom(
    JSON.stringify({
      labels: [
        { src, uri: ALICE, val: 'spam\u001B[31m' },
        { src, uri: ALICE, val: 'old', exp: '2020-01-01T00:00:00Z' },
        { src, uri: BOB, val: 'scam', neg: true },
        { src, uri: 'did:plc:other', val: 'spam' },
        4,
      ],
    }),
  )
  expect([...found]).toEqual([[ALICE, [{ by: src, value: 'spam [31m' }]]])
  expect(asked).toContain('uriPatterns=did%3Aplc%3Aalice&uriPatterns=did%3Aplc%3Abob')
})

test.each([
  ['{', 200, /no JSON/],
  ['{}', 200, /holds no labels/],
  ['null', 200, /holds no labels/],
  ['', 500, /answered 500/],
  [`"${'x'.repeat(2 * 1024 * 1024)}"`, 200, /too long/],
])('an answer like %.20j is said and stops nothing', async (body, status, message) => {
  const { found, notes } = await labelsFrom(body, status)
  expect(found.size).toBe(0)
  expect(notes).toMatch(message)
})
