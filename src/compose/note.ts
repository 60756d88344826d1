import type { Path } from '../spec/finding.ts'

/**
 * How much a remark matters: `mend` needs a hand before it can run, `refused` is carried over though
 * no machine of this version takes it, `lost` was not carried over, `changed` means something else
 * here than it does in Compose.
 */
export type Weight = 'mend' | 'refused' | 'lost' | 'changed'

/** What stands above the remarks of each weight, in the order in which they are told. */
export const HEADINGS: readonly (readonly [Weight, string])[] = [
  ['mend', 'To mend before it can run:'],
  ['refused', 'Carried over, but refused by the machines of this version:'],
  ['lost', 'Not carried over:'],
  ['changed', 'Means something else here:'],
]

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

export function refused(path: Path, message: string): Note {
  return { weight: 'refused', path, message }
}

export function mend(path: Path, message: string): Note {
  return { weight: 'mend', path, message }
}
