import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage, type StandInImage } from '../../src/dev/stand-in.ts'

/** A small web server that says which replica on whose machine it is; also answers /health. */
const WEB = [
  'mkdir -p /tmp/www',
  'echo "hello from replica $COMMUNE_REPLICA of $COMMUNE_WORKLOAD on $COMMUNE_MESHLET_DID" > /tmp/www/index.html',
  'echo ok > /tmp/www/health',
  'exec httpd -f -p 8080 -h /tmp/www',
].join(' && ')

/** What stands in for each public image: only the image is replaced, never the rest of the example. */
function optionsFor(repository: string): Parameters<typeof buildImage>[0] {
  if (/nginx|whoami/.test(repository)) return { entrypoint: ['/bin/sh', '-c', WEB] }
  if (/busybox/.test(repository)) return { command: ['/bin/sh'] }
  return { entrypoint: ['/bin/sleep', '3600'] }
}

export interface Copy {
  readonly folder: string
  /** `public image → what stands in for it`, one a line. */
  readonly replaced: readonly string[]
}

/**
 * Copies workload files and points them to small images that are built here and served on loopback,
 * since public registries may be out of reach.
 */
export async function copyWithStandIns(
  from: string,
  to: string,
  registry: LocalRegistry,
): Promise<Copy> {
  await mkdir(to, { recursive: true })
  const replaced: string[] = []
  for (const file of (await readdir(from)).filter((name) => name.endsWith('.yaml')).toSorted()) {
    const text = await readFile(join(from, file), 'utf8')
    const image = /^image:\s*(\S+)/m.exec(text)?.[1]
    if (image === undefined) continue
    const reference = await offer(image, registry)
    replaced.push(`${image} → ${reference}`)
    await writeFile(join(to, file), text.replace(image, reference))
  }
  return { folder: to, replaced }
}

/** Builds what stands in for the image; returns its name with tag in the registry. */
async function offer(image: string, registry: LocalRegistry): Promise<string> {
  const [, repository = image, tag = 'latest'] = /^(.*?)(?::([\w.-]+))?$/.exec(image) ?? []
  const standIn: StandInImage = await buildImage(optionsFor(repository))
  registry.add(repository, standIn, tag)
  return `${registry.host}/${repository}:${tag}`
}

export { startRegistry }
