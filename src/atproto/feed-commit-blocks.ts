import { isLinkFor, latin1, type Link, LINK_BYTES, linkIn } from './repo-link.ts'

/** What an event brings of its repo. */
export interface EventBlocks {
  /** The block of that name, undefined when the event lacks it. Throws when it is another one. */
  get(link: Link): Uint8Array | undefined
}

/**
 * Finds the blocks of a CAR file. Only those that are asked for are hashed: what nobody reads proves
 * nothing. Its header is passed over; which block is the commit, the event says. Throws on what is no
 * such file.
 */
export function findBlocks(car: Uint8Array): EventBlocks {
  const blocks = new Map<Link, Uint8Array>()
  let end = car.length === 0 ? 0 : sectionAt(car, 0).end
  while (end < car.length) {
    const section = sectionAt(car, end)
    end = section.end
    const start = section.start + LINK_BYTES
    blocks.set(linkIn(latin1(car, section.start, start)), car.subarray(start, end))
  }
  return {
    get(link) {
      const block = blocks.get(link)
      if (block && !isLinkFor(link, block)) throw new Error('a block does not match its hash')
      return block
    },
  }
}

/** Seven bits a byte, the lowest first: four are more than an event may have. */
const LENGTH_BYTES = 4

/** The part of the file that begins here with its length. */
function sectionAt(car: Uint8Array, at: number): { readonly start: number; readonly end: number } {
  let length = 0
  for (let i = 0; i < LENGTH_BYTES; i++) {
    const byte = car[at + i] ?? 0
    length |= (byte & 0x7f) << (7 * i)
    if (byte >= 0x80) continue
    const start = at + i + 1
    const end = start + length
    if (length === 0 || end > car.length) break
    return { start, end }
  }
  throw new Error('a length is wrong')
}
