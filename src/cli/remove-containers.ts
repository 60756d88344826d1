import { messageOf } from '../model/errors.ts'
import type { Did } from '../model/records.ts'
import type { CommandContext } from './command-spec.ts'

const TIMEOUT_MS = 8_000

/**
 * Removes every container and network under the labels of these meshlets, which must have ended, and
 * says how many. An engine that does not answer is said and is no failure.
 */
export async function removeContainersOf(
  { io, drivers }: CommandContext,
  meshlets: readonly Did[],
): Promise<void> {
  // The signal that ended everything else is not to end the tidying up.
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  try {
    const engine = await drivers.createDockerEngine({
      dockerHost: io.env['DOCKER_HOST'],
      environment: io.env,
    })
    try {
      const containers = await Promise.all(
        meshlets.map((did) => engine.listContainers(did, signal)),
      )
      await Promise.all(containers.flat().map(({ id }) => engine.removeContainer(id, signal)))
      // A network can go only after its containers.
      const networks = await Promise.all(meshlets.map((did) => engine.listNetworks(did, signal)))
      await Promise.all(networks.flat().map(({ name }) => engine.removeNetwork(name, signal)))
      const counts = [
        countText(containers.flat().length, 'container'),
        countText(networks.flat().length, 'network'),
      ]
      io.note(`Removed ${counts.join(' and ')} of the meshlets.\n`)
    } finally {
      await engine.close()
    }
  } catch (error) {
    io.note(`What the meshlets run could not be removed: ${messageOf(error)}\n`)
  }
}

function countText(count: number, noun: string): string {
  return `${count} ${count === 1 ? noun : `${noun}s`}`
}
