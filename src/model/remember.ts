/**
 * A pure function of a text that remembers its last answers, for what is asked again and again and
 * costs more than a look into a map. Holds at most `max` answers: when half of them are new since the
 * last time, all that nobody has asked for since then are forgotten.
 */
export function rememberByText<T>(max: number, compute: (text: string) => T): (text: string) => T {
  let recent = new Map<string, T>()
  let earlier = new Map<string, T>()
  return (text) => {
    const before = recent.get(text)
    if (before !== undefined) return before
    const value = earlier.get(text) ?? compute(text)
    if (recent.size >= max / 2) {
      earlier = recent
      recent = new Map()
    }
    recent.set(text, value)
    return value
  }
}

/**
 * A pure function of an object that remembers its answers for those that are frozen, as the records
 * of the view are, for as long as these are held by somebody.
 */
export function rememberByObject<A extends object, T>(
  compute: (subject: A) => T,
): (subject: A) => T {
  const known = new WeakMap<A, T>()
  return (subject) => {
    const before = known.get(subject)
    if (before !== undefined) return before
    const value = compute(subject)
    if (Object.isFrozen(subject)) known.set(subject, value)
    return value
  }
}

/**
 * A function of an object that changes, and says by `versionOf` whether it has: its last answer is
 * remembered until the version is another one. Of an object without a version nothing is remembered.
 */
export function rememberByVersion<A extends object, T>(
  versionOf: (subject: A) => string | undefined,
  compute: (subject: A) => T,
): (subject: A) => T {
  const known = new WeakMap<A, { readonly version: string; readonly value: T }>()
  return (subject) => {
    const version = versionOf(subject)
    if (version === undefined) return compute(subject)
    const before = known.get(subject)
    if (before?.version === version) return before.value
    const value = compute(subject)
    known.set(subject, { version, value })
    return value
  }
}
