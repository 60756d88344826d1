import type { WorkloadRecord } from '../model/records.ts'

/** What a registry said about a reference with a tag, or why it said nothing. */
export type ImageLookup =
  | {
      readonly kind: 'digest'
      readonly digest: string
      /** `os/architecture[/variant]`; absent when the registry did not say. */
      readonly platforms?: readonly string[]
    }
  | { readonly kind: 'failed'; readonly message: string; readonly hint?: string }

export type PinnedImage =
  | {
      readonly kind: 'pinned'
      readonly image: string
      readonly stale: boolean
      /** What the owner should know. */
      readonly note?: string
    }
  | { readonly kind: 'problem'; readonly message: string }

interface PinInput {
  /** As it stands in the file. */
  readonly image: string
  readonly imagePolicy: WorkloadRecord['imagePolicy']
  /** The image of the record in the repo, with its digest. */
  readonly previous: string | undefined
  readonly lookup: ImageLookup | undefined
  readonly offline: boolean
  /** Look every tag up anew, also those that are pinned. */
  readonly update: boolean
}

/** True when only a registry can tell which image is meant. */
export function needsLookup(input: Omit<PinInput, 'lookup'>): boolean {
  if (hasDigest(input.image) || input.offline) return false
  return input.update || input.imagePolicy === 'follow' || digestOfSameTag(input) === undefined
}

/** The reference with digest that goes into the record, or why there is none. */
export function pinImage(input: PinInput): PinnedImage {
  const { image, lookup, offline } = input
  if (hasDigest(image)) return { kind: 'pinned', image, stale: false }
  const kept = digestOfSameTag(input)
  if (kept !== undefined && (offline || !needsLookup(input))) {
    return { kind: 'pinned', image: `${image}@${kept}`, stale: offline }
  }
  if (offline) {
    return {
      kind: 'problem',
      message: `${image} has no digest, and none is published for this tag yet. Write name:tag@sha256:… or leave --offline out.`,
    }
  }
  if (lookup?.kind === 'digest') {
    return { kind: 'pinned', image: `${image}@${lookup.digest}`, stale: false }
  }
  const problem = `the tag of ${image} can't be resolved: ${whyOf(input)}`
  // Who follows a tag wants news of it; that there is none just now takes nothing away. Who asked
  // for an update has to hear that there was none.
  if (kept === undefined || input.update) return { kind: 'problem', message: problem }
  const note = `${problem}; the published digest is kept`
  return { kind: 'pinned', image: `${image}@${kept}`, stale: true, note }
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
