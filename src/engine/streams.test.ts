import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { jsonLines } from './json-lines.ts'
import { logLines } from './logs.ts'
import { outputFrames } from './multiplexed.ts'

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const value of values) found.push(value)
  return found
}

/** The same bytes, cut into chunks at the given places. */
function chunked(bytes: Buffer, cuts: readonly number[]): Readable {
  const places = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b)
  const starts = [0, ...places]
  return Readable.from(starts.map((start, index) => bytes.subarray(start, places[index])))
}

function frame(stream: 'stdout' | 'stderr', payload: string): Buffer {
  const header = Buffer.alloc(8)
  header.writeUInt8(stream === 'stderr' ? 2 : 1, 0)
  header.writeUInt32BE(Buffer.byteLength(payload), 4)
  return Buffer.concat([header, Buffer.from(payload)])
}

const streamName = fc.constantFrom('stdout' as const, 'stderr' as const)

describe('JSON lines', () => {
  test('come out whole, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue()), fc.array(fc.nat()), async (values, cuts) => {
        const bytes = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''))
        const expected: unknown[] = values.map((value) => JSON.parse(JSON.stringify(value)))
        expect(await all(jsonLines(chunked(bytes, cuts)))).toEqual(expected)
      }),
      { seed: 1 },
    )
  })

  test('the last needs no end, blank ones are left out, others are errors', async () => {
    expect(await all(jsonLines(Readable.from([Buffer.from('{}\n\n \n1')])))).toEqual([{}, 1])
    await expect(all(jsonLines(Readable.from([Buffer.from('<html>')])))).rejects.toMatchObject({
      code: 'engine',
    })
    const endless = Readable.from([Buffer.alloc(2 * 1024 * 1024, 'x')])
    await expect(all(jsonLines(endless))).rejects.toMatchObject({ code: 'engine' })
  })
})

describe('frames', () => {
  test('come out whole, however they were cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(streamName, fc.string())),
        fc.array(fc.nat()),
        async (frames, cuts) => {
          const bytes = Buffer.concat(frames.map(([stream, payload]) => frame(stream, payload)))
          const found = await all(outputFrames(chunked(bytes, cuts)))
          expect(found.map(({ stream, payload }) => [stream, payload.toString()])).toEqual(frames)
        },
      ),
      { seed: 2 },
    )
  })

  test('anything else is an error', async () => {
    const terminal = Readable.from([Buffer.from('plain text of a terminal')])
    await expect(all(outputFrames(terminal))).rejects.toMatchObject({ code: 'engine' })
  })
})

describe('lines of a log', () => {
  const stamp = '2026-11-21T10:00:00.123456789Z'
  const timeMs = Date.parse(stamp)

  test('carry their time and lose their end', async () => {
    const stream = Readable.from([
      frame('stdout', `${stamp} one\n`),
      frame('stderr', `${stamp} two\r\n`),
      frame('stdout', `${stamp} \n`),
      frame('stdout', `no time\n`),
    ])
    expect(await all(logLines(stream))).toEqual([
      { stream: 'stdout', timeMs, line: 'one' },
      { stream: 'stderr', timeMs, line: 'two' },
      { stream: 'stdout', timeMs, line: '' },
      { stream: 'stdout', timeMs: 0, line: 'no time' },
    ])
  })

  test('that came in pieces are put together, up to a limit, and the streams are kept apart', async () => {
    const piece = 'x'.repeat(16_384)
    const stream = Readable.from([
      frame('stdout', `${stamp} ${piece}`),
      frame('stderr', `${stamp} between\n`),
      ...Array.from({ length: 8 }, () => frame('stdout', `${stamp} ${piece}`)),
      frame('stdout', `${stamp} end\n`),
      frame('stdout', `${stamp} unfinished`),
    ])
    const found = await all(logLines(stream))
    expect(found.map(({ stream: name, line }) => [name, line.length])).toEqual([
      ['stderr', 7],
      ['stdout', 65_536],
      ['stdout', 10],
    ])
  })
})
