import { notParsed, parsed, type Parsed } from './parsed.ts'

/** An image by its full name. Without tag and digest it means the tag `latest`. */
export interface ImageReference {
  /** Host and optional port of the registry; `docker.io` when the text names none. */
  readonly registry: string
  /** Path within the registry, such as `library/busybox`. */
  readonly repository: string
  readonly tag?: string
  /** Algorithm and hex value, such as `sha256:…`. */
  readonly digest?: string
}

const DEFAULT_REGISTRY = 'docker.io'
const OLD_DEFAULT_REGISTRY = 'index.docker.io'
const OFFICIAL_PREFIX = 'library/'
const REPOSITORY_LENGTH_MAX = 255
const TEXT_LENGTH_MAX = 1024

// The grammar is that of github.com/distribution/reference.
const DOMAIN_COMPONENT = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])'
const REGISTRY = new RegExp(
  String.raw`^(?:${DOMAIN_COMPONENT}(?:\.${DOMAIN_COMPONENT})*|\[(?:[a-fA-F0-9:]+)\])(?::[0-9]+)?$`,
)
const REPOSITORY =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const BARE_HEX = /^[a-f0-9]{64}$/
const PORT_MAX = 65_535

/** Length in hex digits of the digests that registries use. */
const DIGEST_HEX_LENGTH: Readonly<Record<string, number>> = { sha256: 64, sha384: 96, sha512: 128 }

const EXPECTED = 'an image reference such as busybox:1.37 or registry.example:5000/team/app:1.2'

/**
 * Parses what follows `docker pull`: the first part is a registry when it holds a dot, a colon or an
 * upper-case letter or is `localhost`; official images of Docker Hub are `docker.io/library/…`.
 */
export function parseImageReference(text: string): Parsed<ImageReference> {
  if (text === '' || text.length > TEXT_LENGTH_MAX) return notParsed(EXPECTED)
  if (BARE_HEX.test(text)) {
    return notParsed(`${EXPECTED}; 64 hex digits alone would be the id of an image, not a name`)
  }
  const at = text.indexOf('@')
  const digest = at === -1 ? undefined : text.slice(at + 1)
  const named = splitRegistry(at === -1 ? text : text.slice(0, at))
  const colon = named.path.indexOf(':')
  const tag = colon === -1 ? undefined : named.path.slice(colon + 1)
  const path = colon === -1 ? named.path : named.path.slice(0, colon)
  return checked({
    registry: named.registry,
    repository: withOfficialPrefix(named.registry, path),
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  })
}

/** The full form: registry, repository, tag, digest. */
export function formatImageReference(reference: ImageReference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${reference.registry}/${reference.repository}${tag}${digest}`
}

/** The name as people know it: `busybox`, `traefik/whoami`, `ghcr.io/owner/app`. */
export function familiarName(reference: ImageReference): string {
  const { registry, repository } = reference
  if (registry !== DEFAULT_REGISTRY) return `${registry}/${repository}`
  const rest = repository.slice(OFFICIAL_PREFIX.length)
  const isOfficial = repository.startsWith(OFFICIAL_PREFIX) && !rest.includes('/')
  return isOfficial ? rest : repository
}

/** The address under which programs of Docker file a login: its own registry has an old one. */
export function loginAddress(registry: string): string {
  return registry === DEFAULT_REGISTRY ? 'https://index.docker.io/v1/' : registry
}

function splitRegistry(text: string): { readonly registry: string; readonly path: string } {
  const slash = text.indexOf('/')
  const first = text.slice(0, Math.max(slash, 0))
  const isRegistry =
    slash !== -1 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first)
  if (!isRegistry) return { registry: DEFAULT_REGISTRY, path: text }
  return {
    registry: first === OLD_DEFAULT_REGISTRY ? DEFAULT_REGISTRY : first,
    path: text.slice(slash + 1),
  }
}

function withOfficialPrefix(registry: string, path: string): string {
  return registry === DEFAULT_REGISTRY && !path.includes('/') ? `${OFFICIAL_PREFIX}${path}` : path
}

function checked(reference: ImageReference): Parsed<ImageReference> {
  const { registry, repository, tag, digest } = reference
  if (!REGISTRY.test(registry)) return notParsed(`${EXPECTED}; “${registry}” is no registry`)
  if (!hasValidPort(registry)) return notParsed(`${EXPECTED}; a port is at most ${PORT_MAX}`)
  if (repository.toLowerCase() !== repository) {
    return notParsed(`${EXPECTED}; the name must be lower case`)
  }
  if (repository.length > REPOSITORY_LENGTH_MAX) {
    return notParsed(`${EXPECTED}; a name has at most ${REPOSITORY_LENGTH_MAX} characters`)
  }
  if (!REPOSITORY.test(repository)) return notParsed(EXPECTED)
  if (tag !== undefined && !TAG.test(tag)) {
    return notParsed(
      `${EXPECTED}; a tag has at most 128 letters, digits, “_”, “.” and “-” and begins with none of the last two`,
    )
  }
  if (digest !== undefined && !isDigest(digest)) {
    return notParsed(`${EXPECTED}; a digest is sha256: and 64 lower-case hex digits`)
  }
  return parsed(reference)
}

/** The registry has passed its pattern, so whatever follows the last colon outside brackets is digits. */
function hasValidPort(registry: string): boolean {
  const port = /:([0-9]+)$/.exec(registry.replace(/^\[.*\]/, ''))?.[1]
  return port === undefined || Number(port) <= PORT_MAX
}

/** True for a digest that registries use: sha256, sha384 or sha512 in lower-case hex. */
export function isDigest(text: string): boolean {
  const [algorithm = '', hex = '', ...rest] = text.split(':')
  const length = Object.hasOwn(DIGEST_HEX_LENGTH, algorithm)
    ? DIGEST_HEX_LENGTH[algorithm]
    : undefined
  return rest.length === 0 && hex.length === length && /^[0-9a-f]+$/.test(hex)
}
