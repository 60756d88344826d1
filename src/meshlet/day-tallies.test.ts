import { expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { silentLog } from '../ports/log.ts'
import { DayTallies, spansOf } from './day-tallies.ts'
import { Settings } from './settings.ts'

function settings(): Settings {
  const saved = new Map<string, string>()
  return new Settings({
    setting: (name) => saved.get(name),
    saveSetting: (name, value) =>
      void (value === undefined ? saved.delete(name) : saved.set(name, value)),
  })
}

test('a span over midnight belongs to both days', () => {
  const end = Date.parse('2026-02-02T00:00:20.500Z')
  expect(spansOf(end, 15)).toEqual([{ day: '2026-02-02', seconds: 15 }])
  expect(spansOf(end, 60)).toEqual([
    { day: '2026-02-01', seconds: 40 },
    { day: '2026-02-02', seconds: 20 },
  ])
  expect(spansOf(Date.parse('2026-02-02T00:00:00Z'), 60)).toEqual([
    { day: '2026-02-01', seconds: 60 },
  ])
})

test('what was summed up is there after a restart, and what stands in a record is gone', () => {
  const [kept, clock] = [settings(), new ManualClock()]
  const before = new DayTallies(kept, clock, silentLog)
  before.addHeld('2026-02-01', 'web', 10, 60)
  before.addHeld('2026-02-01', 'web', 10, 60)
  before.addSeen('2026-02-01', 'did:plc:b1 web', 5, 60)
  clock.advance(5 * 60_000)
  before.save()
  const after = new DayTallies(kept, clock, silentLog)
  expect(after.held('2026-02-01')).toEqual([['web', [1_200, 120]]])
  expect(after.seen('2026-02-01', 'did:plc:b1', 'web')).toEqual([300, 60])
  after.closeHeld('2026-02-01')
  clock.advance(5 * 60_000)
  after.save()
  const last = new DayTallies(kept, clock, silentLog)
  expect(last.held('2026-02-01')).toEqual([])
  expect(last.seen('2026-02-01', 'did:plc:b1', 'web')).toEqual([300, 60])
  last.forgetBefore('2026-02-02')
  expect(last.days()).toEqual([])
})
