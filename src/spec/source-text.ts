import { fileIssue, type Issue } from './issue.ts'

/** Largest file that is read, bytes. */
export const FILE_BYTES_MAX = 1024 * 1024

/** Longer lines are not shown below an issue. */
const SHOWN_LINE_LENGTH_MAX = 200

/** The text of a file, and where its lines begin. */
export interface SourceText {
  readonly file: string
  readonly text: string
  readonly lineStarts: readonly number[]
}

export interface Position {
  readonly line: number
  readonly column: number
  readonly sourceLine?: string
}

const BYTE_ORDER_MARK = '\u{feff}'

export function sourceTextOf(file: string, text: string): SourceText {
  const lineStarts = [0]
  for (let end = text.indexOf('\n'); end !== -1; end = text.indexOf('\n', end + 1)) {
    lineStarts.push(end + 1)
  }
  return { file, text, lineStarts }
}

/** Line and column of an offset, both from 1; columns in UTF-16 code units, as editors count. */
export function positionAt(source: SourceText, offset: number): Position {
  let low = 0
  let high = source.lineStarts.length - 1
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle
    else high = middle - 1
  }
  const start = source.lineStarts[low] ?? 0
  const next = source.lineStarts[low + 1] ?? source.text.length + 1
  const sourceLine = source.text.slice(start, next - 1).trimEnd()
  return {
    line: low + 1,
    column: offset - start + 1,
    ...(sourceLine.length > SHOWN_LINE_LENGTH_MAX ? {} : { sourceLine }),
  }
}

export type Decoded =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly issue: Issue }

/** Decodes a file: UTF-8 only, and no larger than a file of workloads may be. */
export function decodeText(bytes: Uint8Array, file: string): Decoded {
  if (bytes.length > FILE_BYTES_MAX) {
    return { ok: false, issue: fileIssue(file, 'the file is too large', { expected: LARGEST }) }
  }
  try {
    return { ok: true, text: new TextDecoder('utf-8', { fatal: true }).decode(bytes) }
  } catch {
    return { ok: false, issue: notUtf8(bytes, file) }
  }
}

const LARGEST = `at most ${FILE_BYTES_MAX / 1024 / 1024} MiB`

/** The byte order mark that some editors write is no part of the text. */
export function withoutByteOrderMark(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text
}

function notUtf8(bytes: Uint8Array, file: string): Issue {
  const offset = firstInvalidByte(bytes)
  const text = new TextDecoder('utf-8').decode(bytes.subarray(0, offset))
  const { line, column } = positionAt(sourceTextOf(file, text), text.length)
  return {
    ...fileIssue(file, `byte ${offset} (from 0) is not UTF-8`, {
      expected: 'a text file in UTF-8',
      suggestion: 'convert the file, for example with iconv -f LATIN1 -t UTF-8',
    }),
    line,
    column,
  }
}

/** Length of the longest prefix that is whole, valid UTF-8; found by halving. */
function firstInvalidByte(bytes: Uint8Array): number {
  let low = 0
  let high = bytes.length
  while (low < high) {
    const middle = (low + high + 1) >> 1
    if (isValid(bytes.subarray(0, middle), { stream: true })) low = middle
    else high = middle - 1
  }
  // What was found may end within a character, whose first byte is then the one to name.
  while (low > 0 && !isValid(bytes.subarray(0, low), { stream: false })) low -= 1
  return low
}

/** In stream mode a character that is cut off at the end is no error. */
function isValid(bytes: Uint8Array, options: { readonly stream: boolean }): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, options)
    return true
  } catch {
    return false
  }
}
