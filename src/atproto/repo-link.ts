import { hash } from 'node:crypto'
import type { Cid as CidObject } from '@atproto/lex'
import type { Cid } from '../model/records.ts'

declare const brand: unique symbol
/**
 * A CID as its bytes, each as one character: quickly made, compared and looked up, as neither base 32
 * nor objects are. Only ever of a SHA-256 hash.
 */
export type Link = string & { readonly [brand]: 'link' }

export const LINK_BYTES = 36
/** Version 1, DAG-CBOR, SHA-256, 32 bytes. */
const NODE_PREFIX = '\u0001\u0071\u0012\u0020'
/** The same for a block that is no DAG-CBOR. */
const RAW_PREFIX = '\u0001\u0055\u0012\u0020'

/** Takes these characters for a link. Throws when they are none. */
export function linkIn(characters: string): Link {
  const isKnown = characters.startsWith(NODE_PREFIX) || characters.startsWith(RAW_PREFIX)
  if (characters.length !== LINK_BYTES || !isKnown)
    throw new Error('a CID is of a kind that repos don’t have')
  return characters as Link
}

export function linkOf(cid: CidObject): Link {
  return linkIn(latin1(cid.bytes))
}

/** As people and records write it. */
export function linkText(link: Link): Cid {
  return base32(link)
}

/** The same of the object that a decoder made, whose own text would be kept until it is collected. */
export function cidText(cid: CidObject): Cid {
  return base32(latin1(cid.bytes))
}

/** The link of a block of DAG-CBOR. */
export function linkFor(block: Uint8Array): Link {
  return (NODE_PREFIX + hash('sha256', block, 'binary')) as Link
}

/** Whether this block is the one that the link names. */
export function isLinkFor(link: Link, block: Uint8Array): boolean {
  return link.endsWith(hash('sha256', block, 'binary'))
}

/** Bytes as text, one character each. */
export function latin1(bytes: Uint8Array, start = 0, end = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString(
    'latin1',
    start,
    end,
  )
}

/** The same text by itself: a part of a text keeps the whole of it in memory. */
export function flat(text: string): string {
  return Buffer.from(text).toString()
}

const DIGITS = 'abcdefghijklmnopqrstuvwxyz234567'

/** With the letter that says so, and without padding. */
function base32(characters: string): string {
  const digits = Buffer.allocUnsafe(1 + Math.ceil((characters.length * 8) / 5))
  let at = digits.write('b')
  let bits = 0
  let value = 0
  for (let i = 0; i < characters.length; i++) {
    value = ((value & 0x1f) << 8) | characters.charCodeAt(i)
    for (bits += 8; bits >= 5; bits -= 5)
      digits[at++] = DIGITS.charCodeAt((value >>> (bits - 5)) & 0x1f)
  }
  if (bits > 0) digits[at] = DIGITS.charCodeAt((value << (5 - bits)) & 0x1f)
  return digits.toString('latin1')
}
