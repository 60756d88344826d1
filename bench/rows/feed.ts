import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Frame } from '@atproto/xrpc-server'
import { createSignatureVerifier } from '../../src/atproto/repo-walk-signature.ts'
import { busyMsOf } from '../alternate.ts'
import { openFrameFeed, type Frames, recordFrames } from '../frame-feed.ts'
import { atLeast, resultOf, type Result } from '../result.ts'

const REPOS = 8
/** Frames of one sample. */
const BATCH = 80
const BATCHES = 14
const WARM_UP = 4

/** Events of the stream a second and core, from their bytes to the stored record. */
export async function measure(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  try {
    const recorded = await recordFrames({ repos: REPOS, batches: BATCHES + WARM_UP, batch: BATCH })
    const wanted = await measureFeed(recorded, join(folder, 'wanted.sqlite'), true)
    const unwanted = await measureFeed(recorded, join(folder, 'unwanted.sqlite'), false)
    const common = { unit: 'events/s of CPU', warm: WARM }
    return [
      resultOf({
        ...common,
        id: 'feed',
        name: 'Events of repos that are followed: decoded, proven, applied and stored',
        samples: wanted.feed,
        baseline: { name: 'decode, and check one signature with OpenSSL', samples: wanted.signed },
        targets: [atLeast('ratio', 0.7)],
      }),
      resultOf({
        ...common,
        id: 'feed/unwanted',
        name: 'Events of repos that are not followed: passed by',
        samples: unwanted.feed,
        baseline: { name: 'decode alone', samples: unwanted.decoded },
        targets: [atLeast('ratio', 0.9)],
      }),
    ]
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const WARM = 'Warm: the compiler, the keys, the store. The store is SQLite on disk.'

async function measureFeed(recorded: Frames, file: string, followed: boolean) {
  const rates = { feed: [] as number[], signed: [] as number[], decoded: [] as number[] }
  const verify = createSignatureVerifier()
  const [key = ''] = recorded.keys.values()
  await using feed = await openFrameFeed(recorded, file, followed)
  for (const [index, frames] of recorded.batches.entries()) {
    const decode = () => {
      for (const bytes of frames) Frame.fromBytes(bytes)
    }
    const decodeAndVerify = () => {
      for (const bytes of frames) {
        Frame.fromBytes(bytes)
        verify(key, bytes.subarray(0, 200), WRONG_SIGNATURE)
      }
    }
    const feedMs = await busyMsOf(() => feed.take(frames))
    const signedMs = await busyMsOf(decodeAndVerify)
    const decodedMs = await busyMsOf(decode)
    if (index < WARM_UP) continue
    rates.feed.push((1_000 * frames.length) / feedMs)
    rates.signed.push((1_000 * frames.length) / signedMs)
    rates.decoded.push((1_000 * frames.length) / decodedMs)
  }
  return rates
}

/** Whether a signature fits or not costs the same; this one has the right shape. */
const WRONG_SIGNATURE = new Uint8Array(64).fill(7)
