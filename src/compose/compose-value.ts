/**
 * A value of a Compose file. Numbers keep the digits that were written, so that `1.10` stays what it
 * is; lists and mappings are plain.
 */
export type ComposeValue =
  | string
  | boolean
  | null
  | readonly ComposeValue[]
  | { readonly [key: string]: ComposeValue }

export type ComposeMap = { readonly [key: string]: ComposeValue }

export function isMap(value: ComposeValue | undefined): value is ComposeMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function isList(value: ComposeValue | undefined): value is readonly ComposeValue[] {
  return Array.isArray(value)
}

/** Text, number or boolean as text; undefined for the rest. */
export function textOf(value: ComposeValue | undefined): string | undefined {
  if (typeof value === 'string') return value
  return typeof value === 'boolean' ? String(value) : undefined
}

/** A mapping, or an empty one. */
export function mapOf(value: ComposeValue | undefined): ComposeMap {
  return isMap(value) ? value : {}
}

/** The items of a list, or the value itself where Compose takes one for a list of one. */
export function listOf(value: ComposeValue | undefined): readonly ComposeValue[] {
  if (value === undefined || value === null) return []
  return isList(value) ? value : [value]
}

/** `true`, and what Compose takes for it. */
export function isTrue(value: ComposeValue | undefined): boolean {
  return value === true || /^(?:true|yes|on|y|1)$/i.test(textOf(value) ?? '')
}

/**
 * A mapping that may also be written as a list of `NAME=value`. A name alone has the value null, as
 * in Compose: it is taken from elsewhere.
 */
export function pairsOf(value: ComposeValue | undefined, separator = '='): ComposeMap {
  if (isMap(value)) return value
  const pairs = listOf(value).flatMap((item) => {
    const text = textOf(item)
    if (text === undefined) return []
    const at = text.indexOf(separator)
    return [at === -1 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)]]
  })
  return Object.fromEntries(pairs) as ComposeMap
}
