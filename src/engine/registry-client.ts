import { safeFetchWrap } from '@atproto-labs/fetch-node'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { RegistryAuth } from '../ports/engine.ts'
import { oneLine } from './engine-error.ts'
import { parseChallenge, type Challenge } from './registry-challenge.ts'

/** How long a registry may take for one answer, its body included. */
const REQUEST_TIMEOUT_MS = 20_000
/** The distribution specification asks registries to accept manifests of this size; none is larger. */
export const MANIFEST_BYTES_MAX = 4 * 1024 * 1024
const TOKEN_BYTES_MAX = 256 * 1024
const REDIRECTS_MAX = 3
/** Docker Hub is called one thing and answers at another. */
const DOCKER_HUB = { name: 'docker.io', host: 'registry-1.docker.io' }
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/

export interface RegistryClientOptions {
  /** As in an image reference: `docker.io`, `ghcr.io`, `127.0.0.1:5000`. */
  readonly registry: string
  readonly repository: string
  readonly auth?: RegistryAuth | undefined
  /**
   * False: nothing in a private network is ever asked. True: everything may be. Absent: the registry
   * itself may be private, since the user wrote it, but where it sends us must be public or itself.
   */
  readonly allowPrivateAddresses?: boolean
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface RegistryAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: Buffer
}

export interface RegistryQuestion {
  readonly accept: string
  /** Only that something comes is of interest: the rest of a body is not read. */
  readonly firstByte?: boolean
}

/** Asks one repository of a registry; a token that it gives out serves all questions. */
export interface RegistryTalk {
  /**
   * Asks for a path below `/v2/REPOSITORY/`. Follows redirects without credentials. Fails with
   * `image-denied`, `registry-unreachable` or `bad-answer`; other statuses are the caller's.
   */
  ask(path: string, question: RegistryQuestion): Promise<RegistryAnswer>
}

export function openRegistry(options: RegistryClientOptions): RegistryTalk {
  let authorization: string | undefined
  return {
    async ask(path, question) {
      const url = new URL(`${baseUrl(options.registry)}/v2/${options.repository}/${path}`)
      const { accept, firstByte = false } = question
      const headers = { accept, ...(firstByte ? { range: 'bytes=0-0' } : {}) }
      const send = () =>
        request(options, url, authorization ? { ...headers, authorization } : headers, firstByte)
      const first = await send()
      if (first.status !== 401) return first
      const challenge = parseChallenge(first.headers.get('www-authenticate'))
      authorization = await authorize(options, challenge)
      const second = await send()
      if (second.status !== 401 && second.status !== 403) return second
      throw denied(options, errorWords(second.body))
    },
  }
}

/** The first message of a registry's error body, or an empty text. */
export function errorWords(body: Buffer): string {
  try {
    const { errors } = JSON.parse(body.toString('utf8')) as { errors?: { message?: unknown }[] }
    const message = errors?.[0]?.message
    return typeof message === 'string' ? oneLine(message) : ''
  } catch {
    return ''
  }
}

/** Plain HTTP is spoken on this machine's own loopback only, as Docker does. */
function baseUrl(registry: string): string {
  const host = registry === DOCKER_HUB.name ? DOCKER_HUB.host : registry
  return `${LOOPBACK.test(host) ? 'http' : 'https'}://${host}`
}

async function authorize(
  options: RegistryClientOptions,
  challenge: Challenge | undefined,
): Promise<string> {
  if (challenge === undefined) throw denied(options, 'it asks for credentials in an unknown way')
  const basic = options.auth && basicHeader(options.auth)
  if (challenge.scheme === 'basic') {
    if (basic === undefined) throw denied(options, 'it asks for a password')
    return basic
  }
  const realm = URL.parse(challenge.realm)
  const registry = new URL(baseUrl(options.registry))
  // The credentials go there: in the clear only if the registry itself is on this machine.
  if (realm === null || (realm.protocol !== 'https:' && registry.protocol !== 'http:')) {
    throw new CommuneError('bad-answer', `${options.registry} names no https address for tokens`)
  }
  if (challenge.service !== undefined) realm.searchParams.set('service', challenge.service)
  realm.searchParams.set('scope', `repository:${options.repository}:pull`)
  const answer = await request(options, realm, basic === undefined ? {} : { authorization: basic })
  if (answer.status === 401 || answer.status === 403) throw denied(options, errorWords(answer.body))
  return `Bearer ${tokenOf(options, answer)}`
}

function tokenOf(options: RegistryClientOptions, answer: RegistryAnswer): string {
  try {
    const body = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown>
    const token = body['token'] ?? body['access_token']
    if (answer.status === 200 && typeof token === 'string' && /^[\x21-\x7e]+$/.test(token))
      return token
  } catch {
    // Told below: the parser's message would quote the token.
  }
  throw new CommuneError('registry-unreachable', `${options.registry} gives out no usable token`, {
    retry: true,
  })
}

async function request(
  options: RegistryClientOptions,
  url: URL,
  headers: Readonly<Record<string, string>>,
  firstByte = false,
): Promise<RegistryAnswer> {
  let current = url
  let sent = headers
  for (let hop = 0; hop <= REDIRECTS_MAX; hop += 1) {
    const answer = await fetchOnce(options, current, sent, firstByte)
    const location = answer.headers.get('location')
    if (answer.status < 300 || answer.status >= 400 || location === null) return answer
    const next = URL.parse(location, current.href)
    if (next === null) break
    const { authorization: _, ...rest } = sent
    sent = next.origin === current.origin ? sent : rest
    current = next
  }
  throw new CommuneError('registry-unreachable', `${options.registry} redirects without end`)
}

async function fetchOnce(
  options: RegistryClientOptions,
  url: URL,
  headers: Readonly<Record<string, string>>,
  firstByte: boolean,
): Promise<RegistryAnswer> {
  const { signal } = options
  const timeout = AbortSignal.timeout(options.timeoutMs ?? REQUEST_TIMEOUT_MS)
  try {
    const response = await fetchFor(
      options,
      url,
      firstByte,
    )(url.href, {
      headers: { 'user-agent': 'commune', ...headers },
      redirect: 'manual',
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    })
    const bytesMax = response.ok ? MANIFEST_BYTES_MAX : TOKEN_BYTES_MAX
    const body =
      firstByte && response.ok
        ? await readFirst(response)
        : await readBody(response, bytesMax, options.registry)
    return { status: response.status, headers: response.headers, body }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof CommuneError) throw error
    if (NOT_PUBLIC.test(causeOf(error))) throw leadsInside(options, url)
    const why = timeout.aborted ? 'no answer in time' : oneLine(causeOf(error))
    throw new CommuneError('registry-unreachable', `${options.registry} can't be reached: ${why}`, {
      retry: true,
      hint: 'check the name of the registry and the connection, or write a digest, which needs no look-up',
      cause: error,
    })
  }
}

/** The words of the guarded fetch for an address that it does not go to. */
const NOT_PUBLIC = /non-unicast address|not a public domain|Forbidden protocol/

/** Where somebody else's registry or record leads us is none of this machine's or network's business. */
function leadsInside({ registry }: RegistryClientOptions, url: URL): CommuneError {
  const what =
    url.origin === new URL(baseUrl(registry)).origin
      ? `${registry} is no public address that speaks https`
      : `${registry} sends us to ${url.hostname}, which is no public address that speaks https`
  return new CommuneError('forbidden', what, {
    hint: 'if it is meant: meshlet --private-registry',
  })
}

/** The user's own registry is fetched plainly; every other address is one that somebody else chose. */
function fetchFor(
  options: RegistryClientOptions,
  url: URL,
  firstByte: boolean,
): typeof globalThis.fetch {
  const base = new URL(baseUrl(options.registry))
  const own = url.origin === base.origin
  // The token server of a registry on this machine may be beside it.
  const beside = LOOPBACK.test(base.host) && LOOPBACK.test(url.host)
  if (options.allowPrivateAddresses ?? (own || beside)) return globalThis.fetch
  return safeFetchWrap({
    ssrfProtection: true,
    allowCustomPort: true,
    responseMaxSize: firstByte ? Number.POSITIVE_INFINITY : MANIFEST_BYTES_MAX,
    timeout: Number.POSITIVE_INFINITY,
  })
}

/** A layer without bytes is there too. */
async function readFirst(response: Response): Promise<Buffer> {
  const reader = response.body?.getReader()
  const { value } = (await reader?.read()) ?? {}
  await reader?.cancel()
  return Buffer.from(value ?? [])
}

async function readBody(response: Response, bytesMax: number, registry: string): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      throw new CommuneError('bad-answer', `${registry} answers with more than ${bytesMax} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function basicHeader({ username, password }: RegistryAuth): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`
}

function denied(options: RegistryClientOptions, words: string): CommuneError {
  const image = `${options.registry}/${options.repository}`
  const message = `The registry refuses ${image}${words === '' ? '' : `: ${words}`}`
  return new CommuneError('image-denied', message, {
    hint: `the image may not exist, or needs credentials: docker login ${options.registry}`,
  })
}

/** Fetch says "fetch failed" and hides the reason one level below. */
function causeOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined
  return cause === undefined ? messageOf(error) : messageOf(cause)
}
