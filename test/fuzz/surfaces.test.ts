import { readdirSync, readFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { SURFACES, surfaceNamed } from './all-surfaces.ts'
import { readInput, writeInput } from './input-text.ts'
import { feedInTime, playSurface } from './play-surface.ts'

/** The same few inputs at every run; `make fuzz` tries many others. */
const BATCH = { seed: 1, inputs: 15 }
const REGRESSIONS = new URL('regressions/', import.meta.url)

describe('what strangers write is taken or refused', () => {
  test.each(SURFACES.map((surface) => [surface.name, surface] as const))(
    '%s',
    async (_, surface) => {
      const { finding } = await playSurface(surface, BATCH)
      expect(finding && `${finding.message}\n${writeInput(finding.input).slice(0, 500)}`).toBe(
        undefined,
      )
    },
  )
})

describe('what once was a finding is none any more', () => {
  const files = readdirSync(REGRESSIONS).filter((file) => file.endsWith('.json'))
  test.each(files)('%s', async (file) => {
    const kept = readInput(readFileSync(new URL(file, REGRESSIONS), 'utf8'))
    const { surface, input } = kept as { surface: string; input: unknown }
    await using opened = await surfaceNamed(surface).open()
    await feedInTime(opened, input)
  })
})

test('names of surfaces are distinct', () => {
  const names = SURFACES.map(({ name }) => name)
  expect(new Set(names).size).toBe(names.length)
})

test('an input that is kept in a file is the same when it is read again', () => {
  fc.assert(
    fc.property(fc.anything({ withSparseArray: false, maxDepth: 2 }), (value) => {
      const text = writeInput({ value, bytes: Uint8Array.of(0, 255), number: -0 })
      expect(writeInput(readInput(text))).toBe(text)
    }),
    { seed: 1, numRuns: 50 },
  )
})
