import type { EngineStats } from '../ports/engine.ts'
import { pidsLimitInForce } from './cgroup-limits.ts'
import type { EngineClient } from './client.ts'
import { inspectContainer } from './containers.ts'
import { gone, statusOf, toEngineError } from './engine-error.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { parts, soundAnswer, type Shape } from './sound-answer.ts'

/** What is used of a container's measurements; an engine leaves out what it does not measure. */
const MEASURED: Shape = parts({
  'memory_stats?': parts({ 'limit?': 'number', 'usage?': 'number', 'stats?': parts({}) }),
  'pids_stats?': parts({ 'limit?': 'number', 'current?': 'number' }),
  'cpu_stats?': parts({ 'cpu_usage?': parts({ 'total_usage?': 'number' }) }),
  'networks?': parts({}),
})

/** Use and limits in force; of processes the limit that was asked for on Podman. Fails with `not-found`. */
export async function containerStats(
  client: EngineClient,
  id: string,
  isPodman: boolean,
  signal?: AbortSignal,
): Promise<EngineStats> {
  const doing = `measuring container ${id}`
  const stats = await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
    async (docker, abortSignal) => {
      const asked = { stream: false, 'one-shot': true, ...{ abortSignal } } as const
      return soundAnswer(await docker.getContainer(id).stats(asked), MEASURED, doing)
    },
    (error) => {
      if (statusOf(error) === 404) throw gone(id, error)
      throw toEngineError(error, doing, client.address)
    },
  )
  const memory = stats.memory_stats ?? {}
  // Page cache is given back under pressure: `docker stats` leaves it out as well.
  const cache = memory.stats?.total_inactive_file ?? memory.stats?.inactive_file ?? 0
  const networks = Object.values(stats.networks ?? {})
  return {
    memoryLimitBytes: memory.limit ?? 0,
    memoryBytes: Math.max(0, (memory.usage ?? 0) - cache),
    pidsLimit:
      stats.pids_stats?.limit || (isPodman ? await podmanPidsLimit(client, id, signal) : 0),
    pids: stats.pids_stats?.current ?? 0,
    cpuNanos: stats.cpu_stats?.cpu_usage?.total_usage ?? 0,
    receivedBytes: networks.reduce((sum, { rx_bytes: bytes }) => sum + bytes, 0),
    sentBytes: networks.reduce((sum, { tx_bytes: bytes }) => sum + bytes, 0),
  }
}

/**
 * Podman counts processes and does not say how many there may be: the kernel does. Where that can’t be
 * read it is what was asked for.
 */
async function podmanPidsLimit(
  client: EngineClient,
  id: string,
  signal?: AbortSignal,
): Promise<number> {
  const details = await inspectContainer(client, id, signal)
  const pid = details?.State.Pid ?? 0
  const inForce = pid > 0 ? await pidsLimitInForce(pid) : undefined
  return inForce ?? Math.max(0, details?.HostConfig.PidsLimit ?? 0)
}
