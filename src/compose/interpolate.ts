/** What a text became once its variables were put in. */
export interface Interpolated {
  readonly text: string
  readonly problems: readonly VariableProblem[]
}

export interface VariableProblem {
  readonly kind: 'unset' | 'required' | 'secret' | 'malformed'
  /** Name of the variable; for `malformed` the text that can't be read. */
  readonly name: string
  /** What the file says about a variable that must be set. */
  readonly message?: string
}

/** The values of variables, and which of them nobody else may see. */
export interface Variables {
  readonly get: (name: string) => string | undefined
  readonly isSecret: (name: string) => boolean
}

const DEPTH_MAX = 16
const REFERENCE = /\$(?:\$|([A-Za-z_]\w*)|\{)/g
const BRACED = /^([A-Za-z_]\w*)(?:(:?[-?+])([\s\S]*))?$/

/**
 * Puts variables into a text as Compose does: `$NAME`, `${NAME}`, with `:-` `-` a default, with `:?`
 * `?` a message for when it is missing, with `:+` `+` something else instead of it, `$$` a dollar. A
 * secret is not put in, be it set, missing or a default: its reference stays, and is reported.
 */
export function interpolate(text: string, variables: Variables, depth = 0): Interpolated {
  if (!text.includes('$')) return { text, problems: [] }
  if (depth > DEPTH_MAX) return { text, problems: [{ kind: 'malformed', name: text }] }
  const problems: VariableProblem[] = []
  let result = ''
  let last = 0
  for (const match of text.matchAll(REFERENCE)) {
    // What stands inside braces was dealt with together with them.
    if (match.index < last) continue
    result += text.slice(last, match.index)
    last = match.index + match[0].length
    if (match[0] === '$$') {
      result += '$'
      continue
    }
    let inner = match[1]
    if (inner === undefined) {
      const end = closingBrace(text, last)
      inner = text.slice(last, end)
      last = end + 1
    }
    const found = substitute(inner, variables, depth)
    result += found.text
    problems.push(...found.problems)
  }
  return { text: result + text.slice(last), problems }
}

function substitute(inner: string, variables: Variables, depth: number): Interpolated {
  const [, name, operator = '', word = ''] = BRACED.exec(inner) ?? []
  if (name === undefined) {
    return { text: `\${${inner}}`, problems: [{ kind: 'malformed', name: `\${${inner}}` }] }
  }
  const value = variables.get(name)
  const isSet = operator.startsWith(':') ? value !== undefined && value !== '' : value !== undefined
  if (operator.endsWith('+')) {
    return isSet ? interpolate(word, variables, depth + 1) : { text: '', problems: [] }
  }
  const hasDefault = !isSet && operator.endsWith('-')
  const fallback = hasDefault ? interpolate(word, variables, depth + 1) : undefined
  const isEmpty = value === '' || fallback?.text === ''
  if (!isEmpty && variables.isSecret(name)) {
    return { text: `\${${name}}`, problems: [{ kind: 'secret', name }] }
  }
  if (isSet) return { text: value ?? '', problems: [] }
  if (fallback !== undefined) return fallback
  if (operator.endsWith('?')) {
    const { text: message } = interpolate(word, variables, depth + 1)
    return { text: '', problems: [{ kind: 'required', name, message }] }
  }
  return { text: value ?? '', problems: value === undefined ? [{ kind: 'unset', name }] : [] }
}

/** Where the brace that was opened before this place closes; the end of the text when it does not. */
function closingBrace(text: string, start: number): number {
  let open = 1
  for (let at = start; at < text.length; at += 1) {
    if (text.startsWith('${', at)) open += 1
    else if (text[at] === '}') open -= 1
    if (open === 0) return at
  }
  return text.length
}
