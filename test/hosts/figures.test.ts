import { expect, test } from 'vitest'
import { formatTable, summarise, type Result } from './figures.ts'

const results: readonly Result[] = [
  { fault: 'cable', figures: { answerMs: 9_000, overlapMs: 0, moves: 1, movesWanted: 1 } },
  { fault: 'pds', figures: { overlapMs: 0, moves: 0, movesWanted: 0 } },
  { fault: 'cable', figures: { answerMs: 12_300, overlapMs: 400, moves: 3, movesWanted: 3 } },
  { fault: 'cable', violation: 'moved back' },
]

test('each fault has one row, with the median and the worst of what was measured', () => {
  expect(summarise(results)).toMatchObject([
    {
      fault: 'cable',
      runs: 3,
      violations: 1,
      answerMs: { median: 9_000, worst: 12_300 },
      runningMs: undefined,
      overlapMs: { median: 0, worst: 400 },
      moves: 4,
      movesWanted: 4,
    },
    { fault: 'pds', runs: 1, violations: 0, answerMs: undefined },
  ])
})

test('the table is in seconds, and shows a dash where nothing was measured', () => {
  const [, , cable, pds] = formatTable(results).split('\n')
  expect(cable).toBe('| cable | 3 | – | 9.0 / 12.3 | 0.0 / 0.4 | 4 of 4 | 1 |')
  expect(pds).toBe('| pds | 1 | – | – | 0.0 / 0.0 | 0 of 0 | 0 |')
})
