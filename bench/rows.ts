import type { Result } from './result.ts'

/** A module below `rows/`: one id and its variants. */
export interface Row {
  /** `folder` is there for a row in namespaces of its own. */
  measure(folder: string): Promise<readonly Result[]>
}

/** Where a row runs: as it is, or in namespaces of its own, with engines that nobody else uses. */
export type Place = 'here' | 'own namespaces'

interface Entry {
  readonly place: Place
  readonly load: () => Promise<Row>
}

/** Each row with the module that measures it, in the order of the table. */
export const ROWS = {
  'start-one': { place: 'own namespaces', load: () => import('./rows/start-one.ts') },
  'publish-to-running': {
    place: 'own namespaces',
    load: () => import('./rows/publish-to-running.ts'),
  },
  'start-fifty': { place: 'own namespaces', load: () => import('./rows/start-fifty.ts') },
  takeover: { place: 'own namespaces', load: () => import('./rows/takeover.ts') },
  'select-cold': { place: 'here', load: () => import('./rows/select-cold.ts') },
  'select-one': { place: 'here', load: () => import('./rows/select-one.ts') },
  feed: { place: 'here', load: () => import('./rows/feed.ts') },
  tick: { place: 'own namespaces', load: () => import('./rows/tick.ts') },
  memory: { place: 'here', load: () => import('./rows/memory.ts') },
  writes: { place: 'here', load: () => import('./rows/writes.ts') },
  'sync-thousand': { place: 'here', load: () => import('./rows/sync-thousand.ts') },
  'cli-start': { place: 'here', load: () => import('./rows/cli-start.ts') },
  scale: { place: 'here', load: () => import('./rows/scale.ts') },
} as const satisfies Readonly<Record<string, Entry>>

export type RowId = keyof typeof ROWS

export function isRowId(text: string): text is RowId {
  return Object.hasOwn(ROWS, text)
}
