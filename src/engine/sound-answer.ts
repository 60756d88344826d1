import { CommuneError } from '../model/errors.ts'

/** What a part of an answer has to be. A part whose name ends in `?` may be missing or null. */
export type Shape =
  | 'text'
  | 'number'
  | 'flag'
  /** A mapping of texts. */
  | 'texts'
  /** A list of such parts. */
  | { readonly each: Shape }
  | { readonly parts: { readonly [key: string]: Shape } }

/** A mapping with these parts, and any others. */
export function parts(shapes: { readonly [key: string]: Shape }): Shape {
  return { parts: shapes }
}

/** A list of such parts. */
export function each(shape: Shape): Shape {
  return { each: shape }
}

/**
 * The same answer, when the parts that are used of it are what Docker's API reference says. Fails with
 * code `engine`: what answers there is broken, or no engine.
 */
export function soundAnswer<T>(answer: T, shape: Shape, doing: string): T {
  const wrong = faultOf(answer, shape, '')
  if (wrong === undefined) return answer
  throw new CommuneError('engine', `The engine’s answer makes no sense while ${doing}: ${wrong}`, {
    retry: true,
  })
}

/** The first part that is something else. */
function faultOf(value: unknown, shape: Shape, path: string): string | undefined {
  if (typeof shape === 'string') {
    return isPlain(value, shape) ? undefined : `${path === '' ? 'it' : path} is no ${shape}`
  }
  if ('each' in shape) return faultOfList(value, shape.each, path)
  if (!isMapping(value)) return `${path === '' ? 'it' : path} is no mapping`
  for (const [key, part] of Object.entries(shape.parts)) {
    const name = key.replace(/\?$/, '')
    const item = value[name]
    if (key !== name && (item === undefined || item === null)) continue
    const wrong = faultOf(item, part, path === '' ? name : `${path}.${name}`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function faultOfList(value: unknown, item: Shape, path: string): string | undefined {
  if (!Array.isArray(value)) return `${path === '' ? 'it' : path} is no list`
  for (const [index, each] of value.entries()) {
    const wrong = faultOf(each, item, `${path}[${index}]`)
    if (wrong !== undefined) return wrong
  }
  return undefined
}

function isPlain(value: unknown, kind: 'text' | 'number' | 'flag' | 'texts'): boolean {
  switch (kind) {
    case 'text':
      return typeof value === 'string'
    case 'number':
      return typeof value === 'number' && Number.isFinite(value)
    case 'flag':
      return typeof value === 'boolean'
    case 'texts':
      return isMapping(value) && Object.values(value).every((item) => typeof item === 'string')
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
