import type { WorkloadRecord } from '../model/records.ts'

/** What a registry said about a reference with a tag, or why it said nothing. */
export type ImageLookup =
  | { readonly kind: 'digest'; readonly digest: string }
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string }

export type PinnedImage =
  | { readonly kind: 'pinned'; readonly image: string; readonly stale: boolean }
  | { readonly kind: 'problem'; readonly message: string }

interface PinInput {
  /** As it stands in the file. */
  readonly image: string
  readonly imagePolicy: WorkloadRecord['imagePolicy']
  /** The image of the record in the repo, with its digest. */
  readonly previous: string | undefined
  readonly lookup: ImageLookup | undefined
  readonly offline: boolean
}

/** True when only a registry can tell which image is meant. */
export function needsLookup(input: Omit<PinInput, 'lookup'>): boolean {
  if (hasDigest(input.image) || input.offline) return false
  return input.imagePolicy === 'follow' || digestOfSameTag(input) === undefined
}

/** The reference with digest that goes into the record, or why there is none. */
export function pinImage(input: PinInput): PinnedImage {
  if (hasDigest(input.image)) return { kind: 'pinned', image: input.image, stale: false }
  const kept = digestOfSameTag(input)
  if (kept !== undefined && (input.offline || input.imagePolicy !== 'follow')) {
    return { kind: 'pinned', image: `${input.image}@${kept}`, stale: input.offline }
  }
  if (input.offline) {
    return {
      kind: 'problem',
      message: `${input.image} has no digest, and none is published for this tag yet. Write name:tag@sha256:… or leave --offline out.`,
    }
  }
  if (input.lookup?.kind === 'digest') {
    return { kind: 'pinned', image: `${input.image}@${input.lookup.digest}`, stale: false }
  }
  return {
    kind: 'problem',
    message: `the tag of ${input.image} can't be resolved: ${whyOf(input)}`,
  }
}

function whyOf({ lookup }: PinInput): string {
  if (lookup === undefined) return 'it was not looked up'
  if (lookup.kind === 'digest') return 'its digest is not usable'
  return lookup.hint === undefined ? lookup.message : `${lookup.message} (${lookup.hint})`
}

function hasDigest(image: string): boolean {
  return image.includes('@')
}

/** A tag that moved is a new image; a tag that stayed keeps the digest that was published for it. */
function digestOfSameTag(input: Pick<PinInput, 'image' | 'previous'>): string | undefined {
  if (input.previous === undefined) return undefined
  const at = input.previous.lastIndexOf('@')
  if (at < 0 || input.previous.slice(0, at) !== input.image) return undefined
  return input.previous.slice(at + 1)
}
