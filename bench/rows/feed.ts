import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Frame } from '@atproto/xrpc-server'
import { createSignatureVerifier } from '../../src/atproto/repo-walk-signature.ts'
import { busyMsOf } from '../alternate.ts'
import {
  type Frames,
  openFrameFeed,
  proveFrames,
  recordFrames,
  repeatFrames,
  signaturesOf,
} from '../frame-feed.ts'
import { atLeast, median, resultOf, type Result } from '../result.ts'

const REPOS = 8
/** Frames of one sample. */
const BATCH = 80
/** An event that is passed by takes so little that a sample needs more of them. */
const REPEATS = 20
const BATCHES = 14
const WARM_UP = 4

/** Events of the stream a second and core, from their bytes to the stored record. */
export async function measure(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  try {
    const recorded = await recordFrames({ repos: REPOS, batches: BATCHES + WARM_UP, batch: BATCH })
    const wanted = await measureFeed(recorded, join(folder, 'wanted.sqlite'), true)
    const many = repeatFrames(recorded, REPEATS)
    const unwanted = await measureFeed(many, join(folder, 'unwanted.sqlite'), false)
    const floor = Math.round(median(wanted.proven))
    const common = { unit: 'events/s of CPU', warm: WARM }
    return [
      resultOf({
        ...common,
        id: 'feed',
        name: 'Events of repos that are followed: decoded, proven, applied and stored',
        samples: wanted.feed,
        baseline: { name: 'decode, and check one signature with OpenSSL', samples: wanted.signed },
        targets: [atLeast('ratio', 0.7)],
        whenNotMet: `proving alone, by signature and with the tree of @atproto/repo, does ${floor} a second.`,
      }),
      resultOf({
        ...common,
        id: 'feed/proof',
        name: 'The same events decoded and proven, nothing kept',
        samples: wanted.proven,
        baseline: { name: 'decode, and check one signature with OpenSSL', samples: wanted.signed },
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
  const rates: Record<'feed' | 'proven' | 'signed' | 'decoded', number[]> = {
    feed: [],
    proven: [],
    signed: [],
    decoded: [],
  }
  const verify = createSignatureVerifier()
  await using feed = await openFrameFeed(recorded, file, followed)
  for (const [index, frames] of recorded.batches.entries()) {
    const signatures = followed ? await signaturesOf(recorded, frames) : []
    const tasks: Partial<Record<keyof typeof rates, () => void | Promise<void>>> = {
      feed: () => feed.take(frames),
      decoded: () => {
        for (const bytes of frames) Frame.fromBytes(bytes)
      },
      ...(followed && {
        proven: () => proveFrames(recorded, frames, verify),
        signed: () => {
          for (const [at, bytes] of frames.entries()) {
            Frame.fromBytes(bytes)
            const signature = signatures[at]
            if (!signature || !verify(...signature)) throw new Error('a signature does not fit')
          }
        },
      }),
    }
    const inTurn = Object.entries(tasks)
    if (index % 2 === 1) inTurn.reverse()
    for (const [name, task] of inTurn) {
      const ms = await busyMsOf(task)
      if (index >= WARM_UP) rates[name as keyof typeof rates].push((1_000 * frames.length) / ms)
    }
  }
  return rates
}
