import { latin1, type Link, LINK_BYTES, linkIn } from './repo-link.ts'

/** The major types of CBOR, as they stand in the first byte. */
export const NUMBER = 0x00
export const BYTES = 0x40
export const TEXT = 0x60
export const ARRAY = 0x80

/** Tag 42, 37 bytes, and the zero that stands before a CID. */
const LINK = '\u00d8\u002a\u0058\u0025\u0000'
const NULL = '\u00f6'

/**
 * A block of DAG-CBOR, one character a byte, read from its start to its end. Every method throws when
 * something else stands there, or the same in another form than the one that is prescribed.
 */
export class BlockText {
  readonly #text: string
  #at = 0

  constructor(block: Uint8Array) {
    this.#text = latin1(block)
  }

  /** How far it was read. */
  get at(): number {
    return this.#at
  }

  skip(expected: string): void {
    if (!this.#text.startsWith(expected, this.#at)) throw malformed()
    this.#at += expected.length
  }

  take(length: number): string {
    const taken = this.#text.slice(this.#at, (this.#at += length))
    if (taken.length < length) throw malformed()
    return taken
  }

  /** A length or number, in its shortest form. */
  head(type: number): number {
    const first = this.#text.charCodeAt(this.#at) ^ type
    const bytes = first < 24 ? 0 : 1 << (first - 24)
    let value = first < 24 ? first : 0
    for (let i = 1; i <= Math.min(bytes, 4); i++)
      value = value * 256 + this.#text.charCodeAt(this.#at + i)
    this.skip(headOf(type, value))
    return value
  }

  link(): Link {
    this.skip(LINK)
    return linkIn(this.take(LINK_BYTES))
  }

  optionalLink(): Link | undefined {
    if (!this.#text.startsWith(NULL, this.#at)) return this.link()
    this.#at += NULL.length
    return undefined
  }

  end(): void {
    if (this.#at !== this.#text.length) throw malformed()
  }

  /** What stands outside of this part. */
  without(start: number, end: number): string {
    return this.#text.slice(0, start) + this.#text.slice(end)
  }
}

/** The first bytes of an item: its type, and its length or number. */
export function headOf(type: number, value: number): string {
  if (value < 24) return String.fromCharCode(type | value)
  if (value < 0x100) return String.fromCharCode(type | 24, value)
  if (value < 0x1_0000) return String.fromCharCode(type | 25, value >>> 8, value & 0xff)
  const bytes = [value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]
  return String.fromCharCode(type | 26, ...bytes)
}

export function optionalLinkText(link: Link | undefined): string {
  return link === undefined ? NULL : LINK + link
}

export function malformed(): Error {
  return new Error('a block is malformed')
}
