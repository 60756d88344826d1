import { createDockerEngine } from '../src/engine/docker.ts'
import { LIMITS, type OwnEngine, startedMs } from './own-engine.ts'

/** As many as a meshlet creates or starts at the same time. */
const AT_ONCE = 8
const NAME = 'floor'

/**
 * What the engine itself takes for containers as a meshlet makes them, in a network of their own that
 * is there already, with nobody else to wait for: no PDS, no records, no decision. In milliseconds,
 * until the last runs.
 */
export async function startByDriver(
  { docker, host, image }: OwnEngine,
  { count }: { readonly count: number },
): Promise<number> {
  const engine = createDockerEngine({ dockerHost: host })
  const ids: string[] = []
  try {
    await engine.ensureNetwork({ name: NAME, labels: {}, egress: 'none' })
    const beganMs = Date.now()
    let left = count
    const worker = async () => {
      while (left > 0) {
        const name = `${NAME}-${left--}`
        const id = await engine.createContainer({
          ...{ name, image, labels: {}, network: NAME, env: {}, tmpfs: [], capAdd: [] },
          ...{ security: 'restricted', user: '65532', readOnly: true, stopGracePeriodMs: 0 },
          ...{ memoryBytes: LIMITS.memoryMib * 1024 ** 2, cpuMilli: LIMITS.cpuMilli },
        })
        ids.push(id)
        await engine.startContainer(id)
      }
    }
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count) }, worker))
    return (await startedMs(docker, ids)) - beganMs
  } finally {
    for (const id of ids) await engine.removeContainer(id)
    await engine.removeNetwork(NAME)
    await engine.close()
  }
}
