import { encode } from '@atproto/lex-cbor'
import { ErrorFrame, Frame, MessageFrame } from '@atproto/xrpc-server'
import fc from 'fast-check'
import { beforeAll, describe, expect, it, vi } from 'vitest'
import { clusterWrite, postWrite } from '../../test/support/sample-records.ts'
import { ScriptedRepo } from '../../test/support/scripted-repo.ts'
import { parseCommitBody, readFrame } from './feed-frame.ts'
import { peekFrame } from './feed-frame-peek.ts'

const time = '2026-01-01T00:00:00.000Z'
const did = 'did:plc:alice'
let commit: object

beforeAll(async () => {
  const repo = await ScriptedRepo.create(did)
  commit = { ...(await repo.write(clusterWrite('a'), postWrite('b'))), seq: 7, time }
})

const frameOf = (type: string, body: object) => new MessageFrame(body as never, { type }).toBytes()

describe('readFrame', () => {
  it.each(['#sync', '#identity', '#account'])('reads whom a %s is about, and its body', (type) => {
    const body = { seq: 2 ** 40, did, time, blocks: new Uint8Array(3) }
    const frame = readFrame(frameOf(type, body))
    expect(frame).toMatchObject({ kind: type.slice(1), seq: 2 ** 40, did, time, body })
  })

  it('decodes a commit only when somebody asks for its body', () => {
    const bytes = frameOf('#commit', commit)
    const decode = vi.spyOn(Frame, 'fromBytes')
    try {
      const frame = readFrame(bytes)
      expect(frame).toMatchObject({ kind: 'commit', seq: 7, did, time })
      expect(decode).not.toHaveBeenCalled()
      const body = frame.kind === 'commit' ? frame.body : undefined
      expect(parseCommitBody(body)).toMatchObject({ repo: did, seq: 7 })
      expect(decode).toHaveBeenCalledOnce()
    } finally {
      decode.mockRestore()
    }
  })

  it('knows the repo of a commit of which the rest can’t be read, so that it can be looked at', () => {
    const bytes = frameOf('#commit', commit)
    const cut = readFrame(bytes.subarray(0, -1))
    expect(cut).toMatchObject({ kind: 'commit', did, seq: 7, body: undefined })
  })

  it('reads other messages and errors whole', () => {
    const error = new ErrorFrame({ error: 'FutureCursor', message: 'x' }).toBytes()
    expect(readFrame(error)).toEqual({ kind: 'error', name: 'FutureCursor' })
    const info = { kind: 'info', name: 'OutdatedCursor' }
    expect(readFrame(frameOf('#info', { name: info.name }))).toEqual(info)
    expect(readFrame(frameOf('#new', { seq: 3, did }))).toMatchObject({ kind: 'unknown', seq: 3 })
    expect(readFrame(frameOf('#commit', { seq: 'x', repo: did }))).toMatchObject({
      kind: 'unknown',
    })
    expect(readFrame(new Uint8Array(0))).toMatchObject({ kind: 'unknown', seq: undefined })
  })
})

describe('peekFrame', () => {
  const bodyArbitrary = fc.record(
    {
      seq: fc.nat(2 ** 53 - 1),
      did: fc.string({ unit: 'grapheme' }),
      time: fc.string(),
      other: fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        fc.array(fc.dictionary(fc.string(), fc.integer())),
      ),
      x: fc.constant(null),
    },
    { requiredKeys: ['seq', 'did'] },
  )

  it('says the same as decoding, whatever else there is', () => {
    const property = fc.property(bodyArbitrary, (body) => {
      const peek = { type: '#account', seq: body.seq, did: body.did, time: body.time }
      expect(peekFrame(frameOf('#account', body))).toEqual(peek)
    })
    fc.assert(property, { seed: 1, numRuns: 300 })
  })

  it('comes to an end with whatever it is given', () => {
    const header = encode({ op: 1, t: '#commit' })
    const bytes = fc.uint8Array({ maxLength: 60 })
    const property = fc.property(bytes, (rest) => {
      peekFrame(rest)
      peekFrame(Buffer.concat([header, rest]))
    })
    fc.assert(property, { seed: 2, numRuns: 3_000 })
    const endless = Buffer.from([0xa1, 0x61, 0x78, ...Array<number>(2_000).fill(0x9a)])
    expect(peekFrame(Buffer.concat([header, endless]))).toBeUndefined()
  })
})
