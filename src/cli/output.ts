import { stringify } from 'yaml'
import { CommuneError } from '../model/errors.ts'
import type { Io } from './io.ts'
import { formatTable, LAST_CELL_MAX, type Row } from './table.ts'

const FORMATS = ['table', 'wide', 'json', 'yaml', 'name'] as const
export type OutputFormat = (typeof FORMATS)[number]

/** A column, and what it shows of an item. */
export interface Column<T> {
  readonly header: string
  readonly wide?: boolean
  readonly cell: (item: T) => string | undefined
}

interface View<T> {
  readonly items: readonly T[]
  readonly columns: readonly Column<T>[]
  readonly nameOf: (item: T) => string
  /** What JSON and YAML say; the item itself when absent. */
  readonly dataOf?: (item: T) => unknown
  /** Said on stderr when there is nothing. */
  readonly empty: string
}

/** The format that `-o` asked for. Fails with code `usage`. */
export function parseOutput(text: string | undefined): OutputFormat {
  const format = FORMATS.find((name) => name === (text ?? 'table'))
  if (format !== undefined) return format
  throw new CommuneError('usage', `"${text}" is no output format.`, {
    hint: `Use one of ${FORMATS.join(', ')}.`,
  })
}

/** A list of things in the format that was asked for; the same facts in each of them. */
export function printList<T>(io: Io, format: OutputFormat, view: View<T>): void {
  switch (format) {
    case 'json':
    case 'yaml':
      return printData(io, format, view.items.map(view.dataOf ?? ((item) => item)))
    case 'name':
      return io.out(view.items.map((item) => `${view.nameOf(item)}\n`).join(''))
    case 'table':
    case 'wide': {
      if (view.items.length === 0) return io.note(`${view.empty}\n`)
      const columns = view.columns.filter(({ wide }) => format === 'wide' || wide !== true)
      const rows: Row[] = view.items.map((item) => columns.map(({ cell }) => cell(item)))
      return io.out(
        formatTable(
          columns.map(({ header }) => header),
          rows,
          ...(format === 'wide' ? [LAST_CELL_MAX] : []),
        ),
      )
    }
  }
}

/** One value as JSON or YAML. */
export function printData(io: Io, format: 'json' | 'yaml', value: unknown): void {
  const plain: unknown = JSON.parse(JSON.stringify(value))
  io.out(format === 'json' ? `${JSON.stringify(plain, null, 2)}\n` : stringify(plain))
}
