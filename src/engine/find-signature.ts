import type { RegistryAuth } from '../ports/engine.ts'
import type { SignatureQuestion, SignatureVerdict } from '../ports/registries.ts'
import { CommuneError } from '../model/errors.ts'
import { readBundles } from './read-bundles.ts'
import { openRegistry } from './registry-client.ts'
import { parsedReference } from './resolve-digest.ts'
import { verifyBundle } from './verify-bundle.ts'

export interface FindSignatureOptions extends Pick<
  SignatureQuestion,
  'isWanted' | 'keys' | 'signal'
> {
  readonly auth: RegistryAuth | undefined
  /** As for the registry client. */
  readonly allowPrivateAddresses?: boolean
  /** Content of a trusted root file. */
  readonly trustedRoot: string | undefined
}

/** The first bundle beside the image that one of the wanted signers made. */
export async function findSignature(
  image: string,
  options: FindSignatureOptions,
): Promise<SignatureVerdict> {
  const reference = parsedReference(image)
  const { registry, repository, digest } = reference
  if (digest === undefined) throw new CommuneError('usage', `${image} names no digest`)
  const { isWanted, keys, trustedRoot, ...client } = options
  const talk = openRegistry({ ...client, registry, repository })
  const bundles = await readBundles(talk, { ...reference, digest })
  const faults: string[] = []
  for (const bundle of bundles) {
    const found = await verifyBundle(bundle, digest, { keys, trustedRoot })
    if (found.kind === 'key') return { kind: 'signed', by: 'a key' }
    if (found.kind === 'identity' && isWanted(found)) return { kind: 'signed', by: found.subject }
    faults.push(
      found.kind === 'invalid' ? found.why : `it is by ${found.subject} (${found.issuer})`,
    )
  }
  const [first = 'there is none beside it'] = faults
  return { kind: 'unsigned', why: first.slice(0, 300) }
}
