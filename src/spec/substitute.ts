import type { Scalar } from 'yaml'
import { finding, quote, type Path } from './finding.ts'
import type { PlacedFinding } from './read-yaml.ts'
import { nearest } from './suggest.ts'
import type { Variables } from './variables.ts'

const REFERENCE = /\$\$\{|\$\{([^}]*)\}?/g
const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/

interface Where {
  /** Text of the document, in which the scalar stands. */
  readonly text: string
  readonly scalar: Scalar.Parsed
  readonly path: Path
  readonly variables: Variables
}

export interface Substituted {
  /** Of the type of the variable when it is all that stands there, without quotes. */
  readonly value: unknown
  readonly text: string
  readonly findings: readonly PlacedFinding[]
}

/**
 * Replaces `${NAME}` in a text; `$${` stands for `${` itself, and every other `$` for itself. Values
 * are put in after the file was parsed, so that none can change its structure. A variable that is not
 * declared, or has no value, is an error at its place.
 */
export function substitute(written: string, where: Where): Substituted {
  const findings: PlacedFinding[] = []
  let cursor = where.scalar.range[0]
  let last: unknown
  const text = written.replaceAll(REFERENCE, (match: string, name: string | undefined) => {
    const found = where.text.indexOf(match, cursor)
    const offset = found === -1 || found >= where.scalar.range[1] ? cursor : found
    cursor = offset + (found === -1 ? 0 : match.length)
    if (name === undefined) return '${'
    const problem = problemOf(match, name, where)
    if (problem !== undefined) {
      findings.push({ ...problem, offset })
      return match
    }
    const variable = where.variables.get(name)
    last = variable?.value
    return variable?.text ?? ''
  })
  const isWhole = where.scalar.type === 'PLAIN' && /^\$\{[^}]*\}$/.test(written)
  return { value: isWhole && findings.length === 0 ? last : text, text, findings }
}

function problemOf(match: string, name: string, { path, variables }: Where) {
  if (!NAME.test(name) || !match.endsWith('}')) {
    return finding(path, `${quote(match)} is not a variable`, {
      expected: '${NAME}; values stand under variables in commune.yaml',
      suggestion: 'write $${ for a text that holds ${',
    })
  }
  if (!variables.has(name)) {
    const names = [...variables.keys()].toSorted()
    const close = nearest(name, names)
    return finding(path, `the variable ${name} is not declared`, {
      expected: names.length === 0 ? 'a variable of commune.yaml' : `one of ${names.join(', ')}`,
      suggestion:
        close === undefined
          ? 'declare it under variables in commune.yaml, or write $${ for a text that holds ${'
          : `\${${close}}`,
    })
  }
  if (variables.get(name) !== undefined) return undefined
  return finding(path, `the variable ${name} has no value`, {
    suggestion: `--var ${name}=VALUE, or a value in the overlay`,
  })
}
