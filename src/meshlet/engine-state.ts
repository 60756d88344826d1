import { messageOf } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import { sameContent } from '../model/same-content.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type {
  Engine,
  EngineContainer,
  EngineEvent,
  EngineInfo,
  EngineNetwork,
} from '../ports/engine.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import { backoffMs, type Backoff } from '../reconcile/backoff.ts'

/** What the engine has of one workload. */
export interface EngineShare {
  readonly containers: readonly EngineContainer[]
  readonly networks: readonly EngineNetwork[]
}

export interface EngineSnapshot extends EngineShare {
  /**
   * The same by workload; the empty text stands for what names none. A share is the same object as in
   * the snapshot before while it shows the same.
   */
  readonly byWorkload: ReadonlyMap<string, EngineShare>
}

const NOTHING: EngineShare = { containers: [], networks: [] }

/** What a snapshot shows of one workload. */
export function shareOf(snapshot: EngineSnapshot | undefined, uri: string): EngineShare {
  return snapshot?.byWorkload.get(uri) ?? NOTHING
}

/** The workloads of which one snapshot shows something else than the other. */
export function changedShares(
  before: EngineSnapshot | undefined,
  now: EngineSnapshot,
): readonly string[] {
  const uris = new Set([...(before?.byWorkload.keys() ?? []), ...now.byWorkload.keys()])
  return [...uris].filter((uri) => shareOf(before, uri) !== shareOf(now, uri))
}

export interface EngineStateOptions {
  readonly engine: Engine
  readonly meshletDid: string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** A new list, before anybody else sees it. */
  readonly onListed: (snapshot: EngineSnapshot) => void
  /** It answers again after its events had ended: it may have been started anew. */
  readonly onBack?: () => void
  /** Something happened to a container of this workload, or (undefined) possibly to any. */
  readonly onChange: (uri: string | undefined) => void
}

const RECONNECT: Backoff = { initialMs: 250, maxMs: 10_000 }

/**
 * What the engine has under our labels. It is listed again only after something may have changed, and
 * once for all who ask at the same time.
 */
export class EngineState implements AsyncDisposable {
  readonly #options: EngineStateOptions
  readonly #stop = new AbortController()
  #lastSeen: EngineSnapshot | undefined
  #listing: Promise<EngineSnapshot> | undefined
  #watching: Promise<void> | undefined
  #problem: { readonly message: string; readonly sinceMs: number } | undefined
  #info: EngineInfo | undefined
  #wasAway = false
  /** Counts invalidations: a listing that began before the last one may be outdated. */
  #generation = 0

  constructor(options: EngineStateOptions) {
    this.#options = options
  }

  /** Begins to listen to the engine's events. */
  start(): void {
    this.#watching ??= this.#watch()
  }

  /** The containers and networks now. Rejects while the engine does not answer. */
  async snapshot(): Promise<EngineSnapshot> {
    this.#listing ??= this.#list(this.#generation)
    return this.#listing
  }

  /** What was seen last, without asking; may be outdated. Undefined before the first answer. */
  get lastSeen(): EngineSnapshot | undefined {
    return this.#lastSeen
  }

  /** What the engine is; undefined until it first answered. */
  get info(): EngineInfo | undefined {
    return this.#info
  }

  /** Since when and why the engine does not answer; undefined when it does. */
  get problem(): { readonly message: string; readonly sinceMs: number } | undefined {
    return this.#problem
  }

  /** We or somebody else changed something: list again when next asked. */
  invalidate(): void {
    this.#generation++
    this.#listing = undefined
  }

  /** What is there of this workload may be another than was told: it is looked at anew. */
  doubt(uri: string): void {
    this.invalidate()
    this.#options.onChange(uri)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new Error('shutting down'))
    await this.#watching
  }

  async #list(generation: number): Promise<EngineSnapshot> {
    const { engine, meshletDid } = this.#options
    try {
      const [containers, networks, info] = await Promise.all([
        engine.listContainers(meshletDid, this.#stop.signal),
        engine.listNetworks(meshletDid, this.#stop.signal),
        this.#info ?? engine.info(this.#stop.signal),
      ])
      this.#info = info
      this.#problem = undefined
      const snapshot = {
        containers,
        networks,
        byWorkload: shares(containers, networks, this.#lastSeen),
      }
      this.#lastSeen = snapshot
      this.#options.onListed(snapshot)
      if (this.#wasAway) this.#options.onBack?.()
      this.#wasAway = false
      return snapshot
    } catch (error) {
      if (generation === this.#generation) this.#listing = undefined
      this.#problem ??= { message: messageOf(error), sinceMs: this.#options.clock.monotonicMs() }
      throw error
    }
  }

  async #watch(): Promise<void> {
    const { engine, meshletDid, clock, random, log, onChange } = this.#options
    let failures = 0
    while (!this.#stop.signal.aborted) {
      try {
        const events = engine.events(meshletDid, this.#stop.signal)
        this.invalidate()
        onChange(undefined)
        for await (const event of events) {
          failures = 0
          this.invalidate()
          onChange(uriOf(event))
        }
      } catch (error) {
        if (this.#stop.signal.aborted) return
        log.warn('lost the engine’s events; what runs goes on running', { error: messageOf(error) })
      }
      failures++
      this.#wasAway = true
      const waitMs = backoffMs(RECONNECT, failures, random.next())
      await sleep(clock, waitMs, this.#stop.signal).catch(() => undefined)
    }
  }
}

/** The empty text for what names no workload, as in a snapshot. */
function uriOf(event: EngineEvent): string {
  return event.labels[LABEL.workload] ?? ''
}

function shares(
  containers: readonly EngineContainer[],
  networks: readonly EngineNetwork[],
  before: EngineSnapshot | undefined,
): ReadonlyMap<string, EngineShare> {
  const label = ({ labels }: EngineContainer | EngineNetwork) => labels[LABEL.workload] ?? ''
  const containersBy = Map.groupBy(containers, label)
  const networksBy = Map.groupBy(networks, label)
  const uris = new Set([...containersBy.keys(), ...networksBy.keys()])
  const asBefore = (uri: string, share: EngineShare) => {
    const known = shareOf(before, uri)
    return isSameShare(known, share) ? known : share
  }
  return new Map(
    [...uris].map((uri) => [
      uri,
      asBefore(uri, {
        containers: containersBy.get(uri) ?? [],
        networks: networksBy.get(uri) ?? [],
      }),
    ]),
  )
}

function isSameShare(a: EngineShare, b: EngineShare): boolean {
  return isSameList(a.containers, b.containers) && isSameList(a.networks, b.networks)
}

/** The engine gives the same objects again for containers that it did not have to look at anew. */
function isSameList(a: readonly object[], b: readonly object[]): boolean {
  return (
    a.length === b.length && a.every((one, index) => one === b[index] || sameContent(one, b[index]))
  )
}
