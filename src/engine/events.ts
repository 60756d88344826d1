import type { Readable } from 'node:stream'
import { LABEL } from '../model/nsid.ts'
import type { EngineEvent } from '../ports/engine.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { toEngineError } from './engine-error.ts'
import { jsonLines } from './json-lines.ts'
import type { SeenContainers } from './seen-containers.ts'

interface RawEvent {
  readonly Action?: string
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Record<string, string> }
}

/**
 * What happens to the containers of a meshlet, from the second of the call on. Ends without an error
 * when the signal is aborted or the engine ends, and fails with `engine-unreachable` when it breaks off.
 * As long as it goes on, what was seen of other containers than those that it names is believed.
 */
export async function* containerEvents(
  client: EngineClient,
  meshletDid: string,
  seen: SeenContainers,
  signal: AbortSignal,
): AsyncGenerator<EngineEvent> {
  if (signal.aborted) return
  const doing = 'watching containers'
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    const stream = await client.call(
      { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal: stop.signal },
      async (docker) =>
        (await docker.getEvents({
          // Closes the gap between the call and the engine's answer; one event twice does no harm.
          since: Math.floor(Date.now() / 1000),
          filters: { type: ['container'], label: [`${LABEL.meshletDid}=${meshletDid}`] },
          abortSignal: stop.signal,
        })) as Readable,
    )
    using _ = seen.listen(meshletDid)
    for await (const value of jsonLines(stream)) {
      const event = value as RawEvent
      if (event.Actor?.ID === undefined || event.Action === undefined) continue
      seen.forget(event.Actor.ID)
      yield {
        containerId: event.Actor.ID,
        action: event.Action,
        labels: event.Actor.Attributes ?? {},
      }
    }
  } catch (error) {
    if (!signal.aborted) throw toEngineError(error, doing, client.address)
  } finally {
    signal.removeEventListener('abort', onAbort)
    stop.abort()
  }
}
