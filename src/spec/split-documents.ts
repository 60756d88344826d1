/** The part of a file that holds one YAML document, with the `---` line that opens it. */
export interface DocumentText {
  readonly text: string
  /** Where it begins in the file. */
  readonly offset: number
  /** First character in it that is neither white space, comment nor marker. */
  readonly contentOffset: number
  /** True when a `---` line opens it. */
  readonly isExplicit: boolean
}

const MARKER_LENGTH = 3

/**
 * Cuts a file into its documents before any of it is parsed, so that each can be held to a size.
 * A line that begins with `---` or `...` and then ends or goes on with white space is a document
 * marker wherever it stands, also within quotes (YAML 1.2, c-forbidden), so no parser is needed.
 * Documents without content are left out.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = []
  let start = 0
  let isExplicit = false
  const push = (end: number): void => {
    const document = text.slice(start, end)
    const contentOffset = findContent(document, isExplicit ? MARKER_LENGTH : 0)
    if (contentOffset === undefined) return
    documents.push({ text: document, offset: start, contentOffset, isExplicit })
  }
  for (let line = 0; line < text.length; line = nextLine(text, line)) {
    const marker = markerAt(text, line)
    if (marker === undefined) continue
    push(line)
    isExplicit = marker === '---'
    start = isExplicit ? line : nextLine(text, line)
  }
  push(text.length)
  return documents
}

function nextLine(text: string, offset: number): number {
  const end = text.indexOf('\n', offset)
  return end === -1 ? text.length : end + 1
}

function markerAt(text: string, offset: number): '---' | '...' | undefined {
  const marker = text.startsWith('---', offset)
    ? '---'
    : text.startsWith('...', offset)
      ? '...'
      : undefined
  if (marker === undefined) return undefined
  const next = text.charAt(offset + MARKER_LENGTH)
  return next === '' || next === ' ' || next === '\t' || next === '\n' || next === '\r'
    ? marker
    : undefined
}

/** Where a line goes on with something else than white space and comments. */
function findContent(text: string, from: number): number | undefined {
  let offset = from
  while (offset < text.length) {
    const end = nextLine(text, offset)
    const line = text.slice(offset, end).trimStart()
    if (line !== '' && !line.startsWith('#')) return end - line.length
    offset = end
  }
  return undefined
}
