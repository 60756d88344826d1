import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { did, MemoryView } from '../../test/support/memory-view.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { MeshletStatusRecord } from '../model/records.ts'
import { NO_FAIR_SHARE } from '../selection/score.ts'
import { forecastPlan } from './forecast-plan.ts'
import type { Forecast } from './forecast.ts'
import { formatForecast } from './format-forecast.ts'
import { planSync } from './plan-sync.ts'
import { desired, OWNER, planInput } from './sync-fixtures.ts'

const MIB = 1_048_576

/** Alice's machines, each with so much memory free. */
function machines(freeMib: Readonly<Record<string, number>>): MemoryView {
  const view = new MemoryView().read(OWNER)
  for (const [name, mib] of Object.entries(freeMib)) {
    view.own(OWNER, did(name), [OWNER])
    view.put(did(name), COLLECTION.meshletStatus, 'self', {
      epoch: 1,
      state: 'active',
      capacity: { cpuMilli: 64_000, memoryBytes: 4096 * MIB },
      available: { cpuMilli: 64_000, memoryBytes: mib * MIB },
    })
  }
  return view
}

function forecasts(
  view: MemoryView,
  folder: ReturnType<typeof desired>[],
  down: readonly string[] = [],
  balances: Readonly<Record<string, number>> = {},
): Readonly<Record<string, Forecast | undefined>> {
  const plan = forecastPlan(planSync(planInput({ desired: folder })), {
    view,
    nameOf: (machine) => machine,
    downAmong: () => new Set(down.map(did)),
    existing: [],
    shareOf: (owner) => ({
      ...NO_FAIR_SHARE,
      balanceOf: () => balances[owner] ?? 0,
    }),
  })
  return Object.fromEntries(plan.items.map(({ name, forecast }) => [name, forecast]))
}

const asking = (name: string, mib: number, replicas = 1) =>
  desired(name, { replicas, resources: { cpuMilli: 1, memoryBytes: mib * MIB } })

describe('where a new workload would run', () => {
  it('goes where most is free, and says how much that is', () => {
    const { web } = forecasts(machines({ small: 128, large: 512 }), [asking('web', 64)])
    expect(web?.places).toEqual([
      { meshlet: did('large'), name: did('large'), replicas: 1, why: '64 CPU and 512Mi free' },
    ])
  })

  it('goes to who owes the commune before who has more free, as the bids will', () => {
    const bob = did('bob')
    const view = machines({ large: 512 })
    view.own(OWNER, did('large'), [bob]).own(bob, did('small'), [OWNER])
    view.put(did('small'), COLLECTION.meshletStatus, 'self', {
      epoch: 1,
      state: 'active',
      capacity: { cpuMilli: 64_000, memoryBytes: 4096 * MIB },
      available: { cpuMilli: 64_000, memoryBytes: 128 * MIB },
    })
    const placeOf = (balance: number) =>
      forecasts(view, [asking('web', 64)], [], { [bob]: balance })['web']?.places
    expect(placeOf(0)?.map(({ meshlet }) => meshlet)).toEqual([did('large')])
    expect(placeOf(-500)).toMatchObject([
      { meshlet: did('small'), why: expect.stringContaining('its owner owes the commune') },
    ])
  })

  it('is where there is gVisor for what asks for it', () => {
    const view = machines({ plain: 512, walled: 256 })
    const status = view.get<MeshletStatusRecord>(did('walled'), COLLECTION.meshletStatus, 'self')
    view.put(did('walled'), COLLECTION.meshletStatus, 'self', {
      ...status?.value,
      labels: [{ name: 'runtime', value: 'gvisor' }],
    })
    const { web } = forecasts(view, [desired('web', { replicas: 2, runtime: 'gvisor' })])
    expect(web?.places.map(({ meshlet }) => meshlet)).toEqual([did('walled')])
    expect(
      forecasts(machines({ plain: 512 }), [desired('web', { runtime: 'gvisor' })])['web'],
    ).toEqual(expect.objectContaining({ places: [] }))
  })

  it('is where there is a way to the internet for what asks for it', () => {
    const view = machines({ shut: 512, open: 256 })
    const status = view.get<MeshletStatusRecord>(did('open'), COLLECTION.meshletStatus, 'self')
    view.put(did('open'), COLLECTION.meshletStatus, 'self', {
      ...status?.value,
      labels: [{ name: 'egress', value: 'internet' }],
    })
    const { web } = forecasts(view, [desired('web', { replicas: 2, egress: 'internet' })])
    expect(web?.places.map(({ meshlet }) => meshlet)).toEqual([did('open')])
    const { web: nowhere } = forecasts(machines({ shut: 512 }), [
      desired('web', { replicas: 1, egress: 'internet' }),
    ])
    expect(nowhere).toMatchObject({ missing: 1, others: [{ why: 'offers no egress: internet' }] })
  })

  it('names those that are as good, since a draw decides among them', () => {
    const view = machines({ one: 512, two: 512, three: 512, less: 256 })
    const { web } = forecasts(view, [asking('web', 64, 2)])
    const named = [...(web?.places ?? []), ...(web?.asGood ?? [])].map(({ meshlet }) => meshlet)
    expect(web?.asGood).toHaveLength(1)
    expect(named.toSorted()).toEqual(['one', 'three', 'two'].map(did))
    expect(web && formatForecast(web, false).join()).toMatch(/^likely on .*; .* is as good$/)
  })

  it('promises no room twice within one plan', () => {
    const found = forecasts(machines({ only: 100 }), [asking('a', 64), asking('b', 64)])
    expect(found['a']).toMatchObject({ missing: 0 })
    expect(found['b']).toMatchObject({ missing: 1, others: [{ why: 'has only 36Mi memory free' }] })
  })

  it('leaves out who is down, and does not name one of many', () => {
    const many = Object.fromEntries(Array.from({ length: 12 }, (_, n) => [`m${n}`, 512]))
    const { web } = forecasts(machines(many), [asking('web', 64, 3)], ['m0'])
    expect(web).toMatchObject({ places: [], missing: 0, amongMany: 11 })
    expect(web?.others).toEqual([{ meshlet: did('m0'), name: did('m0'), why: 'is down' }])
  })

  it('never gives a machine more than it has free', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(
          fc.tuple(fc.constantFrom('a', 'b', 'c', 'd'), fc.integer({ min: 0, max: 512 })),
          {
            selector: ([name]) => name,
          },
        ),
        fc.array(fc.tuple(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 4 })), {
          maxLength: 6,
        }),
        (free, wanted) => {
          const folder = wanted.map(([mib, replicas], n) => asking(`w${n}`, mib, replicas))
          const found = forecasts(machines(Object.fromEntries(free)), folder)
          for (const [name, mib] of free) {
            const used = wanted.reduce((sum, [size], n) => {
              const places = found[`w${n}`]?.places ?? []
              const here = places.find(({ meshlet }) => meshlet === did(name))?.replicas ?? 0
              return sum + here * size
            }, 0)
            expect(used).toBeLessThanOrEqual(mib)
          }
        },
      ),
    )
  })
})
