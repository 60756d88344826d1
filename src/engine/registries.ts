import { parseImageReference } from '../model/image-reference.ts'
import type { RegistryAuth } from '../ports/engine.ts'
import { findCredentials } from './docker-config.ts'
import { resolveImage } from './resolve-digest.ts'

/**
 * Registries as this machine sees them. Private addresses are asked only when that is allowed, since
 * the references come from other people's records.
 */
export function createRegistries(options: { readonly allowPrivateAddresses: boolean }) {
  return {
    /** What `docker login` left behind for the registry of an image. Fails with `io`. */
    async credentials(image: string, signal?: AbortSignal): Promise<RegistryAuth | undefined> {
      const reference = parseImageReference(image)
      if (!reference.ok) return undefined
      return findCredentials(reference.value.registry, signal === undefined ? {} : { signal })
    },

    /** Asks for the manifest without credentials. Fails as `resolveImage` does. */
    async provePublic(image: string, signal?: AbortSignal): Promise<void> {
      await resolveImage(image, {
        ...options,
        auth: 'none',
        ...(signal === undefined ? {} : { signal }),
      })
    },
  }
}
