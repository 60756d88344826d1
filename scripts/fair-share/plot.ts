import type { ScenarioRun } from '../../test/fair-share/fair-share-scenarios.ts'

const WIDTH = 720
const HEIGHT = 260
const LEFT = 40
const RIGHT = 110
const TOP = 16
const BOTTOM = 30
/** Days that one point stands for: jobs come and go, and single days hide what matters. */
const MEAN_DAYS = 5
/** Told apart also by who can't tell red from green. */
const COLOURS = ['#0072b2', '#e69f00', '#009e73', '#cc79a7', '#d55e00', '#56b4e9']

interface Line {
  readonly name: string
  readonly colour: string
  readonly values: readonly number[]
}

/** Room that each member's jobs had, in machines; an SVG with a line for each. */
export function plotOf({ reports, outcomes }: ScenarioRun): string {
  const names = outcomes.filter(({ used }) => used > 0).map(({ name }) => name)
  const lines = names.map((name, index): Line => {
    const used = reports.map((report) => report.used[name] ?? 0)
    const colour = COLOURS[index % COLOURS.length] ?? '#000000'
    return { name, colour, values: meansOf(used) }
  })
  const top = Math.ceil(Math.max(1, ...lines.flatMap(({ values }) => values)))
  const x = (index: number, count: number) =>
    LEFT + (index * (WIDTH - LEFT - RIGHT)) / Math.max(1, count - 1)
  const y = (value: number) => HEIGHT - BOTTOM - (value * (HEIGHT - TOP - BOTTOM)) / top
  const grid = Array.from({ length: top + 1 }, (_, value) => [
    `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${at(y(value))}" y2="${at(y(value))}" stroke="#dddddd"/>`,
    `<text x="${LEFT - 8}" y="${at(y(value) + 4)}" text-anchor="end">${value}</text>`,
  ]).flat()
  const days = [0, 30, 60, 90, reports.length].map((day) => {
    const left = LEFT + (day * (WIDTH - LEFT - RIGHT)) / reports.length
    return `<text x="${at(left)}" y="${HEIGHT - 10}" text-anchor="middle">day ${day}</text>`
  })
  const paths = lines.map(({ colour, values }) => {
    const points = values.map((value, index) => `${at(x(index, values.length))},${at(y(value))}`)
    return `<polyline points="${points.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>`
  })
  const legend = lines.map(({ name, colour }, index) => {
    const line = TOP + 12 + index * 18
    const text = `<text x="${WIDTH - RIGHT + 34}" y="${line}">${name}</text>`
    return `<rect x="${WIDTH - RIGHT + 14}" y="${line - 9}" width="14" height="8" fill="${colour}"/>${text}`
  })
  const style = 'font-family="sans-serif" font-size="12" fill="#444444"'
  const open = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" ${style}>`
  const background = `<rect width="${WIDTH}" height="${HEIGHT}" fill="#ffffff"/>`
  return `${[open, background, ...grid, ...days, ...paths, ...legend, '</svg>'].join('\n')}\n`
}

function meansOf(values: readonly number[]): readonly number[] {
  const starts = Array.from(
    { length: Math.floor(values.length / MEAN_DAYS) },
    (_, i) => i * MEAN_DAYS,
  )
  return starts.map(
    (from) =>
      values.slice(from, from + MEAN_DAYS).reduce((sum, value) => sum + value, 0) / MEAN_DAYS,
  )
}

function at(value: number): string {
  return value.toFixed(1)
}
