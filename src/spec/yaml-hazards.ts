import type { CST } from 'yaml'

/** Deepest nesting of lists and mappings; a workload needs five. */
export const DEPTH_MAX = 32

/** The library quotes the source in some of its messages, however much of it that is. */
const SYNTAX_MESSAGE_LENGTH_MAX = 200

/** What the library says is wrong, in one line. */
export function syntaxMessage(message: string): string {
  const short = message.slice(0, SYNTAX_MESSAGE_LENGTH_MAX)
  return `not well-formed YAML: ${short}${short.length < message.length ? '…' : ''}`
}

/** Where the marker of an unresolved merge stands, as an offset. */
export function findConflict(text: string): number | undefined {
  return /^(?:<{7}|>{7})(?= )/m.exec(text)?.index
}

/** Where the nesting exceeds the limit, found without recursion. */
export function findTooDeep(token: CST.Token): number | undefined {
  const stack: { readonly token: CST.Token; readonly depth: number }[] = [{ token, depth: 0 }]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    const { token: current, depth } = next
    if (depth > DEPTH_MAX) return current.offset
    if (current.type === 'document') {
      if (current.value !== undefined) stack.push({ token: current.value, depth })
    } else if ('items' in current) {
      for (const item of current.items) {
        if (item.key) stack.push({ token: item.key, depth: depth + 1 })
        if (item.value) stack.push({ token: item.value, depth: depth + 1 })
      }
    }
  }
  return undefined
}
