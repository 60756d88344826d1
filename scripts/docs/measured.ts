import { readFileSync, writeFileSync } from 'node:fs'

const MARKS = ['<!-- measured -->', '<!-- /measured -->'] as const

/**
 * Replaces what stands between the two marks of a document: that part is written from what was measured,
 * the rest by hand. Throws for a document without marks.
 */
export function writeMeasured(document: URL, content: string): void {
  const text = readFileSync(document, 'utf8')
  const [before] = text.split(MARKS[0])
  const [, after] = text.split(MARKS[1])
  if (before === undefined || after === undefined) {
    throw new Error(`${document.pathname} has no ${MARKS.join(' and ')}`)
  }
  writeFileSync(document, `${before}${MARKS[0]}\n\n${content}\n${MARKS[1]}${after}`)
}
