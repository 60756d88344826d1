import { messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { FeedChecks } from './feed-checks.ts'
import type { FeedFrame } from './feed-frame.ts'
import { FeedLanes } from './feed-lanes.ts'
import type { FeedRepos } from './feed-repos.ts'
import { type HostStream, openHostStream } from './feed-stream.ts'
import type { ConnectStream, EventReader } from './feed-transport.ts'
import type { RecordStore } from './record-store.ts'

export interface FeedHostsOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly store: RecordStore
  readonly repos: FeedRepos
  readonly checks: FeedChecks
  readonly connect: ConnectStream
  readonly events: EventReader
  readonly isFollowed: (did: Did) => boolean
}

export interface HostStatus {
  readonly host: string
  readonly connected: boolean
  /** Sequence number up to which everything was taken in. */
  readonly cursor: number | undefined
  /** The host’s own time of its last event, milliseconds since 1970; undefined: none came yet. */
  readonly lastEventMs: number | undefined
  readonly reconnects: number
  /** Frames received and not yet taken in. */
  readonly queued: number
  /** Repos there that are to be compared with their PDS. */
  readonly inDoubt: number
}

type EventFrame = Extract<FeedFrame, { did: Did }>

interface Host {
  readonly url: string
  readonly stream: HostStream
  /** Of the present connection. */
  lanes: FeedLanes
  /** Up to here everything was taken in. */
  cursor: number | undefined
  /** The last that was received. */
  receivedSeq: number | undefined
  /** What the last event says of its time; read when somebody asks. */
  lastTime: string | undefined
  cancelQuiet: () => void
}

/** The cursor moves in memory at once, on disk this often: what comes twice does nothing twice. */
const CURSOR_EVERY_MS = 1_000
/**
 * A host starts to send at some moment after it accepted the connection. Without a cursor an event
 * may fall into that gap, so the repos are looked at once more.
 */
const SECOND_LOOK_MS = 3_000
/**
 * A host that says nothing for so long has a short log, and is asked for all of it: that gives a
 * position in it. Without one, what is deleted while we are away could not be told from a loss.
 */
const QUIET_MS = 15_000

/** The event streams: one a host, for all followed repos there. */
export class FeedHosts implements AsyncDisposable {
  readonly #options: FeedHostsOptions
  readonly #hosts = new Map<string, Host>()
  readonly #unsaved = new Set<Host>()
  readonly #closing = new Set<Promise<void>>()
  /** Told once, not each time that it is tried. */
  #isSavingFailing = false
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
    return hosts.map(({ url, stream, cursor, lastTime }) => {
      const inDoubt = repos.filter((repo) => repo.host === url && repo.inDoubt).length
      return { host: url, ...stream.status(), cursor, lastEventMs: timeMs(lastTime), inDoubt }
    })
  }

  /** For how long the stream of a host has been open and heard, milliseconds. */
  freshForMs(url: string): number {
    return this.#hosts.get(url)?.stream.freshForMs() ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true
    this.#cancelSaving?.()
    for (const host of [...this.#hosts.values()]) this.#end(host)
    await Promise.all(this.#closing)
    this.#save()
    this.#hosts.clear()
  }

  #open(url: string): void {
    const { clock, random, log, store, connect } = this.#options
    const stream = openHostStream({
      host: url,
      connect,
      clock,
      random,
      log,
      cursor: () => (this.#hosts.get(url) ?? { cursor: store.cursor(url) }).cursor,
      onOpen: (continuous) => this.#opened(host, continuous),
      onFrame: (frame) => this.#frame(host, frame),
    })
    const cursor = store.cursor(url)
    const lanes = this.#lanesOf(() => host)
    const unseen = { receivedSeq: cursor, lastTime: undefined }
    const host: Host = { url, stream, lanes, cursor, ...unseen, cancelQuiet: () => {} }
    this.#hosts.set(url, host)
  }

  #lanesOf(host: () => Host): FeedLanes {
    return new FeedLanes((seq) => this.#advance(host(), seq))
  }

  #close(host: Host): void {
    this.#hosts.delete(host.url)
    this.#end(host)
    this.#unsaved.delete(host)
    this.#options.store.saveCursors([{ host: host.url, cursor: undefined }])
  }

  #end(host: Host): void {
    host.lanes.end()
    host.cancelQuiet()
    const closing = Promise.resolve(host.stream[Symbol.asyncDispose]()).finally(() =>
      this.#closing.delete(closing),
    )
    this.#closing.add(closing)
  }

  #opened(host: Host, continuous: boolean): void {
    // The last connection's are done: a stream connects again only after that.
    host.lanes = this.#lanesOf(() => host)
    host.receivedSeq = host.cursor
    host.cancelQuiet()
    if (host.cursor === undefined) this.#waitForEvent(host)
    if (continuous) return
    const { checks } = this.#options
    for (const did of this.#reposOf(host)) {
      checks.request(did)
      if (host.cursor === undefined) checks.later(did, SECOND_LOOK_MS)
    }
  }

  #waitForEvent(host: Host): void {
    host.cancelQuiet = this.#options.clock.schedule(QUIET_MS, () => {
      if (host.cursor !== undefined || !host.stream.status().connected) return
      this.#advance(host, 0)
      host.stream.restart()
    })
  }

  #frame(host: Host, frame: FeedFrame): Promise<'continue' | 'reconnect'> | undefined {
    const { log, isFollowed } = this.#options
    switch (frame.kind) {
      case 'error':
        return this.#hostEnds(host, frame.name)
      case 'info':
        log.info('A host comments on its event stream', { host: host.url, name: frame.name })
        if (frame.name === 'OutdatedCursor') this.#doubt(host)
        return undefined
      case 'unknown':
        log.debug('A frame was passed over', { host: host.url, reason: frame.reason })
        if (frame.seq !== undefined) this.#pass(host, frame.seq)
        return undefined
      case 'commit':
      case 'sync':
      case 'identity':
      case 'account':
        host.lastTime = frame.time ?? host.lastTime
        if (isFollowed(frame.did)) return this.#take(host, frame)
        this.#pass(host, frame.seq)
        return undefined
    }
  }

  async #hostEnds(host: Host, reason: string): Promise<'reconnect'> {
    this.#options.log.warn('A host ends its event stream', { host: host.url, reason })
    await host.lanes.idle()
    if (reason === 'FutureCursor') this.#restart(host)
    return 'reconnect'
  }

  #pass(host: Host, seq: number): void {
    this.#noteSeq(host, seq)
    host.lanes.pass(seq)
  }

  async #take(host: Host, frame: EventFrame): Promise<'continue'> {
    this.#noteSeq(host, frame.seq)
    await host.lanes.run(frame.did, frame.seq, () => this.#event(host, frame))
    return 'continue'
  }

  #noteSeq(host: Host, seq: number): void {
    // The host counts anew: its data was lost, and what came in between is unknown.
    if (host.receivedSeq !== undefined && seq < host.receivedSeq) this.#doubt(host)
    host.receivedSeq = seq
  }

  async #event(host: Host, frame: EventFrame): Promise<void> {
    const { store, repos, checks, events, log } = this.#options
    const { did, kind, body } = frame
    const facts = store.facts(did)
    if (facts.host !== host.url) {
      // Only a repo's own PDS speaks for it; but perhaps this one just became that.
      return checks.request(did, { force: facts.host !== undefined })
    }
    if (kind === 'commit') {
      const outcome = await repos.commit(did, body)
      if (outcome === 'known' || outcome === 'applied') return
      checks.request(did)
      if (typeof outcome === 'object') {
        log.debug('A repo is in doubt', { did, reason: outcome.inDoubt })
      }
      return
    }
    // What the other kinds say is not signed: they are a reason to look, and nothing else.
    const commit = kind === 'sync' ? await events.sync(body) : undefined
    const isKnown = commit !== undefined && commit === facts.position?.commit
    // An account that is not active here any more may have moved, so its DID is resolved anew as well.
    if (!isKnown || facts.problem !== undefined) checks.request(did, { force: kind !== 'sync' })
  }

  #advance(host: Host, seq: number): void {
    host.cursor = seq
    if (this.#hosts.get(host.url) !== host) return
    this.#unsaved.add(host)
    this.#saveLater()
  }

  #saveLater(): void {
    if (this.#disposed) return
    this.#cancelSaving ??= this.#options.clock.schedule(CURSOR_EVERY_MS, () => this.#save())
  }

  #save(): void {
    this.#cancelSaving = undefined
    if (this.#unsaved.size === 0) return
    try {
      const cursors = [...this.#unsaved].map(({ url, cursor }) => ({ host: url, cursor }))
      this.#options.store.saveCursors(cursors)
      this.#unsaved.clear()
      this.#isSavingFailing = false
    } catch (error) {
      // What lies behind the stored cursors is sent again, and is known then.
      const { log } = this.#options
      const reason = messageOf(error)
      if (!this.#isSavingFailing) log.warn('Cursors can’t be stored', { reason })
      this.#isSavingFailing = true
      this.#saveLater()
    }
  }

  /** The host knows less than it did: whatever it sends next, nothing links to what was read. */
  #restart(host: Host): void {
    host.cursor = undefined
    this.#unsaved.add(host)
    this.#save()
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

function timeMs(time: string | undefined): number | undefined {
  const ms = Date.parse(time ?? '')
  return Number.isNaN(ms) ? undefined : ms
}
