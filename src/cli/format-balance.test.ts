import { expect, test } from 'vitest'
import { formatEntries } from './format-balance.ts'

test('numbers that a machine left out are a note behind its entries', () => {
  const gap = { machine: 'bobs-box', afterDay: '2026-03-28', beforeDay: '2026-03-30' }
  const text = formatEntries({
    entries: [],
    shortfalls: [],
    outside: [],
    malformed: [],
    gaps: [
      { ...gap, missing: 1 },
      { ...gap, missing: 3 },
    ],
  })
  const between = 'missing between those of 2026-03-28 and 2026-03-30'
  expect(text).toContain(`note: by its numbers bobs-box wrote more: 1 record is ${between}`)
  expect(text).toContain(`3 records are ${between}; this changes no balance by itself\n`)
})
