import type { RegistryTalk } from './registry-client.ts'
import { CommuneError } from '../model/errors.ts'
import type { ImageReference } from '../model/image-reference.ts'
import {
  parsedManifest,
  readManifest,
  sha256,
  statusError,
  type ManifestEntry,
} from './resolve-digest.ts'

/** Signatures of one image that are looked at; somebody else may add more. */
const BUNDLES_MAX = 16
const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle'
const DIGEST = /^sha256:[0-9a-f]{64}$/
/** What only says something of one entry of the list. */
const BROKEN: ReadonlySet<string> = new Set(['bad-answer', 'image-not-found'])
const INDEX_TYPE = 'application/vnd.oci.image.index.v1+json'

/**
 * The sigstore bundles that a registry keeps beside an image, as text: by its list of referrers, or, on
 * registries that have none, by the tag that stands for it (distribution specification 1.1, “Listing
 * Referrers”, “Referrers Tag Schema”). What is no bundle is left out. Fails when it does not answer.
 */
export async function readBundles(
  talk: RegistryTalk,
  reference: ImageReference & { readonly digest: string },
): Promise<readonly string[]> {
  const bundles: string[] = []
  const entries = await referrers(talk, reference)
  for (const { digest } of entries.filter(mayBeBundle).slice(0, BUNDLES_MAX)) {
    const bundle = await readBundle(talk, { ...reference, digest: String(digest) }).catch(
      (error: unknown) => {
        if (error instanceof CommuneError && BROKEN.has(error.code)) return undefined
        throw error
      },
    )
    if (bundle !== undefined) bundles.push(bundle)
  }
  return bundles
}

async function referrers(
  talk: RegistryTalk,
  reference: ImageReference & { readonly digest: string },
): Promise<readonly ManifestEntry[]> {
  const byList = await talk.ask(`referrers/${reference.digest}`, { accept: INDEX_TYPE })
  if (byList.status === 200) return entriesOf(byList.body)
  const tag = reference.digest.replace(':', '-')
  const byTag = await talk.ask(`manifests/${tag}`, { accept: INDEX_TYPE })
  if (byTag.status === 200) return entriesOf(byTag.body)
  if (byTag.status === 404) return []
  throw statusError(reference, byTag)
}

function entriesOf(body: Buffer): readonly ManifestEntry[] {
  try {
    const { manifests } = JSON.parse(body.toString('utf8')) as { readonly manifests?: unknown }
    return Array.isArray(manifests) ? (manifests as ManifestEntry[]).filter(Boolean) : []
  } catch {
    return []
  }
}

/** Not every tool repeats the type in the list. */
function mayBeBundle({ digest, artifactType }: ManifestEntry): boolean {
  if (typeof digest !== 'string' || !DIGEST.test(digest)) return false
  return artifactType === undefined || isBundleType(artifactType)
}

function isBundleType(type: unknown): boolean {
  return typeof type === 'string' && type.startsWith(BUNDLE_TYPE)
}

async function readBundle(
  talk: RegistryTalk,
  reference: ImageReference,
): Promise<string | undefined> {
  const parsed = parsedManifest(reference, (await readManifest(talk, reference)).answer)
  const layers = Array.isArray(parsed.manifest.layers) ? parsed.manifest.layers : []
  const [layer] = layers as readonly ({ digest?: unknown; mediaType?: unknown } | null)[]
  if (!isBundleType(layer?.mediaType) || typeof layer?.digest !== 'string') return undefined
  if (!DIGEST.test(layer.digest)) return undefined
  const { status, body } = await talk.ask(`blobs/${layer.digest}`, { accept: '*/*' })
  return status === 200 && sha256(body) === layer.digest ? body.toString('utf8') : undefined
}
