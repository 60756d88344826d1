import { P256Keypair } from '@atproto/crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { HeartbeatKey } from '../atproto/heartbeat-key.ts'
import { freePort } from '../dev/loopback.ts'
import { createPeers } from './peers.ts'
import { TestCaller, TestClock, ownDid, startTestServer } from './test-server.ts'
import type { TestServer } from './test-server.ts'

let peer: TestCaller
let key: HeartbeatKey
let theirs: TestClock
let ours: TestClock
let server: TestServer
let heard: number[]

beforeEach(async () => {
  const pair = await P256Keypair.create()
  key = { publicKey: pair.did(), sign: (message) => pair.sign(message) }
  peer = await TestCaller.create('b')
  theirs = new TestClock()
  ours = new TestClock()
  heard = []
  server = await startTestServer({
    clock: theirs,
    callers: new Map([[peer, ['member']]]),
    heartbeatKeys: new Map([[peer.did, key.publicKey]]),
    api: {
      heartbeat: ({ input }) => {
        heard.push(input.epoch ?? -1)
        return Promise.resolve({ epoch: 7, now: new Date(theirs.wallMs()).toISOString() as never })
      },
    },
  })
})

afterEach(() => server[Symbol.asyncDispose]())

const target = () => ({ did: ownDid, endpoint: server.url })
const peers = (signer = key) =>
  createPeers({ did: peer.did, key: signer, clock: ours, allowPrivateAddresses: true })

describe('heartbeats', () => {
  it('arrive, again and again, without asking anybody for a token or a key', async () => {
    const caller = peers()
    for (const epoch of [1, 2, 3]) {
      expect(await caller.heartbeat(target(), { epoch })).toMatchObject({ epoch: 7 })
    }
    expect([heard, server.resolved]).toEqual([[1, 2, 3], []])
  })

  it.each([600_000, -600_000])(
    'arrive although the clocks differ by %i ms, at the second try only once',
    async (aheadMs) => {
      theirs.aheadMs = aheadMs
      const caller = peers()
      await caller.heartbeat(target(), { epoch: 1 })
      ours.aheadMs = aheadMs
      await caller.heartbeat(target(), { epoch: 2 })
      ours.aheadMs = 0
      await caller.heartbeat(target(), { epoch: 3 })
      expect(heard).toEqual([1, 2, 3])
    },
  )

  it('by a key that is not in the records are refused', async () => {
    const pair = await P256Keypair.create()
    const caller = peers({ publicKey: pair.did(), sign: (message) => pair.sign(message) })
    await expect(caller.heartbeat(target(), { epoch: 1 })).rejects.toMatchObject({
      code: 'unauthorized',
      reason: 'BadSignature',
    })
    expect(heard).toEqual([])
  })

  it('to nobody fail as unreachable', async () => {
    const endpoint = `http://127.0.0.1:${await freePort()}`
    await expect(peers().heartbeat({ did: ownDid, endpoint }, { epoch: 1 })).rejects.toMatchObject({
      code: 'unreachable',
    })
  })

  it('end with their signal', async () => {
    const signal = AbortSignal.abort()
    await expect(peers().heartbeat(target(), { epoch: 1 }, signal)).rejects.toMatchObject({
      code: 'interrupted',
    })
    expect(heard).toEqual([])
  })
})
