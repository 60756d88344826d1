import { parseImageReference } from '../model/image-reference.ts'

const DIGEST_SHOWN = 12

/** What tells two images of one owner apart: the last part of the name, and the tag or the digest. */
export function shortImage(image: string): string {
  const parsed = parseImageReference(image)
  if (!parsed.ok) return image
  const { repository, tag, digest } = parsed.value
  const name = repository.slice(repository.lastIndexOf('/') + 1)
  if (tag !== undefined) return `${name}:${tag}`
  return digest === undefined
    ? name
    : `${name}@${digest.slice(digest.indexOf(':') + 1).slice(0, DIGEST_SHOWN)}`
}
