import { MessageFrame } from '@atproto/xrpc-server'
import fc from 'fast-check'
import { createEventReader } from '../../../src/atproto/feed-events.ts'
import { readFrame } from '../../../src/atproto/feed-frame.ts'
import { createSignatureVerifier } from '../../../src/atproto/repo-walk-signature.ts'
import { REPO_QUOTA } from '../../../src/atproto/repo-walk.ts'
import type { Did } from '../../../src/model/records.ts'
import { clusterWrite, deletion, postWrite, workloadWrite } from '../../support/sample-records.ts'
import { ScriptedRepo } from '../../support/scripted-repo.ts'
import { mutatedBytes } from '../arbitraries/cbor.ts'
import { expectThat, refusable, type Surface } from '../surface.ts'

const did: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
const repo = await ScriptedRepo.create(did)
/** As a PDS sends them: commits of all kinds, and what else comes on the stream. */
const FRAMES = await validFrames()

/** Messages of the event stream of a PDS, and the proof of what they say. */
export const frameSurface: Surface = {
  name: 'firehose-frame',
  inputs: mutatedBytes(fc.constantFrom(...FRAMES)),
  open: () => {
    const reader = createEventReader({
      verify: createSignatureVerifier(),
      quota: REPO_QUOTA,
      clock: { wallMs: () => Date.parse('2026-01-02') },
    })
    const feed = async (input: unknown) => {
      const bytes = input as Uint8Array
      const frame = readFrame(bytes)
      if (frame.kind === 'sync') await reader.sync(frame.body)
      if (frame.kind !== 'commit') return
      const event = reader.commit(frame.body)
      if (event === undefined) return
      await refusable(async () => {
        const proven = await event.prove(
          { did, pdsUrl: '', signingKey: repo.key.did() },
          () => undefined,
        )
        expectThat(
          proven.put.every(({ key }) => key.length <= 1024),
          'keys are bounded',
        )
      })
    }
    return Promise.resolve({ feed, [Symbol.asyncDispose]: () => Promise.resolve() })
  },
}

async function validFrames(): Promise<readonly Uint8Array[]> {
  const commits = [
    await repo.write(workloadWrite('web'), clusterWrite('home')),
    await repo.write(workloadWrite('db'), postWrite('a')),
    await repo.write(deletion('commune.scheduler.workload', 'web')),
  ]
  const bodies: readonly (readonly [string, object])[] = [
    ...commits.map((commit) => ['#commit', commit] as const),
    ['#sync', await repo.syncEvent()],
    ['#identity', { did, handle: 'alice.example' }],
    ['#account', { did, active: false, status: 'takendown' }],
    ['#info', { name: 'OutdatedCursor' }],
  ]
  return bodies.map(([type, body], index) => {
    const stamped = { seq: index + 1, time: '2026-01-01T00:00:00.000Z', ...body }
    return Uint8Array.from(new MessageFrame(stamped as never, { type }).toBytes())
  })
}
