import { CommuneError } from '../model/errors.ts'
import { faultOfContainer, type SecurityLevel } from './allowed-container.ts'
import { faultOfExec, faultOfNetwork, onlyFields } from './allowed-bodies.ts'

/** A request to the engine as it would be sent. */
export interface EngineRequest {
  readonly method: string
  /** With the query, if it has one. */
  readonly path: string
  /** Text that would be sent; undefined when there is none. */
  readonly body?: string | undefined
  /** SHA-256 in hexadecimal of an archive that would be sent; undefined when none would. */
  readonly archive?: string | undefined
  /** The level that a new container was asked for with; `restricted` when nobody says. */
  readonly level?: SecurityLevel | undefined
}

interface Allowed {
  readonly method: string
  /** Of the whole path, without the query. */
  readonly path: RegExp
  /** What is wrong with the rest of the request; undefined when nothing is. */
  readonly fault?: (body: unknown, request: EngineRequest) => string | undefined
}

const ID = '[a-zA-Z0-9][a-zA-Z0-9_.-]*'
/** A reference may hold slashes, but no empty part and none of dots. */
const IMAGE = String.raw`(?!\.)[a-zA-Z0-9[][a-zA-Z0-9_.:@[\]-]*(?:/[a-zA-Z0-9][a-zA-Z0-9_.:@-]*)*`

/** All that commune ever asks of an engine. What is not here is not sent. */
const ALLOWED: readonly Allowed[] = [
  allow('GET', '/version'),
  allow('GET', '/info'),
  allow('GET', '/events'),
  allow('GET', '/containers/json'),
  allow('GET', `/containers/${ID}/(?:json|logs|stats)`),
  allow('POST', '/containers/create', (body, { level }) =>
    faultOfContainer(body, level ?? 'restricted'),
  ),
  // Old engines take the options of a container at its start as well.
  allow('POST', `/containers/${ID}/start`, onlyFields([])),
  allow('POST', `/containers/${ID}/stop`, onlyFields(['t'])),
  allow('POST', `/containers/${ID}/kill`, onlyFields(['signal'])),
  allow('DELETE', `/containers/${ID}`),
  allow('POST', `/containers/${ID}/exec`, faultOfExec),
  allow('POST', `/exec/${ID}/start`, onlyFields(['Detach', 'Tty'])),
  allow('POST', `/exec/${ID}/resize`, onlyFields(['h', 'w'])),
  allow('GET', `/exec/${ID}/json`),
  allow('POST', '/images/create', (_, { path, archive }) =>
    archive === undefined ? faultOfPull(path) : faultOfImport(path, archive),
  ),
  allow('GET', '/images/json'),
  allow('GET', `/images/${IMAGE}/json`),
  allow('DELETE', `/images/${IMAGE}`),
  allow('GET', '/networks'),
  allow('POST', '/networks/create', faultOfNetwork),
  allow('GET', `/networks/${ID}`),
  allow('DELETE', `/networks/${ID}`),
]

const BODY_BYTES_MAX = 1024 * 1024
/** The only place where an archive may go, which ones, and the name that they get there. */
const IMPORTS = '/images/create'
const CANARIES = new Set([
  'd695553e9889610bde8dae51e87a1678f18e1f414a80040e07da1afefec6c978', // x86-64
  '56b878cb81b20c73cf46224c7d55754ab88a8bb63199652be11283e3af726bd3', // arm64
])
const CANARY_QUERY = new Map([
  ['fromSrc', '-'],
  ['repo', 'commune-canary-1'],
  ['tag', 'latest'],
])

/**
 * Lets a request through or fails with `forbidden`. It does not rely on what made the request: whoever
 * may use an engine's socket is root, so that a fault elsewhere in this program must not be enough for a
 * container with privileges.
 */
export function assertAllowed(request: EngineRequest): void {
  const { method, path } = request
  const question = path.indexOf('?')
  const place = question === -1 ? path : path.slice(0, question)
  const allowed = ALLOWED.find((one) => one.method === method && one.path.test(place))
  if (allowed === undefined) throw refusal(`${method} ${place}`, 'commune never asks for that')
  if (request.archive !== undefined && place !== IMPORTS)
    throw refusal(`${method} ${place}`, 'it is not JSON')
  const body = parsedBody(request, place)
  const fault = allowed.fault?.(body, request)
  if (fault !== undefined) throw refusal(`${method} ${place}`, fault)
}

function allow(method: string, path: string, fault?: Allowed['fault']): Allowed {
  return { method, path: new RegExp(`^${path}$`), ...(fault === undefined ? {} : { fault }) }
}

function parsedBody({ method, body }: EngineRequest, place: string): unknown {
  if (body === undefined) return undefined
  if (body.length > BODY_BYTES_MAX) throw refusal(`${method} ${place}`, 'it is too large')
  try {
    return JSON.parse(body) as unknown
  } catch {
    throw refusal(`${method} ${place}`, 'it is not JSON')
  }
}

/** The program of the canary is the only image that comes from an archive. */
function faultOfImport(path: string, archive: string): string | undefined {
  if (!CANARIES.has(archive)) return 'the archive is none of ours'
  const query = queryOf(path)
  const isOurs =
    query.size === CANARY_QUERY.size &&
    [...CANARY_QUERY].every(([name, value]) => query.get(name) === value)
  return isOurs ? undefined : 'the archive would be brought in as something else'
}

function queryOf(path: string): URLSearchParams {
  return new URLSearchParams(path.slice(path.indexOf('?') + 1))
}

/** Other images come by digest, and from a registry: never from a URL. */
function faultOfPull(path: string): string | undefined {
  const query = queryOf(path)
  const unknown = [...query.keys()].find((name) => name !== 'fromImage' && name !== 'tag')
  if (unknown !== undefined) return `“${unknown}” is never asked for`
  if (query.getAll('fromImage').length !== 1 || query.get('fromImage') === '') return 'no image'
  const digests = query.getAll('tag')
  const byDigest = digests.length === 1 && /^sha256:[0-9a-f]{64}$/.test(digests[0] ?? '')
  return byDigest ? undefined : 'images are pulled by digest only'
}

function refusal(what: string, why: string): CommuneError {
  const clean = what.replace(/[^\x20-\x7e]+/g, ' ').slice(0, 200)
  return new CommuneError('forbidden', `Not sent to the engine: ${clean}: ${why}`, {
    hint: 'this is a fault of commune; please report it (docs/security.md)',
  })
}
