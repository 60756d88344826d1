import type { RegistryAuth } from './engine.ts'

export interface SignatureQuestion {
  /** The first that fits is enough. */
  readonly isWanted: (identity: { readonly issuer: string; readonly subject: string }) => boolean
  /** PEM. */
  readonly keys: readonly string[]
  /** As of `RemoteQuestion`. */
  readonly isOwn: boolean
  /** As of `RemoteQuestion`. */
  readonly auth?: RegistryAuth | undefined
  readonly signal?: AbortSignal
}

/** What a registry says of an image, for one platform. */
export interface RemoteImage {
  readonly layers: readonly RemoteLayer[]
  /** Sum of the layers and the configuration as they are sent: compressed. */
  readonly sentBytes: number
}

export interface RemoteLayer {
  readonly digest: string
  readonly sentBytes: number
}

export interface RemoteQuestion {
  /** Go's names. */
  readonly platform: { readonly os: string; readonly architecture: string }
  /**
   * Whether the machine's owner named the image: then its registry may be in a private network and is
   * asked with her credentials. Otherwise it is asked as anybody may.
   */
  readonly isOwn: boolean
  /** What the owner of the workload sealed for it; asked with instead of anything else. */
  readonly auth?: RegistryAuth | undefined
  readonly signal?: AbortSignal
}

/** Whether one of the wanted signatures is there. */
export type SignatureVerdict =
  | { readonly kind: 'signed'; readonly by: string }
  /** Why not, as the end of a sentence. */
  | { readonly kind: 'unsigned'; readonly why: string }

/** What a machine knows of registries beside what its engine knows. */
export interface Registries {
  /** What `docker login` left on this machine for the registry of an image, if anything. */
  credentials(image: string, signal?: AbortSignal): Promise<RegistryAuth | undefined>
  /**
   * Resolves when the registry gives this digest to whoever has this login, or to anybody when there
   * is none; rejects as a pull would otherwise.
   */
  proveReadable(
    image: string,
    question: { readonly auth?: RegistryAuth | undefined; readonly signal?: AbortSignal },
  ): Promise<void>
  /**
   * Reads the manifest of a digest, checks its bytes, and waits for the first byte of each layer: what
   * does not come to us would not come to the engine either. Rejects as a pull would.
   */
  examine(image: string, question: RemoteQuestion): Promise<RemoteImage>
  /**
   * Looks beside an image for a signature of one of these. Rejects when the registry does not answer;
   * what is there and can't be verified is no signature.
   */
  findSignature(image: string, question: SignatureQuestion): Promise<SignatureVerdict>
}
