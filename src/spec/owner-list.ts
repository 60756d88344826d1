import { messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import { isDid } from '../model/workload-uri.ts'
import { quote } from './finding.ts'
import { fileIssue, type Issue } from './issue.ts'
import { withoutByteOrderMark } from './source-text.ts'

export interface ListedOwner {
  readonly did: Did
  readonly reason?: string
}

export interface OwnerListResult {
  readonly owners: readonly ListedOwner[]
  readonly issues: readonly Issue[]
}

/** Owners in one list. */
const OWNERS_MAX = 100_000
const REASON_MAX = 200
const EXPECTED = 'a DID such as did:plc:…'

/**
 * Reads a list of owners: a DID a line with `#` for comments; CSV, the DID first and a reason second,
 * with or without a header; or JSON: DIDs, or objects with `did` or `subject`, alone or under
 * `items`, as `app.bsky.graph.getList` gives them. Every fault is an issue with its place.
 */
export function parseOwnerList(text: string, file: string): OwnerListResult {
  const plain = withoutByteOrderMark(text)
  const found = /^\s*[[{]/.test(plain) ? parseJson(plain, file) : parseLines(plain, file)
  if (found.owners.length <= OWNERS_MAX) return found
  const issue = fileIssue(file, 'the list is too long', {
    expected: `at most ${OWNERS_MAX} owners`,
  })
  return { owners: [], issues: [issue] }
}

function parseLines(text: string, file: string): OwnerListResult {
  const owners: ListedOwner[] = []
  const issues: Issue[] = []
  for (const [index, source] of text.split(/\r\n|\n|\r/).entries()) {
    const line = source.replace(/(^|\s)#.*$/, '').trim()
    const [first = '', ...rest] = line.split(',').map((cell) => cell.trim().replaceAll('"', ''))
    const isHeader = index === 0 && /^(did|subject)$/i.test(first)
    if (line === '' || isHeader) continue
    if (isDid(first)) owners.push(ownerOf(first, rest[0]))
    else
      issues.push({
        ...fileIssue(file, `found ${quote(first)}`, { expected: EXPECTED }),
        line: index + 1,
        column: source.indexOf(first) + 1,
      })
  }
  return { owners, issues }
}

function parseJson(text: string, file: string): OwnerListResult {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    return { owners: [], issues: [fileIssue(file, `is no JSON: ${messageOf(error)}`)] }
  }
  const items = Array.isArray(value) ? value : (value as { readonly items?: unknown }).items
  if (!Array.isArray(items)) {
    const expected = 'a list of owners, or an object with items'
    return { owners: [], issues: [fileIssue(file, 'holds no list', { expected })] }
  }
  const owners: ListedOwner[] = []
  const issues: Issue[] = []
  for (const [index, item] of (items as readonly unknown[]).entries()) {
    const owner = ownerIn(item)
    if (owner !== undefined) owners.push(owner)
    else
      issues.push({
        ...fileIssue(file, 'names no owner', { expected: EXPECTED }),
        path: `[${index}]`,
      })
  }
  return { owners, issues }
}

function ownerIn(item: unknown): ListedOwner | undefined {
  if (typeof item === 'string') return isDid(item) ? { did: item } : undefined
  if (typeof item !== 'object' || item === null) return undefined
  const { did, subject, reason } = item as Readonly<Record<string, unknown>>
  const named = did ?? (typeof subject === 'object' ? (subject as { did?: unknown })?.did : subject)
  if (typeof named !== 'string' || !isDid(named)) return undefined
  return ownerOf(named, typeof reason === 'string' ? reason : undefined)
}

function ownerOf(did: Did, reason: string | undefined): ListedOwner {
  return reason === undefined || reason === ''
    ? { did }
    : { did, reason: reason.slice(0, REASON_MAX) }
}
