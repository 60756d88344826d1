import type { Readable } from 'node:stream'
import type { ImageInspectInfo } from 'dockerode'
import { CommuneError } from '../model/errors.ts'
import type { EngineImage, PullOptions } from '../ports/engine.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { statusOf, toEngineError } from './engine-error.ts'
import type { ImageDefaults } from './hardening.ts'
import { each, parts, soundAnswer, type Shape } from './sound-answer.ts'
import { followPull, pullError } from './pull-stream.ts'

const DIGEST = /@(sha256:[0-9a-f]{64})$/
const KNOWN_IMAGES_MAX = 512
const PULL_MS_MAX = 60 * 60_000

/** What images that were looked at say about containers. A digest always names the same content. */
export class KnownImages {
  readonly #defaults = new Map<string, ImageDefaults>()

  note(reference: string, defaults: ImageDefaults): void {
    if (!DIGEST.test(reference)) return
    if (this.#defaults.size >= KNOWN_IMAGES_MAX) this.#defaults.clear()
    this.#defaults.set(reference, defaults)
  }

  get(reference: string): ImageDefaults | undefined {
    return this.#defaults.get(reference)
  }
}

/** The local image; undefined when it is not there. */
export async function inspectImage(
  client: EngineClient,
  reference: string,
  known: KnownImages,
  signal?: AbortSignal,
): Promise<EngineImage | undefined> {
  const details = await inspect(client, reference, signal)
  if (details === undefined) return undefined
  known.note(reference, defaultsOf(details))
  const digest = knownDigest(details, reference)
  return {
    id: details.Id,
    ...(digest === undefined ? {} : { digest }),
    sizeBytes: details.Size,
    isTagged: (details.RepoTags ?? []).length > 0,
    architecture: details.Architecture,
    os: details.Os,
  }
}

/** What the image says about containers, asked for unless it is known. Fails with `image-not-found`. */
export async function imageDefaults(
  client: EngineClient,
  reference: string,
  known: KnownImages,
  signal?: AbortSignal,
): Promise<ImageDefaults> {
  const remembered = known.get(reference)
  if (remembered) return remembered
  const details = await inspect(client, reference, signal)
  if (details === undefined) throw imageMissing(reference)
  return defaultsOf(details)
}

/** The image was there and is gone, or never was. */
export function imageMissing(reference: string, cause?: unknown): CommuneError {
  const message = `The image ${reference} is not on this machine`
  return new CommuneError('image-not-found', message, { retry: true, cause })
}

function defaultsOf(details: ImageInspectInfo): ImageDefaults {
  return {
    env: details.Config?.Env ?? [],
    labels: Object.keys(details.Config?.Labels ?? {}),
    volumes: Object.keys(details.Config?.Volumes ?? {}),
  }
}

/** Takes the reference away, and what no other reference needs. Removing what is gone is no error. */
export async function removeImage(
  client: EngineClient,
  reference: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `removing image ${reference}`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      await docker.getImage(reference).remove({ abortSignal })
    },
    (error) => {
      if (statusOf(error) !== 404) throw toEngineError(error, doing, client.address)
    },
  )
}

/**
 * Pulls by digest and checks that the engine holds that digest afterwards. Whether it gets on is for
 * the caller to watch. The credentials go into one header of this request and nowhere else.
 */
export async function pullImage(
  client: EngineClient,
  reference: string,
  options: PullOptions = {},
  totalMs: number = PULL_MS_MAX,
): Promise<EngineImage> {
  const digest = DIGEST.exec(reference)?.[1]
  if (digest === undefined) {
    throw new CommuneError('invalid-input', `${reference} names no digest`, {
      hint: 'commune sync resolves a tag to its digest',
    })
  }
  const doing = `pulling ${reference}`
  const { auth } = options
  const stop = new AbortController()
  const onAbort = () => stop.abort(options.signal?.reason)
  options.signal?.throwIfAborted()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const stream = await client.call(
      { doing, timeoutMs: totalMs, signal: stop.signal },
      async (docker, abortSignal) => {
        const authconfig = auth && {
          username: auth.username,
          password: auth.password,
          serveraddress: auth.serverAddress,
        }
        // Left empty it would stand in the address of the request.
        const login = authconfig === undefined ? {} : { authconfig }
        return (await docker.pull(reference, { ...login, abortSignal })) as Readable
      },
      (error) => {
        if (statusOf(error) === undefined) throw toEngineError(error, doing, client.address)
        throw pullError(reference, error)
      },
    )
    await followPull(stream, {
      reference,
      totalMs,
      signal: stop.signal,
      onProgress: options.onProgress,
    })
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    // Also ends a request that is still open.
    stop.abort()
  }
  return checkedImage(client, reference, digest, options.signal)
}

async function checkedImage(
  client: EngineClient,
  reference: string,
  digest: string,
  signal?: AbortSignal,
): Promise<EngineImage> {
  const image = await inspectImage(client, reference, new KnownImages(), signal)
  if (image?.digest === digest) return image
  const message = `The engine says that it pulled ${reference}, but holds ${image?.digest ?? 'nothing'}`
  throw new CommuneError('engine', message, { retry: true })
}

/** The types of the client library leave the signal out of this call. */
interface Inspectable {
  inspect(options: { abortSignal: AbortSignal }): Promise<ImageInspectInfo>
}

/** What is used of an image's description. */
const INSPECTED: Shape = parts({
  Id: 'text',
  'RepoDigests?': each('text'),
  Size: 'number',
  Architecture: 'text',
  Os: 'text',
  'Config?': parts({ 'Env?': each('text'), 'Labels?': 'texts', 'Volumes?': parts({}) }),
})

async function inspect(
  client: EngineClient,
  reference: string,
  signal?: AbortSignal,
): Promise<ImageInspectInfo | undefined> {
  const doing = `looking at image ${reference}`
  return client.call<ImageInspectInfo | undefined>(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
    async (docker, abortSignal) => {
      const image = docker.getImage(reference) as unknown as Inspectable
      return soundAnswer(await image.inspect({ abortSignal }), INSPECTED, doing)
    },
    (error) => {
      if (statusOf(error) === 404) return undefined
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** The digest under which the engine knows the image: the one asked for if it is among them. */
function knownDigest(details: ImageInspectInfo, reference: string): string | undefined {
  const digests = (details.RepoDigests ?? []).flatMap((text) => DIGEST.exec(text)?.[1] ?? [])
  const asked = DIGEST.exec(reference)?.[1]
  return asked !== undefined && digests.includes(asked) ? asked : digests[0]
}
