import { isDnsLabel } from './name.ts'
import { notParsed, parsed, type Parsed } from './parsed.ts'

export type SelectorOperator = 'in' | 'notin' | 'exists' | 'absent'

/** One condition on one label. `a=b` is `a in (b)` and `a!=b` is `a notin (b)`, as in Kubernetes. */
export interface Requirement {
  readonly key: string
  readonly operator: SelectorOperator
  /** Sorted and without duplicates; empty for `exists` and `absent`. */
  readonly values: readonly string[]
}

/** All requirements must hold. */
export type Selector = readonly Requirement[]

const TEXT_LENGTH_MAX = 4096
const NAME_LENGTH_MAX = 63
const PREFIX_LENGTH_MAX = 253
const NAME = /^[A-Za-z0-9](?:[-A-Za-z0-9_.]*[A-Za-z0-9])?$/

const EXPECTED_KEY =
  'a label name such as gpu or example.org/gpu (letters, digits, “-”, “_” and “.”, at most 63 characters)'
const EXPECTED_VALUE =
  'a label value of at most 63 letters, digits, “-”, “_” and “.”, with a letter or digit at both ends'

/** True for the name of a label: an optional DNS subdomain and a slash, then a name. */
export function isLabelKey(text: string): boolean {
  const slash = text.indexOf('/')
  const name = text.slice(slash + 1)
  if (name.length > NAME_LENGTH_MAX || !NAME.test(name)) return false
  return slash === -1 || isSubdomain(text.slice(0, slash))
}

/** True for the value of a label; the empty text is one. */
export function isLabelValue(text: string): boolean {
  return text === '' || (text.length <= NAME_LENGTH_MAX && NAME.test(text))
}

/**
 * Parses the label selector syntax of Kubernetes (`kubectl -l`): `a=b`, `a==b`, `a!=b`,
 * `a in (x,y)`, `a notin (x)`, `a`, `!a`, joined by commas. The empty text selects everything.
 */
export function parseSelector(text: string): Parsed<Selector> {
  if (text.length > TEXT_LENGTH_MAX) return notParsed(`at most ${TEXT_LENGTH_MAX} characters`)
  const cursor: Cursor = { tokens: tokenize(text), position: 0 }
  const requirements: Requirement[] = []
  if (peek(cursor) === undefined) return parsed(requirements)
  for (;;) {
    const requirement = parseRequirement(cursor)
    if (!requirement.ok) return requirement
    requirements.push(requirement.value)
    const next = take(cursor)
    if (next === undefined) return parsed(requirements)
    if (next !== ',') return notParsed(expectedInstead('a comma or the end', next))
  }
}

/** Absent labels match `!=`, `notin` and `!a`, and nothing else, as in Kubernetes. */
export function matches(selector: Selector, labels: Readonly<Record<string, string>>): boolean {
  return selector.every((requirement) => holds(requirement, labels))
}

/** The canonical text of a selector; parsing it gives the same selector again. */
export function formatSelector(selector: Selector): string {
  return selector.map(formatRequirement).join(',')
}

function holds(requirement: Requirement, labels: Readonly<Record<string, string>>): boolean {
  const value = Object.hasOwn(labels, requirement.key) ? labels[requirement.key] : undefined
  switch (requirement.operator) {
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'in':
      return value !== undefined && requirement.values.includes(value)
    case 'notin':
      return value === undefined || !requirement.values.includes(value)
  }
}

function formatRequirement({ key, operator, values }: Requirement): string {
  switch (operator) {
    case 'exists':
      return key
    case 'absent':
      return `!${key}`
    case 'in':
    case 'notin':
      if (values.length === 1) return `${key}${operator === 'in' ? '=' : '!='}${values[0] ?? ''}`
      return `${key} ${operator} (${values.join(',')})`
  }
}

function isSubdomain(text: string): boolean {
  return text.length <= PREFIX_LENGTH_MAX && text.split('.').every(isDnsLabel)
}

interface Cursor {
  readonly tokens: readonly string[]
  position: number
}

function peek(cursor: Cursor): string | undefined {
  return cursor.tokens[cursor.position]
}

function take(cursor: Cursor): string | undefined {
  const token = cursor.tokens[cursor.position]
  cursor.position += 1
  return token
}

function tokenize(text: string): readonly string[] {
  return text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? []
}

function isSymbol(token: string): boolean {
  return /^[=!(),<>]/.test(token)
}

function parseRequirement(cursor: Cursor): Parsed<Requirement> {
  const first = take(cursor)
  const key = first === '!' ? take(cursor) : first
  if (key === undefined || isSymbol(key)) return notParsed(expectedInstead('a label name', key))
  if (!isLabelKey(key)) return notParsed(`${EXPECTED_KEY}, not “${key}”`)
  if (first === '!') return parsed({ key, operator: 'absent', values: [] })
  const next = peek(cursor)
  if (next === undefined || next === ',') return parsed({ key, operator: 'exists', values: [] })
  cursor.position += 1
  return parseOperator(cursor, key, next)
}

function parseOperator(cursor: Cursor, key: string, operator: string): Parsed<Requirement> {
  switch (operator) {
    case '=':
    case '==':
      return requirementOf(key, 'in', parseExactValue(cursor))
    case '!=':
      return requirementOf(key, 'notin', parseExactValue(cursor))
    case 'in':
    case 'notin':
      return requirementOf(key, operator, parseValueList(cursor))
    case '<':
    case '>':
      return notParsed('=, ==, !=, in or notin; label values are not compared by size')
    default:
      return notParsed(expectedInstead('=, ==, !=, in, notin or a comma', operator))
  }
}

function requirementOf(
  key: string,
  operator: SelectorOperator,
  values: Parsed<readonly string[]>,
): Parsed<Requirement> {
  if (!values.ok) return values
  const wrong = values.value.find((value) => !isLabelValue(value))
  if (wrong !== undefined) return notParsed(`${EXPECTED_VALUE}, not “${wrong}”`)
  return parsed({ key, operator, values: [...new Set(values.value)].toSorted() })
}

/** `a=` and `a=,b` select the empty value. */
function parseExactValue(cursor: Cursor): Parsed<readonly string[]> {
  const token = peek(cursor)
  if (token === undefined || token === ',') return parsed([''])
  cursor.position += 1
  return isSymbol(token) ? notParsed(expectedInstead('a value', token)) : parsed([token])
}

/** Between the brackets every comma separates two values, either of which may be empty. */
function parseValueList(cursor: Cursor): Parsed<readonly string[]> {
  const open = take(cursor)
  if (open !== '(') return notParsed(expectedInstead('an opening bracket', open))
  const values: string[] = []
  let value: string | undefined
  for (;;) {
    const token = take(cursor)
    if (token === ',' || token === ')') {
      values.push(value ?? '')
      if (token === ')') return parsed(values)
      value = undefined
    } else if (token === undefined || isSymbol(token) || value !== undefined) {
      return notParsed(expectedInstead('a comma or a closing bracket', token))
    } else {
      value = token
    }
  }
}

function expectedInstead(expected: string, found: string | undefined): string {
  return found === undefined ? `${expected} at the end` : `${expected} where “${found}” stands`
}
