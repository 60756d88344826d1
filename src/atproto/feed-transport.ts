import type { Cid } from '../model/records.ts'
import type { VerifiedEvent } from './feed-commit.ts'
import type { FeedFrame } from './feed-frame.ts'
import type { ResolvedIdentity } from './feed-reader.ts'

/** One connection to the event stream of a host. */
export interface StreamConnection {
  /** Nothing is read until it is resumed; the host's buffer fills meanwhile. */
  readonly isPaused: boolean
  pause(): void
  resume(): void
  /** Asks for a sign of life. */
  ping(): void
  /** Ends it at once; `closed` still follows. */
  terminate(): void
}

/** What comes of a connection. Nothing is called before the connection was handed out. */
export interface StreamListener {
  opened(): void
  /** `bytes`: how large the frame was, for the limit of what may wait. */
  frame(frame: FeedFrame, bytes: number): void
  /** The host answered a ping. */
  alive(): void
  /** `closed` follows. */
  failed(reason: string): void
  /** The last call, exactly once. */
  closed(code: number): void
}

/** Connects to the event stream of a host (the origin of a PDS), from a position on or from now on. */
export type ConnectStream = (
  host: string,
  cursor: number | undefined,
  listener: StreamListener,
) => StreamConnection

/** What a commit of the stream says of itself, and a way to prove it. */
export interface CommitClaim {
  readonly rev: string
  /** The revision that it follows. */
  readonly since: string | undefined
  /** The root of the tree that it follows. */
  readonly prevData: Cid | undefined
  readonly tooBig: boolean
  /**
   * Proves all that it says. Fails with code `identity` on a signature that does not fit, else with
   * `bad-answer`.
   */
  prove(
    at: ResolvedIdentity,
    /** The bytes of a block that is at hand. */
    known: (cid: Cid) => Uint8Array | undefined,
  ): Promise<VerifiedEvent>
}

/** Reads the bodies of events. */
export interface EventReader {
  /** Undefined: it can't be read. */
  commit(body: unknown): CommitClaim | undefined
  /** The commit that a `#sync` names, unproven; undefined: it can't be read. */
  sync(body: unknown): Promise<Cid | undefined>
}
