import { INVISIBLE } from '../model/invisible.ts'

/** Cells of one row; an undefined cell is shown as a dash. */
export type Row = readonly (string | undefined)[]

/** The last column ends at nothing, so that it may hold a sentence. */
const CELL_MAX = 100
export const LAST_CELL_MAX = 1000

/** Aligned columns, two spaces apart, a header in capitals. Ends with a newline. */
export function formatTable(
  header: readonly string[],
  rows: readonly Row[],
  cellMax: number = CELL_MAX,
): string {
  const cells = [
    header.map((name) => name.toUpperCase()),
    ...rows.map((row) => cellsOf(row, cellMax)),
  ]
  const widths = header.map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  return cells.map((row) => `${formatRow(row, widths)}\n`).join('')
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => cell.padEnd(widths[column] ?? 0))
    .join('  ')
    .trimEnd()
}

function cellsOf(row: Row, cellMax: number): string[] {
  return row.map((cell, column) => {
    if (cell === undefined || cell === '') return '-'
    return shorten(printable(cell), column === row.length - 1 ? LAST_CELL_MAX : cellMax)
  })
}

function shorten(text: string, charactersMax: number): string {
  return text.length <= charactersMax ? text : `${text.slice(0, charactersMax - 1)}…`
}

/** Records come from strangers: nothing in them may move the cursor or break the columns. */
export function printable(text: string): string {
  return text.replace(INVISIBLE, ' ')
}

/** A digest is as long as a line; its beginning tells two of them apart. */
export function shortDigests(text: string): string {
  return text.replace(/(sha256:[0-9a-f]{12})[0-9a-f]{52}/g, '$1…')
}
