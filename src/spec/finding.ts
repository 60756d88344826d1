import { INVISIBLE } from '../model/invisible.ts'

/** Keys and list indices that lead from the document to a value. */
export type Path = readonly (string | number)[]

/** Something wrong with a value of a document, before it is known where in the file that stands. */
export interface Finding {
  readonly path: Path
  /** What the position points at; a value that is not there yields to its key. */
  readonly at: 'key' | 'value'
  readonly severity: 'error' | 'warning'
  /** What is wrong, without naming the path. */
  readonly message: string
  /** Completes “expected …”. */
  readonly expected?: string
  /** What to write or do instead. */
  readonly suggestion?: string
}

export type Remarks = Partial<Pick<Finding, 'at' | 'severity' | 'expected' | 'suggestion'>>

/** An error at the value, unless the remarks say otherwise. */
export function finding(path: Path, message: string, remarks: Remarks = {}): Finding {
  return { path, at: 'value', severity: 'error', message, ...remarks }
}

/** `ports[0].container` */
export function formatPath(path: Path): string {
  return path
    .map((part, index) =>
      typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${printable(part)}`,
    )
    .join('')
}

const SHOWN_LENGTH_MAX = 60

/** A text in quotes for a message, shortened, with everything invisible made visible. */
export function quote(text: string): string {
  const short = text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text
  return `"${printable(short)}"`
}

/** Replaces what would change or disguise the output of a terminal. */
export function printable(text: string): string {
  return text.replaceAll(INVISIBLE, (char) => {
    const code = char.codePointAt(0) ?? 0
    return `\\u{${code.toString(16)}}`
  })
}
