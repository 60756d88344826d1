/** Fields that say when, not what; a difference there alone is no reason to write. */
const TIMES: ReadonlySet<string> = new Set(['createdAt', 'updatedAt'])

/** Whether two records say the same, but for when; a field that is undefined counts as left out. */
export function sameContent(a: unknown, b: unknown): boolean {
  if (!isObject(a) || !isObject(b)) return sameValue(a, b)
  return sameFields(a, b, TIMES)
}

const NOTHING: ReadonlySet<string> = new Set()

function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (!isObject(a) || !isObject(b)) return false
  if (Array.isArray(a) || Array.isArray(b)) return sameItems(a, b)
  return sameFields(a, b, NOTHING)
}

function sameItems(a: object, b: object): boolean {
  if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
  return a.every((item, index) => sameValue(item, b[index]))
}

function sameFields(a: object, b: object, ignored: ReadonlySet<string>): boolean {
  const [left, right] = [a, b] as Record<string, unknown>[]
  const isSame = (name: string) => ignored.has(name) || sameValue(left?.[name], right?.[name])
  return Object.keys(a).every(isSame) && Object.keys(b).every((name) => name in a || isSame(name))
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
