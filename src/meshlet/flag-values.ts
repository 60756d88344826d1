/** Settings by the names of the flags, as a file may hold them too. */
export type Raw = Readonly<Record<string, unknown>>

/** A flag that may be repeated; a file has a list. */
export function listOf(name: string, value: unknown, faults: string[]): readonly unknown[] {
  if (value === undefined) return []
  if (Array.isArray(value)) return value
  faults.push(`${flagOf(name)}: expected a list`)
  return []
}

export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}
