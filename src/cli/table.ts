/** Cells of one row; an undefined cell is shown as a dash. */
export type Row = readonly (string | undefined)[]

const CELL_MAX = 100

/** Aligned columns, two spaces apart, a header in capitals. Ends with a newline. */
export function formatTable(header: readonly string[], rows: readonly Row[]): string {
  const cells = [header.map((name) => name.toUpperCase()), ...rows.map(cellsOf)]
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

function cellsOf(row: Row): string[] {
  return row.map((cell) => (cell === undefined || cell === '' ? '-' : shorten(printable(cell))))
}

function shorten(text: string): string {
  return text.length <= CELL_MAX ? text : `${text.slice(0, CELL_MAX - 1)}…`
}

/** Records come from strangers: nothing in them may move the cursor or break the columns. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001F\u007F-\u009F\u2028\u2029\u202A-\u202E\u2066-\u2069]+/g, ' ')
}
