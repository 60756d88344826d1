import { openRegistry } from './registry-client.ts'
import {
  authFor,
  parsedReference,
  resolveImage,
  sha256,
  type ResolvedImage,
  type ResolveOptions,
} from './resolve-digest.ts'

/** A name of an operating system or architecture as Go writes it. */
const PLATFORM_PART = /^[a-z0-9]{1,32}$/

/**
 * What a tag means now, and for which platforms. A manifest for one platform says so only in its
 * configuration, which is then asked for too; that this fails is no reason to fail.
 */
export async function describeImage(
  image: string,
  options: ResolveOptions = {},
): Promise<ResolvedImage> {
  const resolved = await resolveImage(image, options)
  const { config } = resolved
  if (resolved.platforms !== undefined || config === undefined) return resolved
  const platform = await readPlatform(image, config, options).catch((error: unknown) => {
    options.signal?.throwIfAborted()
    if (error instanceof Error) return undefined
    throw error
  })
  return platform === undefined ? resolved : { ...resolved, platforms: [platform] }
}

async function readPlatform(
  image: string,
  config: string,
  options: ResolveOptions,
): Promise<string | undefined> {
  const reference = parsedReference(image)
  const { registry, repository } = reference
  const auth = await authFor(reference, options)
  const talk = openRegistry({ ...options, registry, repository, auth })
  const answer = await talk.ask(`blobs/${config}`, { accept: '*/*' })
  const digest = sha256(answer.body)
  if (answer.status !== 200 || digest !== config) return undefined
  const value = JSON.parse(answer.body.toString('utf8')) as Record<string, unknown> | null
  const { os, architecture, variant } = value ?? {}
  if (!isPart(os) || !isPart(architecture)) return undefined
  return [os, architecture, ...(isPart(variant) ? [variant] : [])].join('/')
}

function isPart(value: unknown): value is string {
  return typeof value === 'string' && PLATFORM_PART.test(value)
}
