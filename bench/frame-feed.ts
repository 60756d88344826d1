import { Frame, MessageFrame } from '@atproto/xrpc-server'
import { createEventReader } from '../src/atproto/feed-events.ts'
import { startFeed } from '../src/atproto/feed-core.ts'
import { readFrame } from '../src/atproto/feed-frame.ts'
import type { RepoReader } from '../src/atproto/feed-reader.ts'
import type { StreamListener } from '../src/atproto/feed-transport.ts'
import { openRecordDisk } from '../src/atproto/record-store-sql.ts'
import { createRecordStore } from '../src/atproto/record-store.ts'
import {
  createSignatureVerifier,
  type SignatureVerifier,
} from '../src/atproto/repo-walk-signature.ts'
import { REPO_QUOTA } from '../src/atproto/repo-walk.ts'
import { systemClock } from '../src/cli/system-clock.ts'
import type { Did } from '../src/model/records.ts'
import { silentLog } from '../src/ports/log.ts'
import { clusterWrite, postWrite } from '../test/support/sample-records.ts'
import { ScriptedRepo } from '../test/support/scripted-repo.ts'

const HOST = 'https://pds.example'

/** What a host sent of some repos, and where these stood before. */
export interface Frames {
  readonly keys: ReadonlyMap<Did, string>
  readonly start: ReadonlyMap<Did, { readonly cid: string; readonly rev: string; data: string }>
  /** In the order of the stream. */
  readonly batches: readonly (readonly Uint8Array[])[]
}

/** Signs commits, of a cluster record each, in repos that hold some hundred posts. */
export async function recordFrames(size: {
  readonly repos: number
  readonly batches: number
  readonly batch: number
}): Promise<Frames> {
  const repos = await Promise.all(
    Array.from({ length: size.repos }, async (_, i) => {
      const repo = await ScriptedRepo.create(`did:plc:repo${i}`)
      await repo.write(...Array.from({ length: 300 }, (_, n) => postWrite(`post${n}`)))
      return repo
    }),
  )
  const start = new Map(repos.map(({ did, cid, rev, data }) => [did, { cid, rev, data }] as const))
  const keys = new Map(repos.map(({ did, key }) => [did, key.did()] as const))
  const batches: Uint8Array[][] = []
  let seq = 0
  for (let batch = 0; batch < size.batches; batch++) {
    const frames: Uint8Array[] = []
    while (frames.length < size.batch) {
      const repo = repos[seq % repos.length] as ScriptedRepo
      const event = await repo.write(clusterWrite(`c${seq % 50}`, seq))
      seq++
      const body = { ...event, seq, time: '2026-01-01T00:00:00.000Z' }
      frames.push(new MessageFrame(body, { type: '#commit' }).toBytes())
    }
    batches.push(frames)
  }
  return { keys, start, batches }
}

/** The same frames `times` times, with the sequence numbers of one stream, in batches `times` as large. */
export function repeatFrames(recorded: Frames, times: number): Frames {
  let seq = 0
  const batches = recorded.batches.map((frames) =>
    Array.from({ length: times }, () => frames).flatMap((each) =>
      each.map((bytes) => {
        const frame = Frame.fromBytes(bytes)
        if (!frame.isMessage()) throw new Error('not a message')
        const body = { ...(frame.body as object), seq: ++seq }
        return new MessageFrame(body, { type: '#commit' }).toBytes()
      }),
    ),
  )
  return { ...recorded, batches }
}

/** Proves what the frames say, as the feed does, and keeps nothing of it. */
export async function proveFrames(
  { keys }: Frames,
  frames: readonly Uint8Array[],
  verify: SignatureVerifier,
): Promise<void> {
  const events = createEventReader({ verify, quota: REPO_QUOTA, clock: systemClock })
  for (const bytes of frames) {
    const frame = readFrame(bytes)
    if (frame.kind !== 'commit') throw new Error('not a commit')
    const at = { did: frame.did, pdsUrl: HOST, signingKey: keys.get(frame.did) ?? '' }
    await events.commit(frame.body)?.prove(at, () => undefined)
  }
}

/** What the signature check of a frame is given. */
export type SignedFrame = Parameters<SignatureVerifier>

/** Of each frame its own key, message and signature: one that does not fit is checked sooner. */
export async function signaturesOf(
  recorded: Frames,
  frames: readonly Uint8Array[],
): Promise<readonly SignedFrame[]> {
  const found: SignedFrame[] = []
  await proveFrames(recorded, frames, (...signed) => found.push(signed) > 0)
  return found
}

export interface FrameFeed extends AsyncDisposable {
  /** Resolves when what these frames say is in the store. */
  take(frames: readonly Uint8Array[]): Promise<void>
}

/** The feed itself, on a stream that the caller fills; HTTP is never used. */
export async function openFrameFeed(
  { keys, start }: Frames,
  file: string,
  followed: boolean,
): Promise<FrameFeed> {
  const verify = createSignatureVerifier()
  const { promise: connected, resolve } = Promise.withResolvers<StreamListener>()
  const disk = openRecordDisk({ file, log: silentLog, nowMs: systemClock.wallMs() })
  const feed = startFeed({
    clock: systemClock,
    random: { next: () => 0.5, bytes: (length) => new Uint8Array(length) },
    log: silentLog,
    store: createRecordStore({ disk }),
    reader: readerAt(keys, start),
    events: createEventReader({ verify, quota: REPO_QUOTA, clock: systemClock }),
    connect: (_host, _cursor, listener) => {
      resolve(listener)
      const end = () => listener.closed(1000)
      return { isPaused: false, pause() {}, resume() {}, ping() {}, terminate: end }
    },
  })
  // Without a followed repo there is no stream: one stands for the rest of the host.
  const [first] = keys.keys()
  feed.follow(new Set<Did>(followed ? keys.keys() : [OTHER]))
  const listener = await connected
  listener.opened()
  const dids = followed ? [...keys.keys()] : [OTHER]
  while (dids.some((did) => feed.repoState(did) === 'unknown' || feed.currentForMs(did) === 0))
    await new Promise((resume) => setTimeout(resume, 5))
  if (first === undefined) throw new Error('no repos')
  let seen = 0
  return {
    async take(frames) {
      seen += frames.length
      for (const bytes of frames) listener.frame(readFrame(bytes), bytes.length)
      while ((feed.status().hosts[0]?.cursor ?? 0) < seen)
        await new Promise((resume) => setImmediate(resume))
    },
    [Symbol.asyncDispose]: () => feed[Symbol.asyncDispose](),
  }
}

const OTHER: Did = 'did:plc:other'

/** Everybody is on one host and was read there before the first frame. */
function readerAt(keys: Frames['keys'], start: Frames['start']): RepoReader {
  const of = (did: Did) => start.get(did) ?? { cid: 'bafyother', rev: '3aaaaaaaaaa22', data: 'x' }
  return {
    resolve: (did) =>
      Promise.resolve({ did, pdsUrl: HOST, signingKey: keys.get(did) ?? 'did:key:none' }),
    latestCommit: ({ did }) => Promise.resolve(of(did)),
    listing: ({ did }) => Promise.resolve({ commit: of(did), records: [], truncated: false }),
    record: () => Promise.reject(new Error('nobody gave a hint')),
  }
}
