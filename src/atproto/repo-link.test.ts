import { cidForCbor, decodeCid, parseCid } from '@atproto/lex'
import { describe, expect, it } from 'vitest'
import { cidText, linkFor, linkOf, linkText } from './repo-link.ts'

describe('the text of a link', () => {
  it('is the one that the library writes, whatever the hash', async () => {
    for (let i = 0; i < 300; i++) {
      const block = Buffer.from(String(i))
      const cid = await cidForCbor(block)
      expect(linkText(linkFor(block))).toBe(cid.toString())
      expect(linkText(linkOf(parseCid(cid.toString())))).toBe(cid.toString())
      expect(cidText(decodeCid(cid.bytes))).toBe(cid.toString())
    }
  })
})
