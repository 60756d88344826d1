import { CommuneError } from '../model/errors.ts'
import type { ImageReference } from '../model/image-reference.ts'
import type { RegistryAuth } from '../ports/engine.ts'
import type { RemoteImage, RemoteLayer } from '../ports/registries.ts'
import { errorWords, openRegistry, type RegistryTalk } from './registry-client.ts'
import {
  parsedManifest,
  parsedReference,
  readManifest,
  type Manifest,
  type ManifestEntry,
} from './resolve-digest.ts'

export interface ExamineOptions {
  /** Go's names. */
  readonly platform: { readonly os: string; readonly architecture: string }
  readonly auth: RegistryAuth | undefined
  /** As for the registry client. */
  readonly allowPrivateAddresses?: boolean
  readonly timeoutMs?: number
  readonly signal?: AbortSignal
}

/** More than any engine takes; what has more is answered for by nobody. */
const LAYERS_READ_MAX = 512
/** Manifests of one index for one platform: they differ by variant. */
const VARIANTS_MAX = 8
/** Layers whose first byte is waited for at the same time. */
const PEEKS = 4
const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * What an image by digest takes to fetch, from the manifests alone: their bytes are checked against
 * their digests, so it is what the engine will find. Of several variants of a processor the largest
 * counts. Then waits for the first byte of each layer. Fails with `usage`, `image-not-found`,
 * `image-denied`, `registry-unreachable`, `forbidden` or `bad-answer`.
 */
export async function examineImage(image: string, options: ExamineOptions): Promise<RemoteImage> {
  const reference = parsedReference(image)
  if (reference.digest === undefined) throw new CommuneError('usage', `${image} names no digest`)
  const { registry, repository } = reference
  const { platform, ...client } = options
  const talk = openRegistry({ ...client, registry, repository })
  const manifests = await manifestsFor(talk, reference, platform)
  const [largest] = manifests
    .map((manifest) => sizesOf(reference, manifest))
    .toSorted((a, b) => b.sentBytes - a.sentBytes)
  if (largest === undefined) throw missingPlatform(reference, platform)
  await awaitLayers(talk, reference, largest.layers)
  return largest
}

async function manifestsFor(
  talk: RegistryTalk,
  reference: ImageReference,
  platform: ExamineOptions['platform'],
): Promise<readonly Manifest[]> {
  const first = parsedManifest(reference, (await readManifest(talk, reference)).answer)
  if (first.kind === 'manifest') return [first.manifest]
  const digests = (first.manifest.manifests ?? [])
    .flatMap((entry) => (entry && isFor(entry, platform) ? [entry.digest] : []))
    .filter((digest) => typeof digest === 'string' && DIGEST.test(digest))
  const found: Manifest[] = []
  for (const digest of [...new Set(digests as string[])].slice(0, VARIANTS_MAX)) {
    const { answer } = await readManifest(talk, { ...reference, digest })
    const parsed = parsedManifest(reference, answer)
    if (parsed.kind === 'manifest') found.push(parsed.manifest)
  }
  return found
}

function isFor({ platform }: ManifestEntry, wanted: ExamineOptions['platform']): boolean {
  return platform?.os === wanted.os && platform.architecture === wanted.architecture
}

function sizesOf(reference: ImageReference, manifest: Manifest): RemoteImage {
  const layers = Array.isArray(manifest.layers) ? manifest.layers : undefined
  if (layers === undefined || layers.length > LAYERS_READ_MAX) throw unreadable(reference)
  const parts = layers.map((layer) => partOf(reference, layer))
  const config = partOf(reference, manifest.config)
  const sentBytes = [config, ...parts].reduce((sum, part) => sum + part.sentBytes, 0)
  return { layers: parts, sentBytes }
}

function partOf(reference: ImageReference, value: unknown): RemoteLayer {
  const { digest, size } = (value ?? {}) as { readonly digest?: unknown; readonly size?: unknown }
  const isSound = typeof digest === 'string' && DIGEST.test(digest)
  if (!isSound || !Number.isSafeInteger(size) || Number(size) < 0) throw unreadable(reference)
  return { digest, sentBytes: Number(size) }
}

/** An engine that waits for a layer that never comes waits for ever, and others wait behind it. */
async function awaitLayers(
  talk: RegistryTalk,
  reference: ImageReference,
  layers: readonly RemoteLayer[],
): Promise<void> {
  const left = [...new Set(layers.map(({ digest }) => digest))]
  const work = async () => {
    for (let digest = left.shift(); digest !== undefined; digest = left.shift())
      await awaitLayer(talk, reference, digest)
  }
  await Promise.all(Array.from({ length: PEEKS }, work))
}

async function awaitLayer(talk: RegistryTalk, { registry }: ImageReference, digest: string) {
  const { status, body } = await talk.ask(`blobs/${digest}`, { accept: '*/*', firstByte: true })
  // 416: there is no first byte of nothing.
  if (status === 200 || status === 206 || status === 416) return
  const said = errorWords(body)
  const message = `${registry} answered ${status} for the layer ${digest}${said && `: ${said}`}`
  if (status === 404) throw new CommuneError('image-not-found', message)
  throw new CommuneError('registry-unreachable', message, { retry: true })
}

function missingPlatform(
  { registry, repository }: ImageReference,
  { os, architecture }: ExamineOptions['platform'],
): CommuneError {
  const message = `The registry has no ${registry}/${repository} for ${os}/${architecture}`
  return new CommuneError('image-not-found', message)
}

function unreadable({ registry }: ImageReference): CommuneError {
  const message = `${registry} answers with a manifest whose layers can’t be read`
  return new CommuneError('bad-answer', message)
}
