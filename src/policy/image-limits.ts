import { formatBytes, formatRoughBytes } from '../model/quantity.ts'
import { nameRule } from './judge.ts'
import type { Policy } from './policy.ts'
import { termsFor, type Party, type Term } from './terms-for.ts'

/** Layers of an image of somebody else: each costs the engine work and mounts. */
export const LAYERS_MAX = 64
/**
 * Free disk that a pull needs, as a multiple of what is sent: the layers as they come, and three times
 * as much for what they hold, about what gzip makes of programs.
 */
export const DISK_FACTOR = 4
/** What stays free on the engine's disk whatever is pulled, in bytes. */
export const DISK_RESERVE_BYTES = 1024 ** 3

/** What is known of an image before it is pulled. */
export interface AnnouncedImage {
  readonly layers: number
  /** As it is sent, compressed. */
  readonly sentBytes: number
}

/** Why an image may not be pulled for somebody, as far as its manifest tells; undefined when it may. */
export function judgeAnnounced(
  policy: Policy,
  party: Party,
  { layers, sentBytes }: AnnouncedImage,
): string | undefined {
  const size = termsFor(policy, party).term('imageSize')
  if (!party.isOwn && layers > LAYERS_MAX)
    return `the image has ${layers} layers, at most ${LAYERS_MAX} are taken`
  // What is packed takes no less when it is unpacked.
  if (sentBytes <= size.value) return undefined
  return tooLarge(`the image is ${formatRoughBytes(sentBytes)} compressed`, size)
}

/** Why an image may not stay for somebody now that it is unpacked; undefined when it may. */
export function judgeUnpacked(policy: Policy, party: Party, sizeBytes: number): string | undefined {
  const size = termsFor(policy, party).term('imageSize')
  if (sizeBytes <= size.value) return undefined
  return tooLarge(`the image takes ${formatRoughBytes(sizeBytes)} of disk`, size)
}

/** Why one more image is too much beside those that are here for the same rule; undefined when not. */
export function judgeTotal(
  policy: Policy,
  party: Party,
  held: { readonly besideBytes: number; readonly addedBytes: number },
): string | undefined {
  const { value, rule } = termsFor(policy, party).term('imageTotal')
  const { besideBytes, addedBytes } = held
  if (besideBytes + addedBytes <= value) return undefined
  const more = `images take ${formatRoughBytes(besideBytes)} of disk, and this one ${formatRoughBytes(addedBytes)}`
  return `${more}; at most ${formatBytes(value)} is granted for all of them (${nameRule(rule.name)})`
}

/** Whether an image has to be looked at before it is pulled for somebody. */
export function isLimited(policy: Policy, party: Party): boolean {
  const terms = termsFor(policy, party)
  return [terms.term('imageSize'), terms.term('imageTotal')].some(({ value }) => value !== Infinity)
}

/** Free disk that pulling so much takes, in bytes. */
export function diskNeeded(sentBytes: number): number {
  return sentBytes * DISK_FACTOR + DISK_RESERVE_BYTES
}

function tooLarge(what: string, { value, rule }: Term<'imageSize'>): string {
  return `${what}, at most ${formatBytes(value)} is granted (${nameRule(rule.name)})`
}
