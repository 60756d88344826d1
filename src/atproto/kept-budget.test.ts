import { expect, it } from 'vitest'
import { silentLog } from '../ports/log.ts'
import type { CountingRepoWriter } from './repo-writer.ts'
import { keepBudget } from './kept-budget.ts'

function journalOf() {
  const settings = new Map<string, string>()
  return {
    setting: (name: string) => settings.get(name),
    saveSetting: (name: string, value: string | undefined) => void settings.set(name, value ?? ''),
  }
}

function writerOf(fails: boolean) {
  const restored: string[] = []
  const writer = {
    did: 'did:plc:mesh',
    savedBudget: () => (fails ? 'after a failure' : 'after a commit'),
    restoreBudget: (text: string) => void restored.push(text),
    apply: () => (fails ? Promise.reject(new Error('429')) : Promise.resolve({})),
  } as unknown as CountingRepoWriter
  return { writer, restored }
}

const clock = { wallMs: () => 7 }

it('gives the next run what this one left, also after a write that failed', async () => {
  const journal = journalOf()
  const first = writerOf(false)
  await keepBudget({ writer: first.writer, journal, clock, log: silentLog }).apply([])
  expect(first.restored).toEqual([])
  const second = writerOf(true)
  await expect(
    keepBudget({ writer: second.writer, journal, clock, log: silentLog }).apply([]),
  ).rejects.toThrow()
  expect(second.restored).toEqual(['after a commit'])
  const third = writerOf(false)
  keepBudget({ writer: third.writer, journal, clock, log: silentLog })
  expect(third.restored).toEqual(['after a failure'])
})

it('lets a commit stand although its price can not be written down', async () => {
  const journal = {
    setting: () => undefined,
    saveSetting: () => {
      throw new Error('disk full')
    },
  }
  const { writer } = writerOf(false)
  const kept = keepBudget({ writer, journal, clock, log: silentLog })
  await expect(kept.apply([])).resolves.toEqual({})
})
