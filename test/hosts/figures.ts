/** What one fault did, as measured. */
export interface Figures {
  /** From the fault until everything answers over HTTP on machines that are well. */
  readonly answerMs?: number
  /** From the fault until the last replacement ran, by its engine. */
  readonly runningMs?: number
  /** Time in which a service ran more often than wanted, after the fault and after it was over. */
  readonly overlapMs: number
  /** Replicas that started on another machine. */
  readonly moves: number
  /** How many had to. */
  readonly movesWanted: number
}

/** One fault in one run. */
export interface Result {
  readonly fault: string
  /** What a user would complain of; undefined when all is as it should be. */
  readonly violation?: string
  readonly figures?: Figures
}

interface Row {
  readonly fault: string
  readonly runs: number
  readonly violations: number
  readonly answerMs: Spread | undefined
  readonly runningMs: Spread | undefined
  readonly overlapMs: Spread | undefined
  readonly moves: number
  readonly movesWanted: number
}

interface Spread {
  readonly median: number
  readonly worst: number
}

/** The results of all runs, one row a fault, in the order in which faults first came. */
export function summarise(results: readonly Result[]): readonly Row[] {
  return [...new Set(results.map(({ fault }) => fault))].map((fault) => {
    const own = results.filter((result) => result.fault === fault)
    const figures = own.flatMap((result) => result.figures ?? [])
    const spread = (pick: (one: Figures) => number | undefined) =>
      spreadOf(figures.flatMap((one) => pick(one) ?? []))
    const sum = (pick: (one: Figures) => number) =>
      figures.reduce((total, one) => total + pick(one), 0)
    return {
      fault,
      runs: own.length,
      violations: own.filter(({ violation }) => violation !== undefined).length,
      answerMs: spread((one) => one.answerMs),
      runningMs: spread((one) => one.runningMs),
      overlapMs: spread((one) => one.overlapMs),
      moves: sum((one) => one.moves),
      movesWanted: sum((one) => one.movesWanted),
    }
  })
}

/** A table in Markdown, seconds with one digit. */
export function formatTable(results: readonly Result[]): string {
  const lines = summarise(results).map((row) => [
    row.fault,
    `${row.runs}`,
    formatSpread(row.runningMs),
    formatSpread(row.answerMs),
    formatSpread(row.overlapMs),
    `${row.moves} of ${row.movesWanted}`,
    `${row.violations}`,
  ])
  const head = [
    ['fault', 'runs', 'runs again (s)', 'answers again (s)', 'overlap (s)', 'moves', 'violations'],
    ['---', '---', '---', '---', '---', '---', '---'],
  ]
  return [...head, ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('')
}

/** Median and worst; the lower median, so that it is a time that was measured. */
function spreadOf(values: readonly number[]): Spread | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const median = sorted[Math.floor((sorted.length - 1) / 2)]
  const worst = sorted.at(-1)
  return median === undefined || worst === undefined ? undefined : { median, worst }
}

function formatSpread(spread: Spread | undefined): string {
  return spread ? `${seconds(spread.median)} / ${seconds(spread.worst)}` : '–'
}

function seconds(ms: number): string {
  return (ms / 1_000).toFixed(1)
}
