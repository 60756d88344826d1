import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { VirtualJournal } from '../../test/support/virtual-journal.ts'
import { EVENTS_PER_WORKLOAD_MAX, type Journal, type NewEvent } from '../ports/journal.ts'
import { silentLog } from '../ports/log.ts'
import { openJournal } from './sqlite-journal.ts'

function event(atMs: number, change: Partial<NewEvent> = {}): NewEvent {
  return {
    atMs,
    kind: 'start',
    workload: 'at://a/w/one',
    reason: `at ${atMs}`,
    evidence: [],
    ...change,
  }
}

const journals: readonly (readonly [string, () => Journal])[] = [
  ['in a file', () => openJournal({ file: ':memory:', log: silentLog, nowMs: 0 })],
  ['in memory', () => new VirtualJournal()],
]

describe.each(journals)('events %s', (_, open) => {
  test('come back whole, the newest first, a page at a time', () => {
    const journal = open()
    const evidence = [{ uri: 'at://a/b/c', cid: 'bafy' }]
    for (let atMs = 1; atMs <= 5; atMs++) journal.appendEvent(event(atMs, { evidence }))
    const first = journal.events({ limit: 2 })
    expect(first).toMatchObject([event(5, { evidence }), event(4, { evidence })])
    const beforeSeq = first[1]?.seq ?? 0
    expect(journal.events({ limit: 9, beforeSeq }).map(({ atMs }) => atMs)).toEqual([3, 2, 1])
    expect(journal.events({ limit: 9, sinceMs: 4 }).map(({ atMs }) => atMs)).toEqual([5, 4])
  })

  test('of a workload are asked for with those of the machine, and without those of others', () => {
    const journal = open()
    journal.appendEvent(event(1))
    journal.appendEvent(event(2, { workload: 'at://a/w/two' }))
    const { workload: _gone, ...machine } = event(3, { kind: 'down' })
    journal.appendEvent(machine)
    const found = journal.events({ workload: 'at://a/w/one', limit: 9 })
    expect(found.map(({ atMs }) => atMs)).toEqual([3, 1])
    expect(journal.events({ kind: 'down', limit: 9 })).toHaveLength(1)
  })

  test('of one workload push out their own kind alone', () => {
    const journal = open()
    journal.appendEvent(event(1, { workload: 'at://a/w/quiet' }))
    for (let atMs = 2; atMs < EVENTS_PER_WORKLOAD_MAX + 12; atMs++) journal.appendEvent(event(atMs))
    const noisy = journal.events({ workload: 'at://a/w/one', limit: 9_999 })
    expect(noisy).toHaveLength(EVENTS_PER_WORKLOAD_MAX)
    expect(noisy.at(-1)?.atMs).toBe(12)
    expect(journal.events({ workload: 'at://a/w/quiet', limit: 9 })).toHaveLength(1)
  })
})

test('settings are there again when the file is opened anew, as they were last saved', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'commune-journal-'))
  const open = () => openJournal({ file: join(folder, 'journal.sqlite'), log: silentLog, nowMs: 0 })
  try {
    {
      using journal = open()
      journal.saveSetting('kept', '1')
      journal.saveSetting('kept', '2')
      journal.saveSetting('taken back', '1')
      journal.saveSetting('taken back', undefined)
      expect(journal.setting('kept')).toBe('2')
      expect(journal.setting('taken back')).toBeUndefined()
    }
    using journal = open()
    expect(journal.setting('kept')).toBe('2')
    expect(journal.setting('taken back')).toBeUndefined()
  } finally {
    await rm(folder, { recursive: true })
  }
})
