import type { EngineContainer } from '../ports/engine.ts'

/**
 * A container that nothing is heard of is looked at anew this often, milliseconds: a change without an
 * event that the list does not show either is found so long after it, and one list more.
 */
export const LOOK_AGAIN_MS = 60 * 60_000
const LOOKS_AT_ONCE_MAX = 8
/** Of an id, which is drawn evenly: as many hexadecimal digits as tell when its turn is. */
const PHASE_DIGITS = 8

/** A line in the engine's list of containers. */
export interface ListedContainer {
  readonly id: string
  /** All that it says but for what time alone changes; another text means that something happened. */
  readonly line: string
}

interface Seen {
  readonly line: string
  /** Counts the periods of this container; in the next one it is looked at anew. */
  readonly period: number
  readonly container: EngineContainer
}

/**
 * What was found when each container was looked at last. An engine's list leaves out since when a
 * container runs, how it ended and which limits it has, and asking for each takes far longer than the
 * list. So a look is believed as long as the engine's events are listened to without a break, none of
 * them named the container, its line in the list is the same, and its period is not over. Whoever does
 * not listen has everything looked at.
 */
export class SeenContainers {
  readonly #nowMs: () => number
  /** By meshlet that listens, and id. */
  readonly #heard = new Map<string, Map<string, Seen>>()
  /** Counts what happened: a look that began before the last one may be outdated. */
  #happened = 0

  /** `nowMs` counts milliseconds from any moment on. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs
  }

  /**
   * From now on `forget` is called for everything that happens to this meshlet's containers; nothing
   * that was seen before is believed. Ends when what it returns is disposed of.
   */
  listen(meshletDid: string): Disposable {
    const seen = new Map<string, Seen>()
    this.#heard.set(meshletDid, seen)
    return {
      [Symbol.dispose]: () => {
        if (this.#heard.get(meshletDid) === seen) this.#heard.delete(meshletDid)
      },
    }
  }

  /** Something happened to this container, or may have. */
  forget(id: string): void {
    this.#happened++
    for (const seen of this.#heard.values()) seen.delete(id)
  }

  /**
   * Does something to a container. What was seen of it counts no longer, neither from before nor from
   * meanwhile, however that ends: the engine's own word of it may come late.
   */
  async whileChanging<T>(id: string, change: () => Promise<T>): Promise<T> {
    this.forget(id)
    try {
      return await change()
    } finally {
      this.forget(id)
    }
  }

  /**
   * What `list` gives, as it was seen or as `look` finds it now, by name. What is gone by then is left
   * out. Those whose turn it is are looked at while the engine makes its list.
   */
  async describe(
    meshletDid: string,
    list: () => Promise<readonly ListedContainer[]>,
    look: Look,
  ): Promise<EngineContainer[]> {
    const seen = this.#heard.get(meshletDid)
    const nowMs = this.#nowMs()
    const ahead = this.#lookAhead(seen, nowMs, look)
    const listed = await list()
    if (seen) forgetUnlisted(seen, listed)
    const containers: EngineContainer[] = []
    const queue: ListedContainer[] = []
    for (const one of listed) {
      const known = seen?.get(one.id)
      if (known?.line === one.line && known.period === periodOf(one.id, nowMs))
        containers.push(known.container)
      else queue.push(one)
    }
    const worker = async () => {
      for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
        const { id, line } = next
        // What happened since then was told by an event, which makes it unknown, or shows in the line.
        const isKnown = seen?.get(id)?.line === line
        const found = (isKnown ? await ahead.get(id) : undefined) ?? (await this.#look(id, look))
        if (found.container === undefined) continue
        containers.push(found.container)
        if (found.atHappened === this.#happened)
          seen?.set(id, { line, period: periodOf(id, nowMs), container: found.container })
      }
    }
    await inParallel(queue.length, worker)
    return containers.toSorted((a, b) => (a.name < b.name ? -1 : 1))
  }

  /** A look that failed is none: it is made again when the list is there, and fails then. */
  #lookAhead(
    seen: ReadonlyMap<string, Seen> | undefined,
    nowMs: number,
    look: Look,
  ): ReadonlyMap<string, Promise<Found | undefined>> {
    const due = [...(seen ?? [])].filter(([id, { period }]) => period !== periodOf(id, nowMs))
    const first = due.slice(0, LOOKS_AT_ONCE_MAX)
    return new Map(first.map(([id]) => [id, this.#look(id, look).catch(() => undefined)]))
  }

  async #look(id: string, look: Look): Promise<Found> {
    const atHappened = this.#happened
    return { atHappened, container: await look(id) }
  }
}

type Look = (id: string) => Promise<EngineContainer | undefined>

/** What a look found, and how much had happened when it began. */
interface Found {
  readonly atHappened: number
  readonly container: EngineContainer | undefined
}

async function inParallel(count: number, worker: () => Promise<void>): Promise<void> {
  const hands = Math.min(count, LOOKS_AT_ONCE_MAX)
  await Promise.all(Array.from({ length: hands }, worker))
}

/** Periods begin at another moment for each container, so that their turns are spread out. */
function periodOf(id: string, nowMs: number): number {
  const phase = Number.parseInt(id.slice(0, PHASE_DIGITS), 16) || 0
  return Math.floor((nowMs + (phase % LOOK_AGAIN_MS)) / LOOK_AGAIN_MS)
}

function forgetUnlisted(seen: Map<string, Seen>, listed: readonly ListedContainer[]): void {
  if (seen.size === 0) return
  const ids = new Set(listed.map(({ id }) => id))
  for (const id of seen.keys()) if (!ids.has(id)) seen.delete(id)
}
