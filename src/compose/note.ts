import type { Path } from '../spec/finding.ts'

/**
 * How much a remark matters: `mend` needs a hand before it can run, `lost` was not carried over,
 * `changed` means something else here than it does in Compose.
 */
export type Weight = 'mend' | 'lost' | 'changed'

/** What a reader of the result should know about one place of a Compose file. */
export interface Note {
  readonly weight: Weight
  /** Where it stands, below the file or, while a service is converted, below the service. */
  readonly path: Path
  /** What became of it and why, in a sentence without its subject. */
  readonly message: string
}

/** What a part of a service becomes. */
export interface Converted {
  /** Keys of the workload file. */
  readonly fields: Readonly<Record<string, unknown>>
  readonly notes: readonly Note[]
}

export const NOTHING: Converted = { fields: {}, notes: [] }

export function lost(path: Path, message: string): Note {
  return { weight: 'lost', path, message }
}

export function changed(path: Path, message: string): Note {
  return { weight: 'changed', path, message }
}

export function mend(path: Path, message: string): Note {
  return { weight: 'mend', path, message }
}
