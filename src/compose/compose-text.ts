import {
  Composer,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Parser,
  type Document,
  type Node,
  type ParsedNode,
  type Scalar,
} from 'yaml'
import { quote, type Path } from '../spec/finding.ts'
import { fileIssue, type Issue } from '../spec/issue.ts'
import {
  positionAt,
  sourceTextOf,
  withoutByteOrderMark,
  type Position,
} from '../spec/source-text.ts'
import { DEPTH_MAX, findConflict, findTooDeep, syntaxMessage } from '../spec/yaml-hazards.ts'
import type { ComposeMap, ComposeValue } from './compose-value.ts'
import { OVERRIDE, RESET } from './merge-compose.ts'

/** Values a file may come to once its aliases are followed; real files have a few hundred. */
const VALUES_MAX = 50_000

/** A Compose file as plain values, and where they stand in it. */
export interface ComposeText {
  readonly file: string
  readonly value: ComposeMap
  /** The place of a value, or of the nearest one around it. */
  readonly place: (path: Path) => Position
}

export type ReadCompose =
  | { readonly ok: true; readonly text: ComposeText }
  | { readonly ok: false; readonly issues: readonly Issue[] }

/**
 * Reads the YAML of a Compose file with all that Compose allows in it: anchors, aliases, merge keys
 * and the tags `!reset` and `!override`. The work is bounded, whatever the file refers to.
 */
export function readComposeText(raw: string, file: string): ReadCompose {
  const source = sourceTextOf(file, withoutByteOrderMark(raw))
  const refuse = (offset: number, message: string, suggestion?: string): ReadCompose => ({
    ok: false,
    issues: [
      {
        ...fileIssue(file, message, suggestion === undefined ? {} : { suggestion }),
        ...positionAt(source, Math.min(offset, source.text.length)),
      },
    ],
  })
  const conflict = findConflict(source.text)
  if (conflict !== undefined) {
    return refuse(
      conflict,
      'unresolved merge conflict',
      'resolve the conflict and remove the markers',
    )
  }
  const tokens = [...new Parser().parse(source.text)]
  const deep = tokens.map(findTooDeep).find((offset) => offset !== undefined)
  if (deep !== undefined) return refuse(deep, `nested more than ${DEPTH_MAX} levels deep`)
  const composer = new Composer({ logLevel: 'silent', merge: true, uniqueKeys: false })
  const [document, ...more] = [...composer.compose(tokens, true, source.text.length)]
  const problem = document?.errors[0]
  if (problem !== undefined) {
    return refuse(problem.pos[0], syntaxMessage(problem.message))
  }
  if (document === undefined || document.contents === null) return refuse(0, 'the file is empty')
  if (more.length > 0) {
    const second = more[0]?.contents?.range[0] ?? 0
    return refuse(second, 'a second YAML document begins here', 'give each file by itself')
  }
  const reading: Reading = { document, left: VALUES_MAX, open: new Set(), fault: undefined }
  const value = readNode(document.contents, reading)
  if (reading.fault !== undefined) return refuse(reading.fault.offset, reading.fault.message)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuse(document.contents.range[0], 'found no mapping', 'a Compose file has "services:"')
  }
  const place = (path: Path) => positionAt(source, offsetOf(document, path))
  return { ok: true, text: { file, value: value as ComposeMap, place } }
}

interface Reading {
  readonly document: Document.Parsed
  /** Values that may still be made. */
  left: number
  /** Nodes that are being read: an alias to one of them has no end. */
  readonly open: Set<unknown>
  fault: { readonly offset: number; readonly message: string } | undefined
}

function fail(reading: Reading, node: Node | null, message: string): null {
  reading.fault ??= { offset: node?.range?.[0] ?? 0, message }
  return null
}

function readNode(given: Node | null, reading: Reading): ComposeValue {
  if (given === null || reading.fault !== undefined) return null
  reading.left -= 1
  if (reading.left < 0) {
    return fail(reading, given, 'aliases make this file too large')
  }
  const node = isAlias(given) ? given.resolve(reading.document) : given
  if (node === undefined) return fail(reading, given, 'an alias without an anchor')
  if (reading.open.has(node)) return fail(reading, given, 'an alias that contains itself')
  reading.open.add(node)
  const value = readPlain(node, reading)
  reading.open.delete(node)
  switch (node.tag) {
    case '!reset':
      return { [RESET]: true }
    case '!override':
      return { [OVERRIDE]: value }
    default:
      return value
  }
}

function readPlain(node: Node, reading: Reading): ComposeValue {
  if (isScalar(node)) return readScalar(node as Scalar.Parsed)
  if (isSeq(node)) return node.items.map((item) => readNode(item as Node | null, reading))
  if (!isMap(node)) return null
  const merged: Record<string, ComposeValue> = {}
  const own: Record<string, ComposeValue> = {}
  for (const { key, value } of node.items) {
    const name = isScalar(key) ? (key as Scalar.Parsed).source : undefined
    if (name === undefined || name === '__proto__') {
      return fail(reading, key as Node | null, 'a key must be plain text')
    }
    if (name === '<<') {
      for (const part of [readNode(value as Node | null, reading)].flat().toReversed()) {
        if (typeof part === 'object' && part !== null) Object.assign(merged, part)
      }
    } else if (Object.hasOwn(own, name)) {
      return fail(reading, key as Node, `the key ${quote(name)} stands twice`)
    } else {
      own[name] = readNode(value as Node | null, reading)
    }
  }
  return { ...merged, ...own }
}

function readScalar({ value, source }: Scalar.Parsed): ComposeValue {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  // Numbers and dates are what was written.
  return value === null || value === undefined ? null : source
}

/** Follows the path as far as it leads. */
function offsetOf(document: Document.Parsed, path: Path): number {
  let node: ParsedNode | null = document.contents
  let offset = node?.range[0] ?? 0
  for (const part of path) {
    const target: unknown = isAlias(node) ? node.resolve(document) : node
    if (isMap(target)) {
      const pair = target.items.find(({ key }) => isScalar(key) && String(key.value) === part)
      if (pair === undefined) return offset
      offset = (pair.key as ParsedNode).range[0]
      node = pair.value as ParsedNode | null
    } else if (isSeq(target) && typeof part === 'number' && part in target.items) {
      node = target.items[part] as ParsedNode | null
      offset = node?.range[0] ?? offset
    } else {
      return offset
    }
  }
  return offset
}
