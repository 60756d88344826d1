import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { FeedChecks } from './feed-checks.ts'
import { type FeedFrame, readFrame } from './feed-frame.ts'
import type { FeedRepos } from './feed-repos.ts'
import { type HostStream, openHostStream } from './feed-stream.ts'
import type { RecordStore } from './record-store.ts'

export interface FeedHostsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly store: RecordStore
  readonly repos: FeedRepos
  readonly checks: FeedChecks
  readonly allowPrivateAddresses: boolean
  readonly isFollowed: (did: Did) => boolean
}

export interface HostStatus {
  readonly host: string
  readonly connected: boolean
  /** Sequence number up to which everything was taken in. */
  readonly cursor: number | undefined
  /** How old the last event was when it came, by the clocks of both; undefined: none came yet. */
  readonly lagMs: number | undefined
  readonly reconnects: number
  /** Frames received and not yet looked at. */
  readonly queued: number
  /** Repos there that are to be compared with their PDS. */
  readonly inDoubt: number
}

interface Host {
  readonly url: string
  readonly stream: HostStream
  cursor: number | undefined
  lagMs: number | undefined
}

/** Frames that change nothing move the cursor in memory at once, on disk this often. */
const CURSOR_EVERY_MS = 1_000
/**
 * A host starts to send at some moment after it accepted the connection. Without a cursor an event
 * may fall into that gap, so the repos are looked at once more.
 */
const SECOND_LOOK_MS = 3_000

/** The event streams: one a host, for all followed repos there. */
export class FeedHosts implements AsyncDisposable {
  readonly #options: FeedHostsOptions
  readonly #hosts = new Map<string, Host>()
  readonly #unsaved = new Set<Host>()
  readonly #closing = new Set<Promise<void>>()
  #cancelSaving: (() => void) | undefined
  #disposed = false

  constructor(options: FeedHostsOptions) {
    this.#options = options
  }

  /** Opens and closes streams so that there is one for each host of these repos. */
  match(followed: ReadonlySet<Did>): void {
    if (this.#disposed) return
    const { store } = this.#options
    const wanted = new Set<string>()
    for (const did of followed) {
      const { host } = store.facts(did)
      if (host !== undefined) wanted.add(host)
    }
    for (const host of this.#hosts.values()) {
      if (!wanted.has(host.url)) this.#close(host)
    }
    for (const url of wanted) {
      if (!this.#hosts.has(url)) this.#open(url)
    }
  }

  status(repos: readonly { host: string | undefined; inDoubt: boolean }[]): HostStatus[] {
    const hosts = [...this.#hosts.values()].toSorted((a, b) => (a.url < b.url ? -1 : 1))
    return hosts.map(({ url, stream, cursor, lagMs }) => {
      const inDoubt = repos.filter((repo) => repo.host === url && repo.inDoubt).length
      return { host: url, ...stream.status(), cursor, lagMs, inDoubt }
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelSaving?.()
    await Promise.all([...this.#hosts.values()].map((host) => host.stream[Symbol.asyncDispose]()))
    await Promise.all(this.#closing)
    this.#save()
    this.#hosts.clear()
  }

  #open(url: string): void {
    const { clock, random, log, store, allowPrivateAddresses } = this.#options
    const stream = openHostStream({
      host: url,
      allowPrivateAddresses,
      clock,
      random,
      log,
      cursor: () => (this.#hosts.get(url) ?? { cursor: store.cursor(url) }).cursor,
      onOpen: (continuous) => this.#opened(host, continuous),
      onFrame: (bytes) => this.#frame(host, readFrame(bytes)),
    })
    const host: Host = { url, stream, cursor: store.cursor(url), lagMs: undefined }
    this.#hosts.set(url, host)
  }

  #close(host: Host): void {
    this.#hosts.delete(host.url)
    this.#unsaved.delete(host)
    this.#options.store.apply(undefined, { host: host.url, cursor: undefined })
    const closing = Promise.resolve(host.stream[Symbol.asyncDispose]()).finally(() =>
      this.#closing.delete(closing),
    )
    this.#closing.add(closing)
  }

  #opened(host: Host, continuous: boolean): void {
    if (continuous) return
    const { checks } = this.#options
    for (const did of this.#reposOf(host)) {
      checks.request(did)
      if (host.cursor === undefined) checks.later(did, SECOND_LOOK_MS)
    }
  }

  async #frame(host: Host, frame: FeedFrame): Promise<'continue' | 'reconnect'> {
    const { log } = this.#options
    switch (frame.kind) {
      case 'error':
        log.warn('A host ends its event stream', { host: host.url, reason: frame.name })
        if (frame.name === 'FutureCursor') this.#restart(host)
        return 'reconnect'
      case 'info':
        log.info('A host comments on its event stream', { host: host.url, name: frame.name })
        if (frame.name === 'OutdatedCursor') this.#doubt(host)
        return 'continue'
      case 'unknown':
        log.debug('A frame was passed over', { host: host.url, reason: frame.reason })
        if (frame.seq !== undefined) this.#advance(host, frame.seq)
        return 'continue'
      case 'commit':
      case 'sync':
      case 'identity':
      case 'account': {
        const stored = await this.#event(host, frame)
        const sentMs = Date.parse(frame.time ?? '')
        if (!Number.isNaN(sentMs)) host.lagMs = this.#options.clock.wallMs() - sentMs
        this.#advance(host, frame.seq, stored)
        return 'continue'
      }
    }
  }

  /** Takes an event in; true when the cursor was stored with its effect. */
  async #event(host: Host, frame: Extract<FeedFrame, { did: Did }>): Promise<boolean> {
    const { store, repos, checks, log, isFollowed } = this.#options
    const { did, kind, seq, body } = frame
    if (!isFollowed(did)) return false
    if (store.facts(did).host !== host.url) {
      // Only a repo's own PDS speaks for it; but perhaps this one just became that.
      checks.request(did, { force: store.facts(did).host !== undefined })
      return false
    }
    // What the other kinds say is not signed: they are a reason to look, and nothing else.
    if (kind !== 'commit') {
      checks.request(did, { force: kind === 'identity' })
      return false
    }
    const outcome = await repos.commit(did, body, { host: host.url, cursor: seq })
    if (outcome === 'known') return false
    if (outcome === 'applied') return true
    checks.request(did)
    if (outcome === 'applied-in-part') return true
    log.debug('A repo is in doubt', { did, reason: outcome.inDoubt })
    return false
  }

  #advance(host: Host, seq: number, stored = false): void {
    // The host counts anew: its data was lost, and what came in between is unknown.
    if (host.cursor !== undefined && seq < host.cursor) this.#doubt(host)
    host.cursor = seq
    if (stored) {
      this.#unsaved.delete(host)
      return
    }
    this.#unsaved.add(host)
    this.#cancelSaving ??= this.#options.clock.schedule(CURSOR_EVERY_MS, () => this.#save())
  }

  #save(): void {
    this.#cancelSaving = undefined
    for (const { url, cursor } of this.#unsaved) {
      this.#options.store.apply(undefined, { host: url, cursor })
    }
    this.#unsaved.clear()
  }

  /** The host knows less than it did: whatever it sends next, nothing links to what was read. */
  #restart(host: Host): void {
    host.cursor = undefined
    this.#unsaved.delete(host)
    this.#options.store.apply(undefined, { host: host.url, cursor: undefined })
    this.#doubt(host)
  }

  #doubt(host: Host): void {
    for (const did of this.#reposOf(host)) this.#options.checks.request(did)
  }

  #reposOf(host: Host): Did[] {
    const { store, isFollowed } = this.#options
    return store.dids().filter((did) => isFollowed(did) && store.facts(did).host === host.url)
  }
}
