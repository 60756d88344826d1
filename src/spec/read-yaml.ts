import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type CST,
  type Document,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
} from 'yaml'
import { INVISIBLE } from '../model/invisible.ts'
import { finding, quote, type Finding, type Path } from './finding.ts'
import type { DocumentText } from './split-documents.ts'
import { substitute } from './substitute.ts'
import type { Variables } from './variables.ts'
import { DEPTH_MAX, findConflict, findTooDeep, syntaxMessage } from './yaml-hazards.ts'

/** Largest document, bytes of UTF-8; a record on a PDS may not be much larger either. */
export const DOCUMENT_BYTES_MAX = 32 * 1024

/** A finding that knows its place already, as an offset in the text of the document. */
export interface PlacedFinding extends Finding {
  readonly offset: number
  /** Where the first of two equal keys stands. */
  readonly firstOffset?: number
}

export interface YamlDocument {
  /** Plain JSON value; undefined when the text is not well-formed or may not be read. */
  readonly value: unknown
  /** Root of the syntax tree, by which values are located. */
  readonly root: ParsedNode | null
  readonly findings: readonly PlacedFinding[]
}

export interface ReadYamlOptions {
  /** Replaced in texts; without them `${…}` is text like any other. */
  readonly variables?: Variables
  /** Where a number is kept as it is written; the environment of a workload when absent. */
  readonly isText?: (path: Path) => boolean
}

/** A variable is text: VERSION: 1.10 must not become 1.1, nor 0755 become 755. */
function isVariable(path: Path): boolean {
  return path.length === 2 && path[0] === 'env'
}

const WITHOUT_TAG = 'remove the tag (the word that begins with !); put text in quotes'

/** Errors that follow the first few in a broken document are mostly its consequences. */
const SYNTAX_ERRORS_MAX = 5

/**
 * Reads one YAML document as strictly as JSON: no aliases, tags, merge keys, directives, duplicate
 * or non-text keys, and no nesting, number or character that the rest could trip over. Its work is
 * bounded by the size limit: nesting is checked before anything recursive sees the document, and
 * the library’s own check for duplicates, which is quadratic, is replaced.
 */
export function readYaml(document: DocumentText, options: ReadYamlOptions = {}): YamlDocument {
  const early = findEarly(document)
  if (early !== undefined) return refused(early)
  const tokens = [...new Parser().parse(document.text)]
  const deep = tokens.map(findTooDeep).find((offset) => offset !== undefined)
  if (deep !== undefined) {
    return refused({
      ...finding([], 'nested too deeply', { expected: `at most ${DEPTH_MAX} levels` }),
      offset: deep,
    })
  }
  const composed = compose(tokens, document.text.length)
  const syntax = syntaxFindings(composed, document.text)
  if (syntax.length > 0) return { value: undefined, root: null, findings: syntax }
  const root = composed.contents
  const { variables, isText = isVariable } = options
  const reading: Reading = { findings: [], text: document.text, variables, isText }
  const value = readNode(root, [], reading)
  return { value, root, findings: reading.findings }
}

function refused(why: PlacedFinding): YamlDocument {
  return { value: undefined, root: null, findings: [why] }
}

/** What is refused before a parser sees the document. */
function findEarly(document: DocumentText): PlacedFinding | undefined {
  if (Buffer.byteLength(document.text) > DOCUMENT_BYTES_MAX) {
    const expected = `at most ${DOCUMENT_BYTES_MAX / 1024} KiB a document`
    return { ...finding([], 'the document is too large', { expected }), offset: 0 }
  }
  const conflict = findConflict(document.text)
  if (conflict !== undefined) {
    const suggestion = 'resolve the conflict and remove the markers'
    return { ...finding([], 'unresolved merge conflict', { suggestion }), offset: conflict }
  }
  const unreadable = UNREADABLE.exec(document.text)
  if (unreadable !== null) {
    const what = `the character ${quote(unreadable[0])} is not allowed here`
    const expected = 'text without control characters and without marks of writing direction'
    return { ...finding([], what, { expected }), offset: unreadable.index }
  }
  if (document.isExplicit || !document.text.startsWith('%', document.contentOffset))
    return undefined
  const suggestion = 'remove the line that begins with %'
  return {
    ...finding([], 'YAML directives are not used here', { suggestion }),
    offset: document.contentOffset,
  }
}

/**
 * Control characters, lone carriage returns, and the overrides of writing direction that can make a
 * file look like something else than it is. Right-to-left text itself is fine.
 */
const UNREADABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u0084\u0086-\u009f\u202a-\u202e\u2066-\u2069\ufeff]|\r(?!\n)/

function compose(tokens: readonly CST.Token[], length: number): Document.Parsed {
  const composer = new Composer({ logLevel: 'error', stringKeys: true, uniqueKeys: false })
  const documents = [...composer.compose(tokens, true, length)]
  const [first] = documents
  if (first === undefined) throw new RangeError('the composer always yields a document')
  for (const more of documents.slice(1)) first.errors.push(...more.errors)
  return first
}

function syntaxFindings(document: Document.Parsed, text: string): readonly PlacedFinding[] {
  // A tag that nobody knows is only a warning; it is found again when the values are read.
  const problems = [...document.errors].toSorted((a, b) => a.pos[0] - b.pos[0])
  return problems.slice(0, SYNTAX_ERRORS_MAX).map((problem) => {
    const offset = Math.min(problem.pos[0], text.length)
    if (problem.code === 'TAB_AS_INDENT' || text.charAt(offset) === '\t') {
      const suggestion = 'indent with two spaces a level'
      return { ...finding([], 'a tab cannot indent YAML', { suggestion }), offset }
    }
    if (problem.code === 'TAG_RESOLVE_FAILED') {
      return { ...finding([], 'tags are not used here', { suggestion: WITHOUT_TAG }), offset }
    }
    const message = syntaxMessage(lowerFirst(problem.message))
    return { ...finding([], message), offset }
  })
}

function lowerFirst(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text
}

interface Reading {
  readonly findings: PlacedFinding[]
  readonly text: string
  readonly variables: Variables | undefined
  readonly isText: (path: Path) => boolean
}

function report(reading: Reading, node: ParsedNode | null, entry: Finding): void {
  reading.findings.push({ ...entry, offset: node?.range[0] ?? 0 })
}

function readNode(node: ParsedNode | null, path: Path, reading: Reading): unknown {
  if (node === null) return null
  if (isAlias(node)) {
    const suggestion = 'write the value out'
    report(reading, node, finding(path, 'aliases are not used here', { suggestion }))
    return null
  }
  if (node.tag !== undefined) {
    report(reading, node, finding(path, 'tags are not used here', { suggestion: WITHOUT_TAG }))
    return null
  }
  if (isMap(node)) return readMap(node, path, reading)
  if (isSeq(node)) {
    return node.items.map((item, index) => readNode(item, [...path, index], reading))
  }
  return isScalar(node) ? readScalar(node, path, reading) : null
}

function readMap(map: YAMLMap.Parsed, path: Path, reading: Reading): unknown {
  const value: Record<string, unknown> = {}
  const seen = new Map<string, ParsedNode>()
  for (const pair of map.items) {
    const key = readKey(pair.key, path, reading)
    if (key === undefined) continue
    const first = seen.get(key)
    if (first !== undefined) {
      reportDuplicate(reading, pair.key, [...path, key], first)
      continue
    }
    seen.set(key, pair.key)
    value[key] = readNode(pair.value, [...path, key], reading)
  }
  return value
}

function reportDuplicate(reading: Reading, key: ParsedNode, path: Path, first: ParsedNode): void {
  reading.findings.push({
    ...finding(path, 'the key stands twice', { at: 'key' }),
    offset: key.range[0],
    firstOffset: first.range[0],
  })
}

function readKey(key: ParsedNode | null, path: Path, reading: Reading): string | undefined {
  if (!isScalar(key) || typeof key.value !== 'string' || key.tag !== undefined) {
    report(reading, key, finding(path, 'a key must be plain text'))
    return undefined
  }
  if (key.value === '<<') {
    const suggestion = 'write the keys out'
    report(reading, key, finding(path, 'merge keys are not used here', { suggestion }))
    return undefined
  }
  if (key.value === '__proto__' || key.value.search(INVISIBLE) !== -1) {
    const expected = 'a name without control characters and without invisible ones'
    report(reading, key, finding(path, `unknown key ${quote(key.value)}`, { expected }))
    return undefined
  }
  return key.value
}

function readScalar(scalar: Scalar.Parsed, path: Path, reading: Reading): unknown {
  const value = replaceIn(scalar, path, reading)
  if (typeof value === 'number' && !Number.isFinite(value)) {
    const found = `the number ${quote(scalar.source)} is out of range`
    report(reading, scalar, finding(path, found, { expected: 'a finite number' }))
    return null
  }
  if (typeof scalar.value === 'number' && reading.isText(path)) return scalar.source
  if (typeof value === 'string' && UNPRINTABLE.test(value)) {
    report(
      reading,
      scalar,
      finding(path, 'the text holds a character that is not allowed here', {
        expected: 'text without NUL and without marks of writing direction',
      }),
    )
  }
  return value
}

function replaceIn(scalar: Scalar.Parsed, path: Path, reading: Reading): unknown {
  const { text, variables } = reading
  if (variables === undefined || typeof scalar.value !== 'string') return scalar.value
  const replaced = substitute(scalar.value, { text, scalar, path, variables })
  reading.findings.push(...replaced.findings)
  return reading.isText(path) ? replaced.text : replaced.value
}

/** What an escape such as "\u202e" could still bring in. */
const UNPRINTABLE =
  // oxlint-disable-next-line no-control-regex
  /[\u0000\u202a-\u202e\u2066-\u2069]/
