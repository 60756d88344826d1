import { expect, it } from 'vitest'
import type { Io } from './io.ts'
import { onlyNews } from './only-news.ts'

it('shows what differs from the run before, from where it differs, and nothing else', async () => {
  const shown: string[] = []
  const io = {
    out: (text: string) => void shown.push(`out ${text}`),
    note: (text: string) => void shown.push(`note ${text}`),
  } as unknown as Io
  const news = onlyNews(io)
  const run = async (...lines: string[]) => {
    shown.length = 0
    await news(async (quiet) => {
      for (const line of lines) quiet[line.startsWith('!') ? 'out' : 'note'](line)
    })
    return [...shown]
  }
  expect(await run('one', '!two')).toEqual(['note one', 'out !two'])
  expect(await run('one', '!two')).toEqual([])
  expect(await run('one', '!three')).toEqual(['note one', 'out !three'])
  expect(await run('one')).toEqual(['note one'])
  expect(await run('one')).toEqual([])
  expect(await run()).toEqual([])
  expect(await run('one')).toEqual(['note one'])
})
