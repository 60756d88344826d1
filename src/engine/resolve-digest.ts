import { createHash } from 'node:crypto'
import { CommuneError } from '../model/errors.ts'
import { familiarName, parseImageReference, type ImageReference } from '../model/image-reference.ts'
import type { RegistryAuth } from '../ports/engine.ts'
import { findCredentials } from './docker-config.ts'
import {
  errorWords,
  openRegistry,
  type RegistryAnswer,
  type RegistryTalk,
} from './registry-client.ts'

export interface ResolveOptions {
  /** What `docker login` left behind when absent; `none` asks as a stranger. */
  readonly auth?: RegistryAuth | 'none'
  readonly allowPrivateAddresses?: boolean
  /** For each request. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

export interface ResolvedImage {
  /** `sha256:…` of the bytes that the registry sent. */
  readonly digest: string
  readonly mediaType: string
  /** `os/architecture[/variant]`; absent when the manifest is for one platform and does not say which. */
  readonly platforms?: readonly string[]
  /** Digest of the configuration, of a manifest for one platform. */
  readonly config?: string
}

const INDEX_TYPES = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
]
const MANIFEST_TYPES = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
]
const PLATFORMS_MAX = 100

/**
 * Asks the registry what a tag means. The digest is computed from the body: a header can lie, and one
 * that differs is refused. Fails with `usage`, `image-not-found`, `image-denied`,
 * `registry-unreachable` or `bad-answer`.
 */
export async function resolveImage(
  image: string,
  options: ResolveOptions = {},
): Promise<ResolvedImage> {
  const reference = parsedReference(image)
  const { registry, repository } = reference
  const auth = await authFor(reference, options)
  const { digest, answer } = await readManifest(
    openRegistry({ ...options, registry, repository, auth }),
    reference,
  )
  return { digest, ...manifestFacts(reference, answer) }
}

/** Fetches a manifest or index by tag or digest, and computes the digest of its bytes. */
export async function readManifest(
  talk: RegistryTalk,
  reference: ImageReference,
): Promise<{ readonly digest: string; readonly answer: RegistryAnswer }> {
  const path = `manifests/${reference.digest ?? reference.tag ?? 'latest'}`
  const answer = await talk.ask(path, { accept: [...INDEX_TYPES, ...MANIFEST_TYPES].join(', ') })
  if (answer.status !== 200) throw statusError(reference, answer)
  return { digest: checkedDigest(reference, answer), answer }
}

/** As registries write it: `sha256:…`. */
export function sha256(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** The credentials to ask a registry with. */
export async function authFor({ registry }: ImageReference, { auth, signal }: ResolveOptions) {
  if (auth === 'none') return undefined
  return auth ?? findCredentials(registry, signal === undefined ? {} : { signal })
}

/** Fails with code `usage`. */
export function parsedReference(image: string): ImageReference {
  const parsed = parseImageReference(image)
  if (parsed.ok) return parsed.value
  throw new CommuneError('usage', `${JSON.stringify(image)}: expected ${parsed.expected}`)
}

function checkedDigest(reference: ImageReference, answer: RegistryAnswer): string {
  const digest = sha256(answer.body)
  for (const claimed of [reference.digest, answer.headers.get('docker-content-digest')]) {
    if (claimed?.startsWith('sha256:') && claimed !== digest) {
      const message = `${reference.registry} calls the manifest ${claimed}, but its bytes are ${digest}`
      throw new CommuneError('bad-answer', message)
    }
  }
  return digest
}

/** A manifest or an index as it came: nothing of it has been checked. */
export interface Manifest {
  readonly mediaType?: unknown
  readonly config?: { readonly digest?: unknown; readonly size?: unknown } | null
  readonly layers?: unknown
  readonly manifests?: readonly (ManifestEntry | null)[]
}

export interface ManifestEntry {
  readonly digest?: unknown
  readonly artifactType?: unknown
  readonly platform?: { os?: unknown; architecture?: unknown; variant?: unknown } | null
}

function manifestFacts(
  reference: ImageReference,
  answer: RegistryAnswer,
): Omit<ResolvedImage, 'digest'> {
  const { kind, mediaType, manifest } = parsedManifest(reference, answer)
  if (kind === 'index') return { mediaType, platforms: platformsOf(manifest) }
  const config = manifest.config?.digest
  return typeof config === 'string' ? { mediaType, config } : { mediaType }
}

export interface ParsedManifest {
  /** Of one platform, or a list of such. */
  readonly kind: 'manifest' | 'index'
  readonly mediaType: string
  readonly manifest: Manifest
}

/** Fails with `bad-answer`. */
export function parsedManifest(reference: ImageReference, answer: RegistryAnswer): ParsedManifest {
  const manifest = parseManifest(answer.body)
  const header = answer.headers.get('content-type')?.split(';')[0]?.trim()
  const mediaType = typeof manifest?.mediaType === 'string' ? manifest.mediaType : header
  if (manifest !== undefined && mediaType !== undefined) {
    if (MANIFEST_TYPES.includes(mediaType)) return { kind: 'manifest', mediaType, manifest }
    if (INDEX_TYPES.includes(mediaType) && Array.isArray(manifest.manifests))
      return { kind: 'index', mediaType, manifest }
  }
  const message = `${reference.registry} answers with something that is no image manifest`
  throw new CommuneError('bad-answer', message)
}

function parseManifest(body: Buffer): Manifest | undefined {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

/** Signatures and the like stand in an index as platform unknown/unknown. */
function platformsOf(manifest: Manifest): string[] {
  const names = (manifest.manifests ?? []).slice(0, PLATFORMS_MAX).flatMap((entry) => {
    const { os, architecture, variant } = entry?.platform ?? {}
    if (typeof os !== 'string' || typeof architecture !== 'string' || os === 'unknown') return []
    return [[os, architecture, ...(typeof variant === 'string' ? [variant] : [])].join('/')]
  })
  return [...new Set(names)].toSorted()
}

/** What a status other than 200 means. */
export function statusError(reference: ImageReference, answer: RegistryAnswer): CommuneError {
  const name = `${familiarName(reference)}:${reference.tag ?? 'latest'}`
  const words = errorWords(answer.body)
  const said = words === '' ? '' : `: ${words}`
  switch (answer.status) {
    case 404:
      return new CommuneError('image-not-found', `The registry has no ${name}${said}`, {
        hint: 'check the name and the tag',
      })
    case 401:
    case 403:
      return new CommuneError('image-denied', `The registry refuses ${name}${said}`, {
        hint: `docker login ${reference.registry}`,
      })
    case 429: {
      const seconds = Number(answer.headers.get('retry-after'))
      return new CommuneError(
        'registry-unreachable',
        `${reference.registry} wants fewer requests${said}`,
        {
          retry: true,
          ...(seconds > 0 ? { retryAfterMs: Math.min(seconds, 3600) * 1000 } : {}),
          hint: 'wait, or docker login for a higher limit',
        },
      )
    }
    default:
      return new CommuneError(
        'registry-unreachable',
        `${reference.registry} answered ${answer.status} for ${name}${said}`,
        { retry: answer.status >= 500 },
      )
  }
}
