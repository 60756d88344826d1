import PQueue from 'p-queue'
import type { Did } from '../model/records.ts'
import type { Engine, RegistryAuth } from '../ports/engine.ts'
import type { Settings } from './settings.ts'

/** What this machine knows of registries beside what its engine knows. */
export interface Registries {
  /** What `docker login` left on this machine for the registry of an image, if anything. */
  credentials(image: string, signal?: AbortSignal): Promise<RegistryAuth | undefined>
  /** Resolves when the registry gives this digest to anybody; rejects as a pull would otherwise. */
  provePublic(image: string, signal?: AbortSignal): Promise<void>
}

export interface ImageSupplyOptions {
  readonly engine: Engine
  /** Owner of this machine, whose credentials they are. */
  readonly ownerDid: Did
  readonly registries: Registries
  readonly settings: Settings
}

export interface ImageCall {
  /** Reference with digest. */
  readonly image: string
  /** Owner of the workload that needs it. */
  readonly forOwner: Did
  readonly signal: AbortSignal
  /** A pull begins. */
  readonly onPull: () => void
}

/** Pulls have a pool of their own, so that a slow registry never keeps a container from starting. */
const PULLS = 3

/**
 * Brings images onto the machine. Its owner's registry credentials serve her own workloads alone.
 * For others that an image is here already proves nothing: she may have pulled it with credentials,
 * for a workload or by hand, and an engine does not ask the registry again. So they get what was
 * pulled without credentials, or what its registry gives to anybody.
 */
export class ImageSupply {
  readonly #options: ImageSupplyOptions
  readonly #pulls = new PQueue({ concurrency: PULLS })

  constructor(options: ImageSupplyOptions) {
    this.#options = options
  }

  /** Rejects with the engine's or the registry's error, or `io` when credentials can't be read. */
  async ensure(call: ImageCall): Promise<void> {
    const { engine, ownerDid } = this.#options
    const present = await engine.inspectImage(call.image, call.signal)
    if (call.forOwner === ownerDid) return present ? undefined : this.#pullOwn(call)
    return present ? this.#provePublic(call) : this.#pullPublic(call)
  }

  async #pullOwn({ image, signal, onPull }: ImageCall): Promise<void> {
    const { engine, registries } = this.#options
    const auth = await registries.credentials(image, signal)
    onPull()
    await this.#pulls.add(() => engine.pullImage(image, auth ? { auth, signal } : { signal }))
  }

  async #pullPublic({ image, signal, onPull }: ImageCall): Promise<void> {
    const { engine, settings } = this.#options
    onPull()
    await this.#pulls.add(() => engine.pullImage(image, { signal }))
    settings.notePublic(image)
  }

  async #provePublic({ image, signal }: ImageCall): Promise<void> {
    const { registries, settings } = this.#options
    if (settings.isPublic(image)) return
    await registries.provePublic(image, signal)
    settings.notePublic(image)
  }
}
