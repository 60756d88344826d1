import { CommuneError } from '../model/errors.ts'
import type { DiskSpace, EngineImage, PullOptions, RegistryAuth } from '../ports/engine.ts'
import type { RemoteImage } from '../ports/registries.ts'

/** An image, and how its registry behaves. */
export interface MemoryImage extends EngineImage {
  readonly layers?: number
  /** What its manifest announces; a third of what it takes when left out. */
  readonly sentBytes?: number
  /** What the registry really sends; what it announces when left out. */
  readonly trueBytes?: number
  /** Nothing comes any more, and the engine does not notice either that nobody waits. */
  readonly stalls?: boolean
  readonly signedBy?: { readonly issuer: string; readonly subject: string }
}

/** The image behind a reference, or why the registry gives none to whoever asks like this. */
export type MemoryRegistry = (reference: string, auth?: RegistryAuth) => MemoryImage | CommuneError

const DISK_BYTES = 1024 ** 4

/** What the manifest of an image says. */
export function remoteImage(image: MemoryImage): RemoteImage {
  const count = image.layers ?? 1
  const sentBytes = sentOf(image)
  const layers = Array.from({ length: count }, (_, index) => ({
    digest: `${image.id} ${index}`,
    sentBytes: Math.floor(sentBytes / count),
  }))
  return { layers, sentBytes }
}

/** Images of the engine in memory, by reference. */
export class MemoryImages {
  readonly #registry: MemoryRegistry | undefined
  readonly #images = new Map<string, EngineImage>()

  /** Without a registry every reference with a digest can be had. */
  constructor(registry: MemoryRegistry | undefined) {
    this.#registry = registry
  }

  /** The disk that they are on, of this size. */
  disk(totalBytes: number = DISK_BYTES): DiskSpace {
    const used = [...this.#images.values()].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    return { totalBytes, freeBytes: Math.max(0, totalBytes - used) }
  }

  get(reference: string): EngineImage | undefined {
    return this.#images.get(reference)
  }

  async pull(reference: string, options: PullOptions): Promise<EngineImage> {
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1]
    if (digest === undefined) {
      throw new CommuneError('invalid-input', `${reference} names no digest`)
    }
    const found: MemoryImage | CommuneError =
      this.#registry?.(reference, options.auth) ?? anyImage(digest)
    if (found instanceof CommuneError) throw found
    const totalBytes = sentOf(found)
    options.onProgress?.({ doneBytes: 0, totalBytes })
    if (found.stalls) await new Promise<never>(() => undefined)
    options.onProgress?.({ doneBytes: found.trueBytes ?? totalBytes, totalBytes })
    options.signal?.throwIfAborted()
    this.#images.set(reference, found)
    return found
  }

  clear(): void {
    this.#images.clear()
  }

  delete(reference: string): void {
    this.#images.delete(reference)
  }
}

function sentOf({ sentBytes, sizeBytes }: MemoryImage): number {
  return sentBytes ?? Math.ceil(sizeBytes / 3)
}

function anyImage(digest: string): EngineImage {
  return { id: digest, digest, sizeBytes: 1024 * 1024, architecture: 'amd64', os: 'linux' }
}
