import {
  isList,
  isMap,
  pairsOf,
  textOf,
  type ComposeMap,
  type ComposeValue,
} from './compose-value.ts'

/** Stands for the tags `!reset` and `!override`; no key of a file can be these. */
export const RESET = '\u{0}reset'
export const OVERRIDE = '\u{0}override'

/** What is replaced as a whole, since half of a command is none. */
const WHOLE = new Set(['command', 'entrypoint', 'test'])
/** What may be a list of `NAME=value` in one file and a mapping in the other. */
const PAIRS = new Set(['environment', 'labels', 'annotations', 'args', 'sysctls', 'extra_hosts'])
/** What may be a list of names in one file and a mapping in the other. */
const NAMES = new Set(['depends_on', 'networks'])

/**
 * One Compose value over another, by the rules of the Compose Specification. Marks of tags stay where
 * there was nothing below, since that may still come.
 */
export function mergeCompose(
  base: ComposeValue | undefined,
  over: ComposeValue | undefined,
  key = '',
): ComposeValue {
  if (over === undefined) return base ?? null
  if (base === undefined || base === null) return over
  if (isMap(over) && RESET in over) return null
  if (isMap(over) && OVERRIDE in over) return over[OVERRIDE] ?? null
  if (over === null) return base
  if (WHOLE.has(key)) return over
  if (PAIRS.has(key)) return mergeMaps(pairsOf(base), pairsOf(over))
  if (NAMES.has(key) && (isMap(base) || isMap(over))) {
    return mergeMaps(namesOf(base), namesOf(over))
  }
  if (isMap(base) && isMap(over)) return mergeMaps(base, over)
  if (isList(base) && isList(over)) return mergeLists(base, over, key)
  return over
}

function mergeMaps(base: ComposeMap, over: ComposeMap): ComposeMap {
  const keys = [...new Set([...Object.keys(base), ...Object.keys(over)])]
  return Object.fromEntries(
    keys
      .map((key) => [key, mergeCompose(base[key], over[key], key)] as const)
      .filter(([key, value]) => value !== null || over[key] === null || !(key in over)),
  )
}

/** Lists grow; a volume for the same path takes the place of the other, and nothing stands twice. */
function mergeLists(
  base: readonly ComposeValue[],
  over: readonly ComposeValue[],
  key: string,
): ComposeValue {
  const idOf = (item: ComposeValue) => (key === 'volumes' ? targetOf(item) : JSON.stringify(item))
  const replaced = new Set(over.map(idOf))
  return [...base.filter((item) => !replaced.has(idOf(item))), ...over]
}

function targetOf(item: ComposeValue): string {
  if (isMap(item)) return textOf(item['target']) ?? ''
  const [first = '', second] = (textOf(item) ?? '').split(':')
  return second ?? first
}

function namesOf(value: ComposeValue): ComposeMap {
  if (isMap(value)) return value
  return pairsOf(value)
}

/** The same without marks of tags: where nothing was to be reset or replaced, they mean nothing. */
export function withoutMarks(value: ComposeValue): ComposeValue {
  if (isList(value)) return value.map(withoutMarks)
  if (!isMap(value)) return value
  if (RESET in value) return null
  if (OVERRIDE in value) return withoutMarks(value[OVERRIDE] ?? null)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withoutMarks(item)]))
}
