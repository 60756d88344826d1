import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Frame } from '@atproto/xrpc-server'
import { createSignatureVerifier } from '../../src/atproto/repo-walk-signature.ts'
import { busyMsAndGarbageOf } from '../alternate.ts'
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
/** Frames of one sample: so many that collecting their garbage costs what it costs in the long run. */
const BATCH = 200
/** An event that is passed by takes so little that a sample needs more of them. */
const REPEATS = 5
const BATCHES = 10
/** What belongs to one feed is compiled again for it, which goes on for a thousand events. */
const WARM_UP = 6
/** Of all frames, on stores of their own. */
const WARM_UP_ROUNDS = 2

/** Events of the stream a second and core, from their bytes to the stored record. */
export async function measure(): Promise<readonly Result[]> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-bench-'))
  try {
    const recorded = await recordFrames({ repos: REPOS, batches: BATCHES + WARM_UP, batch: BATCH })
    const wanted = await measureFeed(recorded, join(folder, 'wanted.sqlite'), true)
    const many = repeatFrames(recorded, REPEATS)
    const unwanted = await measureFeed(many, join(folder, 'unwanted.sqlite'), false)
    const common = { unit: 'events/s of CPU', warm: WARM }
    return [
      resultOf({
        ...common,
        id: 'feed',
        name: 'Events of repos that are followed: decoded, proven, applied and stored',
        samples: wanted.feed,
        baseline: { name: 'decode, and check one signature with OpenSSL', samples: wanted.signed },
        targets: [atLeast('ratio', 0.7)],
        whenNotMet: partsOf(wanted),
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

type Task = 'feed' | 'proven' | 'unsigned' | 'signed' | 'decoded'

const WARM = 'Warm: the compiler, the keys, the store. The store is SQLite on disk.'

async function measureFeed(recorded: Frames, file: string, followed: boolean) {
  const rates: Record<Task, number[]> = {
    feed: [],
    proven: [],
    unsigned: [],
    signed: [],
    decoded: [],
  }
  const verify = createSignatureVerifier()
  for (let round = 0; round < WARM_UP_ROUNDS; round++) {
    await using warm = await openFrameFeed(recorded, `${file}-${round}`, followed)
    for (const frames of recorded.batches) await warm.take(frames)
  }
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
        unsigned: () => proveFrames(recorded, frames, () => true),
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
      const ms = await busyMsAndGarbageOf(task)
      if (index >= WARM_UP) rates[name as keyof typeof rates].push((1_000 * frames.length) / ms)
    }
  }
  return rates
}

/** Where the time of an event goes, each part measured in the same run. */
function partsOf(rates: Readonly<Record<Task, readonly number[]>>): string {
  const tookUs = (task: Task) => 1_000_000 / median(rates[task])
  const parts = {
    decoding: tookUs('decoded'),
    'the signature': tookUs('signed') - tookUs('decoded'),
    'the rest of the proof': tookUs('unsigned') - tookUs('decoded'),
    'order, transaction and view': tookUs('feed') - tookUs('proven'),
  }
  const each = Object.entries(parts).map(([name, us]) => `${name} ${Math.round(us)} µs`)
  return `of an event, ${each.join(', ')}.`
}
