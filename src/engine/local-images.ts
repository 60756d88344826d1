import { createEngineClient } from './client.ts'
import type { DockerEngineOptions } from './docker.ts'
import { parseDockerHost } from './endpoint.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'

/** References of the images that are on the machine, the smallest first. */
export async function listLocalImages(options: DockerEngineOptions): Promise<readonly string[]> {
  const client = createEngineClient(parseDockerHost(options.dockerHost, options.environment))
  try {
    const images = await client.call(
      { doing: 'listing images', timeoutMs: ENGINE_TIMEOUT_MS.read },
      (docker, abortSignal) => docker.listImages({ abortSignal }),
    )
    return images
      .toSorted((a, b) => a.Size - b.Size || (a.Id < b.Id ? -1 : 1))
      .flatMap(({ RepoDigests, RepoTags }) => {
        const names = [...(RepoDigests ?? []), ...(RepoTags ?? [])]
        return names.find((name) => !name.includes('<none>')) ?? []
      })
  } finally {
    client.close()
  }
}
