import { expect, it } from 'vitest'
import { formatIssue } from './format-issue.ts'
import type { Issue } from './issue.ts'

const ISSUE: Issue = {
  file: 'workloads/a.yaml',
  line: 12,
  column: 9,
  path: 'resources.memory',
  message: 'found the text "64MB"',
  expected: 'a quantity such as 64Mi',
  suggestion: '64Mi',
  severity: 'error',
  sourceLine: 'memory: 64MB # a lot',
}

it('shows the place, the fault, the remedy and the line', () => {
  expect(formatIssue(ISSUE, { color: false })).toBe(
    [
      'workloads/a.yaml:12:9: error: resources.memory: found the text "64MB"',
      '  expected a quantity such as 64Mi',
      '  try: 64Mi',
      '  12 | memory: 64MB # a lot',
      '     |         ^',
    ].join('\n'),
  )
})

it('leaves out what it does not know', () => {
  const issue: Issue = {
    file: 'a',
    line: 1,
    column: 1,
    path: '',
    message: 'm',
    severity: 'warning',
  }
  expect(formatIssue(issue, { color: false })).toBe('a:1:1: warning: m')
})

it('puts the caret below a place behind tabs', () => {
  const text = formatIssue({ ...ISSUE, column: 3 }, { color: false, sourceLine: 'a\tb: c' })
  expect(text.split('\n').slice(-2)).toEqual(['  12 | a\tb: c', '     |  \t^'])
})

it('lets nothing through that would drive a terminal', () => {
  const text = formatIssue(
    { ...ISSUE, file: 'a\u001b[2J', sourceLine: '\u001b]0;x\u0007\u202e' },
    { color: false },
  )
  // oxlint-disable-next-line no-control-regex
  expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/)
})

it('colours for people', () => {
  const text = formatIssue(ISSUE, { color: true })
  expect(text).toContain('\u001b[31merror:\u001b[0m')
  // oxlint-disable-next-line no-control-regex
  expect(text.replaceAll(/\u001b\[\d+m/g, '')).toBe(formatIssue(ISSUE, { color: false }))
})
