import { CommuneError } from '../model/errors.ts'
import type { EngineImage, RegistryAuth } from '../ports/engine.ts'

/** The image behind a reference, or why the registry gives none to whoever asks like this. */
export type MemoryRegistry = (reference: string, auth?: RegistryAuth) => EngineImage | CommuneError

/** Images of the engine in memory, by reference. */
export class MemoryImages {
  readonly #registry: MemoryRegistry | undefined
  readonly #images = new Map<string, EngineImage>()

  /** Without a registry every reference with a digest can be had. */
  constructor(registry: MemoryRegistry | undefined) {
    this.#registry = registry
  }

  get(reference: string): EngineImage | undefined {
    return this.#images.get(reference)
  }

  pull(reference: string, auth: RegistryAuth | undefined): EngineImage {
    const digest = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1]
    if (digest === undefined) {
      throw new CommuneError('invalid-input', `${reference} names no digest`)
    }
    const found = this.#registry?.(reference, auth) ?? anyImage(digest)
    if (found instanceof CommuneError) throw found
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

function anyImage(digest: string): EngineImage {
  return { id: digest, digest, sizeBytes: 1024 * 1024, architecture: 'amd64', os: 'linux' }
}
