import type { Result } from './result.ts'

/** A module below `rows/`: one id and its variants. */
export interface Row {
  measure(): Promise<readonly Result[]>
}

/** Each row with the module that measures it, in the order of the table. */
export const ROWS = {
  'select-cold': () => import('./rows/select-cold.ts'),
  feed: () => import('./rows/feed.ts'),
  'cli-start': () => import('./rows/cli-start.ts'),
} as const satisfies Readonly<Record<string, () => Promise<Row>>>

export type RowId = keyof typeof ROWS

export function isRowId(text: string): text is RowId {
  return Object.hasOwn(ROWS, text)
}
