import { isMap, isScalar, type ParsedNode, type Scalar } from 'yaml'

/** A variable, as its file says it. */
export interface Variable {
  readonly value: string | number | boolean
  /** As written: 1.10 stays 1.10 inside a text. */
  readonly text: string
}

/** By name. Undefined: declared, and still without a value. */
export type Variables = ReadonlyMap<string, Variable | undefined>

/** What stands under `variables` of a document that follows its schema. */
export function declaredVariables(root: ParsedNode | null): Variables {
  const variables = new Map<string, Variable | undefined>()
  const map: unknown = isMap(root) ? root.get('variables', true) : undefined
  if (!isMap(map)) return variables
  for (const { key, value } of map.items) {
    if (!isScalar(key) || typeof key.value !== 'string') continue
    variables.set(key.value, isScalar(value) ? variableOf(value) : undefined)
  }
  return variables
}

function variableOf({ value, source }: Scalar): Variable | undefined {
  if (typeof value === 'string') return { value, text: value }
  if (typeof value !== 'number' && typeof value !== 'boolean') return undefined
  return { value, text: source ?? String(value) }
}

/** `NAME=VALUE`, as `--var` takes it; undefined when it is something else. */
export function parseAssignment(
  text: string,
): { readonly name: string; readonly value: string } | undefined {
  const match = /^([A-Za-z_][A-Za-z0-9_]{0,62})=(.*)$/s.exec(text)
  if (match === null) return undefined
  const [, name = '', value = ''] = match
  return { name, value }
}

/** The variables of a folder, with those that were given on the command line last. */
export function withValues(declared: Variables, ...layers: readonly Variables[]): Variables {
  const all = new Map(declared)
  for (const layer of layers) {
    for (const [name, variable] of layer) if (variable !== undefined) all.set(name, variable)
  }
  return all
}
