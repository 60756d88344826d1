import { LABEL } from '../model/nsid.ts'
import type { EngineEvent } from '../ports/engine.ts'
import type { SeenContainers } from './seen-containers.ts'

export interface Listening {
  /** Told of everything that is heard. */
  readonly seen: SeenContainers
  /** Resolves when the engine has answered. */
  readonly begin: () => Promise<void>
  readonly signal: AbortSignal
}

/** What happens to the containers of an engine in memory, for all who listen. */
export class MemoryEvents {
  /** Nothing that happens is told, as when an engine’s events get lost. */
  areLost = false
  readonly #listeners = new Set<(event: EngineEvent) => void>()

  tell(event: EngineEvent): void {
    if (this.areLost) return
    for (const listener of this.#listeners) listener(event)
  }

  /** What happens to the containers of one meshlet, from the call on until the signal is aborted. */
  async *of(meshletDid: string, { seen, begin, signal }: Listening): AsyncGenerator<EngineEvent> {
    if (signal.aborted) return
    const queue: EngineEvent[] = []
    let wake = () => {}
    const listener = (event: EngineEvent) => {
      if (event.labels[LABEL.meshletDid] === meshletDid) queue.push(event)
      wake()
    }
    const onAbort = () => wake()
    this.#listeners.add(listener)
    signal.addEventListener('abort', onAbort)
    using _ = seen.listen(meshletDid)
    try {
      await begin()
      while (!signal.aborted) {
        const event = queue.shift()
        if (event) {
          seen.forget(event.containerId)
          yield event
        } else await new Promise<void>((resolve) => (wake = resolve))
      }
    } finally {
      this.#listeners.delete(listener)
      signal.removeEventListener('abort', onAbort)
    }
  }
}
