import { expect, test } from 'vitest'
import { WaitProgress } from './wait-progress.ts'

function terminal(screen?: { readonly columns: number; readonly rows: number }) {
  const written: string[] = []
  const io = {
    note: (text: string) => void written.push(text),
    ...(screen && { screen: () => screen }),
  }
  return { written, progress: new WaitProgress(io) }
}

test('is drawn over what was drawn before, and only when it changed', () => {
  const { written, progress } = terminal({ columns: 80, rows: 24 })
  expect(progress.show(['web: 0/2', '  a#0  starting'])).toBe(true)
  progress.show(['web: 0/2', '  a#0  starting'])
  progress.show(['web: 1/2'])
  expect(written).toEqual(['\u001b[Jweb: 0/2\n  a#0  starting\n', '\u001b[2A\u001b[Jweb: 1/2\n'])
})

test('never wraps and never scrolls, so that it can be drawn over', () => {
  const { written, progress } = terminal({ columns: 10, rows: 4 })
  progress.show(['one', 'a line that is too long', 'three', 'four', 'five'])
  expect(written).toEqual(['\u001b[Jone\na line t…\n… and 3 …\n'])
})

test('draws nothing where there is no terminal', () => {
  const { written, progress } = terminal()
  expect(progress.show(['web: 0/2'])).toBe(false)
  expect(written).toEqual([])
})
