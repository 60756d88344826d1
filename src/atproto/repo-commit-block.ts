import { BlockText, BYTES, TEXT } from './repo-block-text.ts'
import { flat, type Link } from './repo-link.ts'

/** What the block of a commit says; nothing of it is proven. */
export interface CommitBlock {
  readonly did: string
  readonly rev: string
  /** The root of the tree. */
  readonly data: Link
  readonly signature: Uint8Array
  /** What the signature covers: the same block without it. */
  readonly signed: Uint8Array
}

/**
 * Reads a commit of version 3 from its block, which must have the one form that DAG-CBOR gives to it:
 * so its signature covers what stands there, and nothing needs to be encoded again to check it. Throws
 * when it has another, or other fields.
 */
export function readCommitBlock(block: Uint8Array): CommitBlock {
  const text = new BlockText(block)
  text.skip(SIX_FIELDS + DID)
  const did = text.take(text.head(TEXT))
  text.skip(REV)
  const rev = flat(text.take(text.head(TEXT)))
  const start = text.at
  text.skip(SIG)
  const signature = Buffer.from(text.take(text.head(BYTES)), 'latin1')
  const end = text.at
  text.skip(DATA)
  const data = text.link()
  text.skip(PREV)
  text.optionalLink()
  text.skip(VERSION_3)
  text.end()
  const signed = FIVE_FIELDS + text.without(start, end).slice(SIX_FIELDS.length)
  return { did, rev, data, signature, signed: Buffer.from(signed, 'latin1') }
}

const FIVE_FIELDS = '\u00a5'
const SIX_FIELDS = '\u00a6'
/** The names of the fields with their lengths, in their order: by length, then by their bytes. */
const DID = '\u0063did'
const REV = '\u0063rev'
const SIG = '\u0063sig'
const DATA = '\u0064data'
const PREV = '\u0064prev'
const VERSION_3 = '\u0067version\u0003'
