import { createHash } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { StandInImage } from '../../src/dev/stand-in.ts'

/** What is asked of a registry. */
export interface RegistryRequest {
  readonly kind: 'ping' | 'manifest' | 'blob' | 'other'
  /** Tag or digest. */
  readonly key: string
  readonly method: string
  readonly path: string
}

/** Answers in its own way and returns true, or leaves it to the honest answer. */
export type Misbehaviour = (request: RegistryRequest, response: ServerResponse) => boolean

export interface HostileRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly host: string
  readonly requests: readonly RegistryRequest[]
}

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json'

/** Serves one image under any name, but for what it does otherwise. */
export async function startHostileRegistry(
  image: StandInImage,
  misbehave: Misbehaviour,
): Promise<HostileRegistry> {
  const requests: RegistryRequest[] = []
  const server = createServer((incoming, response) => {
    const request = parsed(incoming.method ?? 'GET', incoming.url ?? '/')
    requests.push(request)
    if (misbehave(request, response)) return
    const body = request.kind === 'manifest' ? image.manifest : image.blobs.get(request.key)
    if (request.kind === 'ping') return void response.writeHead(200).end()
    if (body === undefined) return void response.writeHead(404).end()
    const type = request.kind === 'manifest' ? MANIFEST_TYPE : 'application/octet-stream'
    response.writeHead(200, { 'content-type': type, 'content-length': body.length })
    response.end(incoming.method === 'HEAD' ? undefined : body)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    host: `127.0.0.1:${port}`,
    requests,
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** An image with so many layers, of which the registry has none: only its manifest is sound. */
export function hollowImage(layers: readonly { digest: string; size: number }[]): StandInImage {
  const config = Buffer.from(
    JSON.stringify({
      architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  )
  const manifest = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MANIFEST_TYPE,
      config: {
        mediaType: 'application/vnd.oci.image.config.v1+json',
        size: config.length,
        digest: digestOf(config),
      },
      layers: layers.map((layer) => ({
        mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
        ...layer,
      })),
    }),
  )
  return { manifest, digest: digestOf(manifest), blobs: new Map([[digestOf(config), config]]) }
}

export function digestOf(bytes: Buffer | string): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function parsed(method: string, path: string): RegistryRequest {
  const [, kind, key = ''] = /^\/v2\/.+\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? []
  const what = kind === 'manifests' ? 'manifest' : kind === 'blobs' ? 'blob' : 'other'
  return { kind: path === '/v2/' ? 'ping' : what, key, method, path }
}
