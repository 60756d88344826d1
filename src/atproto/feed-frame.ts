import { isPlainObject } from '@atproto/lex'
import { parseSync } from '@atproto/sync'
import { Frame } from '@atproto/xrpc-server'
import { com } from '../lexicons/index.ts'
import { messageOf } from '../model/errors.ts'
import type { Cid, Did } from '../model/records.ts'
import { type FramePeek, peekFrame } from './feed-frame-peek.ts'

/** The body of a `#commit`, as its lexicon defines it. */
export type CommitBody = com.atproto.sync.subscribeRepos.Commit

/** A message of `com.atproto.sync.subscribeRepos`, read no further than it takes to sort it out. */
export type FeedFrame =
  | {
      readonly kind: 'commit' | 'sync' | 'identity' | 'account'
      readonly seq: number
      readonly did: Did
      /** When the host says that it sent it; not to be relied on. */
      readonly time: string | undefined
      /** Undefined when it can't be read. */
      readonly body: unknown
    }
  | { readonly kind: 'info'; readonly name: string }
  /** The host is about to hang up. */
  | { readonly kind: 'error'; readonly name: string }
  /** Of a type that came after this program, or not readable at all. */
  | { readonly kind: 'unknown'; readonly seq: number | undefined; readonly reason: string }

const KINDS = {
  '#commit': 'commit',
  '#sync': 'sync',
  '#identity': 'identity',
  '#account': 'account',
} as const

/**
 * Reads a frame of the event stream; the body of an event only when somebody asks for it, since most
 * are of repos that nobody here follows. Never throws.
 */
export function readFrame(bytes: Uint8Array): FeedFrame {
  const peek = peekFrame(bytes)
  const kind = KINDS[peek?.type as keyof typeof KINDS]
  if (peek && kind) return new EventFrame(kind, peek, bytes)
  try {
    const frame = Frame.fromBytes(bytes)
    if (frame.isError()) return { kind: 'error', name: printable(frame.code) }
    return frame.isMessage() ? readMessage(frame.type, frame.body) : unknown('no message')
  } catch (error) {
    return unknown(messageOf(error))
  }
}

/** Checks the body of a `#commit` with its lexicon; undefined when it is none. */
export function parseCommitBody(body: unknown): CommitBody | undefined {
  // It has no defaults to fill in, and an optional field that is not there costs no error with its stack.
  const result = com.atproto.sync.subscribeRepos.commit.safeValidate(body)
  // The schema is generated from the same lexicon as the type.
  return result.success ? (result.value as unknown as CommitBody) : undefined
}

/**
 * Checks the body of a `#sync` and its blocks against their hashes. Gives the commit that it names,
 * of which neither the signature nor anything else was checked; undefined when it is none.
 */
export async function parseSyncBody(body: unknown): Promise<Cid | undefined> {
  const result = com.atproto.sync.subscribeRepos.sync.safeParse(body)
  if (!result.success) return undefined
  try {
    const sync = await parseSync(result.value)
    return sync?.cid.toString()
  } catch {
    return undefined
  }
}

/** An event as it came, read from the outside. */
class EventFrame {
  readonly kind: (typeof KINDS)[keyof typeof KINDS]
  readonly seq: number
  readonly did: Did
  readonly time: string | undefined
  readonly #bytes: Uint8Array

  constructor(kind: EventFrame['kind'], { seq, did, time }: FramePeek, bytes: Uint8Array) {
    this.kind = kind
    this.seq = seq
    this.did = did as Did
    this.time = time
    this.#bytes = bytes
  }

  get body(): unknown {
    try {
      const frame = Frame.fromBytes(this.#bytes)
      return frame.isMessage() ? frame.body : undefined
    } catch {
      return undefined
    }
  }
}

function readMessage(type: string | undefined, body: unknown): FeedFrame {
  if (!isPlainObject(body)) return unknown('no body')
  if (type === '#info') return { kind: 'info', name: printable(body['name']) }
  const seq = body['seq']
  if (typeof seq !== 'number' || !Number.isSafeInteger(seq)) return unknown('no sequence number')
  const kind = KINDS[type as keyof typeof KINDS]
  const did = body[kind === 'commit' ? 'repo' : 'did']
  if (kind === undefined || typeof did !== 'string') return unknown(`type ${printable(type)}`, seq)
  const time = typeof body['time'] === 'string' ? body['time'] : undefined
  return { kind, seq, did: did as Did, time, body }
}

function unknown(reason: string, seq?: number): FeedFrame {
  return { kind: 'unknown', seq, reason: printable(reason) }
}

/** Names come from a stranger and end in logs. */
function printable(name: unknown): string {
  return String(name)
    .replaceAll(/[^\x20-\x7e]+/g, ' ')
    .slice(0, 100)
}
