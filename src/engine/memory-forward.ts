import type { Forward, ForwardOptions } from '../ports/engine.ts'

/** A forward that takes a port of those that are free. `requireRunning` fails for what does not run. */
export function memoryForward(
  taken: Set<number>,
  { containerId, preferredPort }: ForwardOptions,
  requireRunning: (containerId: string) => void,
): Forward {
  requireRunning(containerId)
  let port = preferredPort
  while (taken.has(port)) port += 1
  taken.add(port)
  return {
    port,
    moveTo: async (next) => requireRunning(next),
    close: async () => void taken.delete(port),
  }
}
