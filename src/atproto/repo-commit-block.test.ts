import { cborToLexRecord, signCommit } from '@atproto/repo'
import { parseCid } from '@atproto/lex'
import { encode } from '@atproto/lex-cbor'
import { beforeAll, describe, expect, it } from 'vitest'
import { keyOf } from '../../test/support/scripted-repo.ts'
import { readCommitBlock } from './repo-commit-block.ts'
import { linkOf } from './repo-link.ts'

const data = parseCid('bafyreih2rwwr6ye4cpn55a7hxwp6a53wk2lwcif5xu3afij7qemhi7vlta')
const unsigned = {
  did: 'did:plc:alice',
  version: 3,
  data,
  rev: '3mbd3542k2222',
  prev: null,
} as const
let sig: Uint8Array

beforeAll(async () => {
  sig = (await signCommit(unsigned, await keyOf('alice'))).sig
})

describe('readCommitBlock', () => {
  it('reads what the library wrote, and what its signature covers', () => {
    for (const commit of [unsigned, { ...unsigned, prev: data }]) {
      const { did, rev, ...read } = readCommitBlock(encode({ ...commit, sig }))
      expect({ did, rev, data: read.data }).toEqual({ ...pick(commit), data: linkOf(data) })
      expect(Buffer.compare(read.signature, sig)).toBe(0)
      expect(Buffer.compare(read.signed, encode(commit))).toBe(0)
    }
  })

  it('refuses what is no commit, or one of other fields', () => {
    const { prev: _, ...fewer } = { ...unsigned, sig }
    const others = [{ version: 2 }, { more: 1 }, { data: null }, { sig: 'x' }, { rev: 1 }]
    const faulty = [fewer, {}, ...others.map((other) => ({ ...unsigned, sig, ...other }))]
    for (const value of faulty) expect(() => readCommitBlock(encode(value))).toThrow('malformed')
  })

  it('refuses what is cut off, goes on, or is written in another way', () => {
    const block = encode({ ...unsigned, sig })
    for (let end = 0; end < block.length; end++)
      expect(() => readCommitBlock(block.subarray(0, end))).toThrow('malformed')
    expect(() => readCommitBlock(Buffer.concat([block, block]))).toThrow('malformed')
    // A length that takes a byte more than it must.
    const longer = Buffer.concat([block.subarray(0, 5), Buffer.of(0x78, 13), block.subarray(6)])
    expect(cborToLexRecord(block)['did']).toBe(unsigned.did)
    expect(() => readCommitBlock(longer)).toThrow('malformed')
  })
})

function pick({ did, rev }: { readonly did: string; readonly rev: string }) {
  return { did, rev }
}
