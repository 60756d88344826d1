import { interpolate, type Variables } from './interpolate.ts'

const LINE = /^\s*(?:export\s+)?([^\s=#:]+)\s*(?:[=:]\s*)?/
const QUOTED = { "'": /'([^']*)'/y, '"': /"((?:[^"\\]|\\[\s\S])*)"/y } as const
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' }

/**
 * The variables of an env file: `NAME=value` a line, comments, quotes that may span lines, and
 * references to variables except in single quotes. Lines that are nothing of it are left out.
 *
 * @param variables what references can mean besides the lines before
 */
export function parseDotenv(text: string, variables: Variables): ReadonlyMap<string, string> {
  const values = new Map<string, string>()
  const known: Variables = {
    get: (name) => values.get(name) ?? variables.get(name),
    isSecret: () => false,
  }
  for (let at = 0; at < text.length;) {
    const end = lineEnd(text, at)
    const match = LINE.exec(text.slice(at, end))
    const name = match?.[1]
    const hasValue = match !== null && /[=:]/.test(match[0])
    if (name === undefined || !hasValue) {
      at = end + 1
      continue
    }
    const start = at + match[0].length
    const quote = text[start]
    const pattern = quote === "'" || quote === '"' ? QUOTED[quote] : undefined
    if (pattern !== undefined) pattern.lastIndex = start
    const quoted = pattern?.exec(text)
    if (quoted) {
      const inner = quoted[1] ?? ''
      values.set(name, quote === "'" ? inner : interpolate(unescape(inner), known).text)
      at = lineEnd(text, start + quoted[0].length) + 1
    } else {
      const plain = text
        .slice(start, end)
        .replace(/\s+#.*$/, '')
        .trim()
      values.set(name, interpolate(plain, known).text)
      at = end + 1
    }
  }
  return values
}

function lineEnd(text: string, from: number): number {
  const end = text.indexOf('\n', from)
  return end === -1 ? text.length : end
}

function unescape(text: string): string {
  return text.replaceAll(/\\([\s\S])/g, (whole, char: string) =>
    char === '$' ? '$$' : (ESCAPES[char] ?? (/["\\]/.test(char) ? char : whole)),
  )
}
