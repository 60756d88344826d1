import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { MANIFEST_TYPE, type StandInImage } from './stand-in.ts'

/** A registry that only reads, on this machine's loopback, from which an engine really pulls. */
export interface LocalRegistry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. Docker allows plain HTTP for this address. */
  readonly host: string
  /** Offers an image, also under a tag; returns its reference with digest. */
  add(repository: string, image: StandInImage, tag?: string): string
  /** What was asked for, oldest first: `GET /v2/…`. */
  readonly requests: readonly string[]
  close(): Promise<void>
}

/** The only one to whom a registry answers. */
export interface RegistryLogin {
  readonly username: string
  readonly password: string
}

const REQUESTS_KEPT_MAX = 1000
const ROUTE = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/

/**
 * The pulling half of the OCI distribution specification 1.1: manifests by tag or digest, blobs by
 * digest. Port 0 takes any free one.
 */
export async function startRegistry(
  options: { readonly port?: number; readonly login?: RegistryLogin } = {},
): Promise<LocalRegistry> {
  const manifests = new Map<string, Buffer>()
  const blobs = new Map<string, Buffer>()
  const requests: string[] = []
  const allowed = options.login && authorizationOf(options.login)

  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://registry').pathname
    requests.push(`${request.method} ${path}`)
    if (requests.length > REQUESTS_KEPT_MAX) requests.shift()
    if (allowed !== undefined && request.headers.authorization !== allowed)
      return void response
        .writeHead(401, { 'www-authenticate': 'Basic realm="registry"', 'content-length': 0 })
        .end()
    if (path === '/v2/') return void response.writeHead(200, { 'content-length': 0 }).end()
    const [, repository, kind, key] = ROUTE.exec(path) ?? []
    const found =
      kind === 'manifests'
        ? manifests.get(`${repository} ${key}`)
        : blobs.get(`${repository} ${key}`)
    if (found === undefined || key === undefined) return refuse(response, kind)
    send(
      request,
      response,
      found,
      kind === 'manifests' ? MANIFEST_TYPE : 'application/octet-stream',
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port ?? 0, '127.0.0.1', resolve)
  })
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })

  return {
    host,
    requests,
    add(repository, image, tag = 'latest') {
      manifests.set(`${repository} ${image.digest}`, image.manifest)
      manifests.set(`${repository} ${tag}`, image.manifest)
      for (const [digest, blob] of image.blobs) blobs.set(`${repository} ${digest}`, blob)
      return `${host}/${repository}@${image.digest}`
    },
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** RFC 7617. */
function authorizationOf({ username, password }: RegistryLogin): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function send(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
  type: string,
): void {
  response.writeHead(200, { 'content-type': type, 'content-length': body.length })
  response.end(request.method === 'HEAD' ? undefined : body)
}

function refuse(response: ServerResponse, kind: string | undefined): void {
  const code = kind === 'blobs' ? 'BLOB_UNKNOWN' : 'MANIFEST_UNKNOWN'
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ errors: [{ code, message: `${kind ?? 'page'} unknown` }] }))
}
