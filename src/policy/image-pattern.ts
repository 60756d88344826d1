import { parseImageReference } from '../model/image-reference.ts'
import { notParsed, parsed, type Parsed } from '../model/parsed.ts'

/** Which images are meant, by registry and repository; tags and digests make no difference. */
export interface ImagePattern {
  /** As it was written. */
  readonly text: string
  /** Parts of registry and repository, the wildcards among them. */
  readonly parts: readonly string[]
}

const LENGTH_MAX = 512
const PART = /^(?:\*\*|[a-z0-9._*-]+(?::(?:\d{1,5}|\*))?)$/
const EXPECTED =
  'an image or a pattern such as ghcr.io/alice/*, docker.io/library/* or registry.example/**'

/**
 * A registry and a repository, as in an image reference (what names no registry is Docker Hub’s). `*`
 * stands for any characters of one part, `**` at the end for any number of further parts; alone both
 * mean every image.
 */
export function parseImagePattern(text: string): Parsed<ImagePattern> {
  if (text === '' || text.length > LENGTH_MAX) return notParsed(EXPECTED)
  if (text.includes('@')) return notParsed(`${EXPECTED}, without a digest`)
  if (text === '*' || text === '**') return parsed({ text, parts: ['**'] })
  const parts = fullParts(text.split('/'))
  const isSound = parts.every((part, index) => {
    if (!PART.test(part)) return false
    const isLast = index === parts.length - 1
    return part === '**' ? isLast : !part.includes('**')
  })
  if (!isSound) return notParsed(`${EXPECTED}, in lower case and without a tag`)
  return parsed({ text, parts })
}

/** Whether the image is meant. */
export function fitsPattern({ parts }: ImagePattern, image: string): boolean {
  const reference = parseImageReference(image)
  if (!reference.ok) return false
  const { registry, repository } = reference.value
  const own = [registry, ...repository.split('/')]
  const isOpen = parts.at(-1) === '**'
  const fixed = isOpen ? parts.slice(0, -1) : parts
  if (isOpen ? own.length <= fixed.length : own.length !== fixed.length) return false
  return fixed.every((part, index) => fitsText(part, own[index] ?? ''))
}

/** With the registry, and with Docker Hub’s folder of official images, as in an image reference. */
function fullParts(parts: readonly string[]): readonly string[] {
  const [first = ''] = parts
  const isRegistry =
    parts.length > 1 && (/[.:]/.test(first) || first === 'localhost' || first === '*')
  if (isRegistry) return parts
  return parts.length === 1 ? ['docker.io', 'library', ...parts] : ['docker.io', ...parts]
}

/**
 * Whether a text fits a pattern in which * stands for any characters. Without a regular expression, so
 * that no pattern takes long: greedy, from wildcard to wildcard.
 */
export function fitsText(pattern: string, text: string): boolean {
  const [head = '', ...rest] = pattern.split('*')
  if (rest.length === 0) return pattern === text
  const tail = rest.pop() ?? ''
  if (!text.startsWith(head) || text.length < head.length + tail.length) return false
  if (!text.endsWith(tail)) return false
  let at = head.length
  for (const piece of rest) {
    const found = text.indexOf(piece, at)
    if (found === -1 || found + piece.length > text.length - tail.length) return false
    at = found + piece.length
  }
  return true
}
