import { CommuneError } from '../model/errors.ts'
import { sleep, type Clock } from '../ports/clock.ts'
import type { Engine } from '../ports/engine.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { engineTimeout } from './engine-error.ts'

/** The calls of an engine that can fail. */
export type EngineCall = Exclude<keyof Engine, 'close'>

/**
 * What goes wrong with a call.
 * - `refuse`: the engine is not reachable, nothing was done.
 * - `hang`: no answer until the time-out, nothing was done.
 * - `slow`: done, but only after `delayMs`.
 * - `lost-reply`: done, and then the connection broke.
 * - `fail`: the engine answers with this error, nothing was done.
 */
export type EngineFault =
  | { readonly kind: 'refuse' }
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly delayMs: number }
  | { readonly kind: 'lost-reply' }
  | { readonly kind: 'fail'; readonly error: CommuneError }

/** Asked before every call, in order; undefined lets it pass. */
export type FaultScript = (call: EngineCall, subject: string) => EngineFault | undefined

const ADDRESS = 'memory'

/** Runs `act` as the script wants it: not at all, late, or without a reply. */
export async function withFault<T>(
  fault: EngineFault | undefined,
  call: EngineCall,
  clock: Clock,
  signal: AbortSignal | undefined,
  act: () => T | Promise<T>,
): Promise<T> {
  signal?.throwIfAborted()
  switch (fault?.kind) {
    case undefined:
      return act()
    case 'refuse':
      throw unreachable(`The container engine at ${ADDRESS} is not running`)
    case 'fail':
      throw fault.error
    case 'slow':
      await sleep(clock, fault.delayMs, signal)
      return act()
    case 'hang':
      await sleep(clock, ENGINE_TIMEOUT_MS.write, signal)
      throw engineTimeout(call, ADDRESS, ENGINE_TIMEOUT_MS.write)
    case 'lost-reply':
      await act()
      throw unreachable(`The engine at ${ADDRESS} closed the connection during ${call}`)
  }
}

function unreachable(message: string): CommuneError {
  return new CommuneError('engine-unreachable', message, { retry: true })
}
