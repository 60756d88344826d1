import { FairShareWorld, type DayReport, type MemberPlan } from './fair-share-world.ts'

/** Months of one commune. */
export interface Scenario {
  readonly name: string
  readonly title: string
  readonly plans: readonly MemberPlan[]
  /** Names that belong together, and the scenario in which they do nothing that they should not. */
  readonly group?: {
    readonly names: readonly string[]
    readonly against: string
    /** Whom they are held against there, where these are others. */
    readonly namesThere?: readonly string[]
  }
}

/** Four months: the first two until it has settled, the last two are measured. */
export const SCENARIO_DAYS = 120
const MEASURED_FROM = 60

/** More than they would ever get. */
const PLENTY = 80

const honest: readonly MemberPlan[] = [
  { name: 'one', machines: 1, jobs: PLENTY },
  { name: 'two', machines: 2, jobs: PLENTY },
  { name: 'four', machines: 4, jobs: PLENTY },
]
const three: readonly MemberPlan[] = [
  { name: 'ann', machines: 1, jobs: PLENTY },
  { name: 'ben', machines: 1, jobs: PLENTY },
  { name: 'cat', machines: 0, jobs: PLENTY },
]
/** The same three, of whom one lets the others have what she may take. */
const colluders: readonly MemberPlan[] = [
  { name: 'ann', machines: 1, jobs: PLENTY, fakes: { partners: ['ben'], machineDays: 100 } },
  { name: 'ben', machines: 1, jobs: PLENTY, fakes: { partners: ['ann', 'cat'], machineDays: 50 } },
  { name: 'cat', machines: 0, jobs: 0 },
]
const sybils = ['sybil1', 'sybil2', 'sybil3', 'sybil4', 'sybil5']

/** Five names of Eve's that the others took for five more members; each wants as much as she can get. */
const names: readonly MemberPlan[] = sybils.map((name) => ({ name, machines: 0, jobs: PLENTY }))
/** Comes back under a new name every twenty days, in debt each time. */
export const CHURN_DAYS = 20
const comebacks = Array.from(
  { length: SCENARIO_DAYS / CHURN_DAYS },
  (_, index) => `max${index + 1}`,
)

export const SCENARIOS: readonly Scenario[] = [
  { name: 'honest', title: 'Three honest members with 1, 2 and 4 machines', plans: honest },
  {
    name: 'lazy',
    title: 'The honest three, and one who gives nothing',
    plans: [...honest, { name: 'lazy', machines: 0, jobs: PLENTY }],
  },
  {
    name: 'idle',
    title: 'Room for all, and one who gives nothing and wants little',
    plans: [
      ...honest.map((plan) => ({ ...plan, jobs: 10 })),
      { name: 'lazy', machines: 0, jobs: 10 },
    ],
  },
  {
    name: 'liar',
    title: 'The honest three, and one with a machine who claims ten times what ran',
    plans: [...honest, { name: 'liar', machines: 1, jobs: PLENTY, inflation: 10 }],
  },
  {
    name: 'denier',
    title: 'The honest three, and one with a machine who acknowledges nothing',
    plans: [...honest, { name: 'denier', machines: 1, jobs: PLENTY, acknowledgesNothing: true }],
  },
  {
    name: 'three-more',
    title: 'The honest three, and three more with two machines between them',
    plans: [...honest, ...three],
  },
  {
    name: 'colluders',
    title: 'The same six, of whom the last three claim of each other what never ran',
    plans: [...honest, ...colluders],
    group: { names: ['ann', 'ben', 'cat'], against: 'three-more' },
  },
  {
    name: 'sybils',
    title: 'The honest three, and one with five names of her own that nobody else recognises',
    plans: [
      ...honest,
      { name: 'eve', machines: 1, jobs: PLENTY, fakes: { partners: sybils, machineDays: 20 } },
      ...sybils.map((name) => ({ name, machines: 0, jobs: 0, isStranger: true })),
    ],
  },
  {
    name: 'five-more',
    title: 'The honest three, one with a machine, and five more who give nothing',
    plans: [...honest, { name: 'eve', machines: 1, jobs: PLENTY }, ...names],
  },
  {
    name: 'known-sybils',
    title: 'The same nine, of whom the last six are one, and claim of each other what never ran',
    plans: [
      ...honest,
      { name: 'eve', machines: 1, jobs: PLENTY, fakes: { partners: sybils, machineDays: 20 } },
      ...names,
    ],
    group: { names: ['eve', ...sybils], against: 'five-more' },
  },
  {
    name: 'churn',
    title:
      'The honest three, and one who gives nothing, leaves in debt and is let in again under a new name every 20 days',
    plans: [
      ...honest,
      ...comebacks.map((name, index): MemberPlan => {
        const from = index * CHURN_DAYS
        return { name, machines: 0, jobs: PLENTY, stays: [from, from + CHURN_DAYS] }
      }),
    ],
    group: { names: comebacks, against: 'lazy', namesThere: ['lazy'] },
  },
]

/** What came of it for one member, in machine-days a day, over the days that are measured. */
export interface Outcome {
  readonly name: string
  readonly offered: number
  readonly used: number
  readonly given: number
  readonly taken: number
  readonly balance: number
  readonly credit: number
}

export interface ScenarioRun {
  readonly scenario: Scenario
  readonly reports: readonly DayReport[]
  readonly outcomes: readonly Outcome[]
}

export function runScenario(scenario: Scenario, seed = 1): ScenarioRun {
  const { reports } = new FairShareWorld(scenario.plans, seed).run(SCENARIO_DAYS)
  const measured = reports.slice(MEASURED_FROM)
  const outcomes = scenario.plans.map(({ name, machines }): Outcome => {
    const mean = (valueOf: (report: DayReport) => number | undefined) =>
      measured.reduce((sum, report) => sum + (valueOf(report) ?? 0), 0) / measured.length
    return {
      name,
      offered: machines,
      used: mean(({ used }) => used[name]),
      given: mean(({ given }) => given[name]),
      taken: mean(({ taken }) => taken[name]),
      balance: mean(({ balance }) => balance[name]),
      credit: mean(({ credit }) => credit[name]),
    }
  })
  return { scenario, reports, outcomes }
}
