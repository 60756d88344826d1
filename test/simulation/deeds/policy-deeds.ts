import { MACHINE_DAY } from '../../../src/ledger/rate.ts'
import { COLLECTION } from '../../../src/model/nsid.ts'
import { recordKeyFor } from '../../../src/model/record-key.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { deed, type AnyDeed } from '../deed.ts'

const DAY_MS = 86_400_000

/**
 * What owners ask of each other: policies with a minimum, short steps and short grace, changed under
 * way, credit that they lend, and the days on which that makes a difference.
 */
export const POLICY_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'name a policy': deed({
    weight: 0,
    isFault: false,
    draw: ({ random, cast }) => ({
      by: random.chance(0.7) ? cast.owners : cast.owners.filter(() => random.chance(0.6)),
      minimum: random.pick([0, 500_000, 500_000, 500_000, 1_000_000]),
      graceDays: random.pick([0, 0, 1]),
      stepDays: random.pick([1, 1, 2]),
    }),
    act: ({ world }, { by, minimum, graceDays, stepDays }) => {
      if (by.length === 0) return undefined
      const rules = {
        minimumContribution: minimum,
        graceDays,
        lastInLineDays: stepDays,
        noPlacementsDays: stepDays,
        noticeDays: stepDays,
      }
      for (const name of by) world.owner(name).write(COLLECTION.clusterPolicy, 'default', rules)
      return `${by.join(', ')} ask for ${minimum} millionths, ${graceDays} days of grace, steps of ${stepDays} days`
    },
  }),
  'lend credit': deed({
    weight: 0,
    isFault: false,
    draw: ({ random, cast }) => ({
      by: random.pick(cast.owners),
      to: random.pick(cast.owners),
      days: random.integer(0, 5),
    }),
    act: ({ world }, { by, to, days }) => {
      const newcomer = didOf(to)
      const fields = { newcomer, cluster: 'default', credit: days * MACHINE_DAY }
      world.owner(by).write(COLLECTION.sponsor, recordKeyFor(newcomer), fields)
      return `${by} lends ${to} ${days} machine-days`
    },
  }),
  'days pass': deed({
    weight: 0,
    isFault: false,
    draw: ({ random }) => ({ days: random.pick([1, 1, 1, 2, 5]) }),
    act: ({ world }, { days }) => {
      world.clock.sleep(days * DAY_MS)
      return `all sleep for ${days} days`
    },
  }),
}
