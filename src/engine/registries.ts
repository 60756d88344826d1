import { readFile } from 'node:fs/promises'
import { CommuneError } from '../model/errors.ts'
import { parseImageReference } from '../model/image-reference.ts'
import type { Registries } from '../ports/registries.ts'
import { findCredentials } from './docker-config.ts'
import { examineImage } from './examine-image.ts'
import { findSignature } from './find-signature.ts'
import { parsedReference, resolveImage } from './resolve-digest.ts'

export interface RegistriesOptions {
  /** Everything may be in a private network: the whole commune is. */
  readonly allowPrivateAddresses: boolean
  /** Registries in private networks, `HOST[:PORT]`, from which images of others may come. */
  readonly privateRegistries?: readonly string[]
  /** File with whom sigstore's certificates and logs are trusted by; none when absent. */
  readonly trustedRoot?: string | undefined
}

/**
 * Registries as this machine sees them. Private addresses are asked only when that is allowed, since
 * the references come from other people's records.
 */
export function createRegistries(options: RegistriesOptions): Registries {
  const { allowPrivateAddresses, privateRegistries = [] } = options
  /** For the registry client, which leaves it to the registry itself when nothing is said. */
  const reach = (image: string, isOwn: boolean): { allowPrivateAddresses?: boolean } => {
    if (allowPrivateAddresses) return { allowPrivateAddresses }
    const { registry } = parsedReference(image)
    return isOwn || privateRegistries.includes(registry) ? {} : { allowPrivateAddresses: false }
  }
  const credentials = async (image: string, signal?: AbortSignal) => {
    const reference = parseImageReference(image)
    if (!reference.ok) return undefined
    return findCredentials(reference.value.registry, signal === undefined ? {} : { signal })
  }

  return {
    /** Fails with `io`. */
    credentials,

    /** Asks for the manifest. Fails as `resolveImage` does. */
    async proveReadable(image, { auth, signal }) {
      await resolveImage(image, {
        ...reach(image, false),
        auth: auth ?? 'none',
        ...(signal === undefined ? {} : { signal }),
      })
    },

    /** Fails as `examineImage` does. */
    async examine(image, { platform, isOwn, auth, signal }) {
      return examineImage(image, {
        ...reach(image, isOwn),
        platform,
        auth: auth ?? (isOwn ? await credentials(image, signal) : undefined),
        ...(signal === undefined ? {} : { signal }),
      })
    },

    /** Fails with `io` when the trusted root can't be read. */
    async findSignature(image, { isWanted, keys, isOwn, auth, signal }) {
      return findSignature(image, {
        ...reach(image, isOwn),
        ...{ isWanted, keys, trustedRoot: await readRoot(options.trustedRoot) },
        auth: auth ?? (isOwn ? await credentials(image, signal) : undefined),
        ...(signal === undefined ? {} : { signal }),
      })
    },
  }
}

async function readRoot(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new CommuneError('io', `The trusted root ${file} can't be read`, { cause })
  }
}
