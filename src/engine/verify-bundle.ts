import { createPublicKey } from 'node:crypto'
import type { Bundle } from '@sigstore/bundle'
import { messageOf } from '../model/errors.ts'

export interface BundleTrust {
  /** PEM of the keys that count. */
  readonly keys: readonly string[]
  /** Content of a trusted root file of sigstore; undefined when there is none. */
  readonly trustedRoot: string | undefined
}

/** Who signed the image, or why nothing follows from the bundle. */
export type VerifiedBundle =
  | { readonly kind: 'identity'; readonly issuer: string; readonly subject: string }
  | { readonly kind: 'key' }
  | { readonly kind: 'invalid'; readonly why: string }

const STATEMENT_TYPE = 'application/vnd.in-toto+json'
/** What may be said of an image to have signed it: not, say, that a scanner found faults in it. */
const PREDICATES: ReadonlySet<unknown> = new Set([
  'https://sigstore.dev/cosign/sign/v1',
  'https://slsa.dev/provenance/v1',
])
/** A key that its owner named needs nobody who vouches for it. */
const KEY_ALONE = { tlogThreshold: 0, ctlogThreshold: 0, timestampThreshold: 0 }
const NO_ROOT = {
  mediaType: '',
  tlogs: [],
  certificateAuthorities: [],
  ctlogs: [],
  timestampAuthorities: [],
}

/**
 * Verifies a sigstore bundle, and that it speaks of this image (`sha256:…` of its manifest). Signatures
 * without a key need an entry in a transparency log and a certificate that the trusted root vouches for.
 * The verifier is loaded when it is first needed. Never rejects for what a bundle may hold.
 */
export async function verifyBundle(
  text: string,
  digest: string,
  trust: BundleTrust,
): Promise<VerifiedBundle> {
  try {
    const { bundleFromJSON } = await import('@sigstore/bundle')
    const bundle = bundleFromJSON(JSON.parse(text))
    const fault = faultOfStatement(bundle, digest)
    if (fault !== undefined) return { kind: 'invalid', why: fault }
    return bundle.verificationMaterial.content.$case === 'publicKey'
      ? await verifyByKey(bundle, trust)
      : await verifyByCertificate(bundle, trust)
  } catch (error) {
    return { kind: 'invalid', why: messageOf(error) }
  }
}

async function verifyByKey(bundle: Bundle, { keys }: BundleTrust): Promise<VerifiedBundle> {
  const { toSignedEntity, toTrustMaterial, Verifier } = await import('@sigstore/verify')
  const entity = { ...toSignedEntity(bundle), tlogEntries: [], timestamps: [] }
  const fits = keys.some((pem) => {
    const publicKey = createPublicKey(pem)
    const material = toTrustMaterial(NO_ROOT, () => ({ publicKey, validFor: () => true }))
    try {
      new Verifier(material, KEY_ALONE).verify(entity)
      return true
    } catch {
      return false
    }
  })
  return fits ? { kind: 'key' } : { kind: 'invalid', why: 'none of the keys fits' }
}

async function verifyByCertificate(
  bundle: Bundle,
  { trustedRoot }: BundleTrust,
): Promise<VerifiedBundle> {
  if (trustedRoot === undefined)
    return { kind: 'invalid', why: 'there is no trusted root (meshlet --trusted-root)' }
  const { toSignedEntity, toTrustMaterial, Verifier } = await import('@sigstore/verify')
  const { TrustedRoot } = await import('@sigstore/protobuf-specs')
  const material = toTrustMaterial(TrustedRoot.fromJSON(JSON.parse(trustedRoot)))
  const { identity } = new Verifier(material).verify(toSignedEntity(bundle))
  const { subjectAlternativeName: subject, extensions } = identity ?? {}
  if (subject === undefined || extensions?.issuer === undefined)
    return { kind: 'invalid', why: 'its certificate names nobody' }
  return { kind: 'identity', issuer: extensions.issuer, subject }
}

interface Statement {
  readonly predicateType?: unknown
  readonly subject?: readonly { readonly digest?: { readonly sha256?: unknown } }[]
}

/** What is signed is an in-toto statement: it has to name the image. */
function faultOfStatement({ content }: Bundle, digest: string): string | undefined {
  if (content.$case !== 'dsseEnvelope' || content.dsseEnvelope.payloadType !== STATEMENT_TYPE)
    return 'it is no statement about an image'
  const statement = JSON.parse(content.dsseEnvelope.payload.toString('utf8')) as Statement
  if (!PREDICATES.has(statement.predicateType)) return 'it says something else of the image'
  const named = (statement.subject ?? []).map((subject) => subject.digest?.sha256)
  return named.includes(digest.replace('sha256:', '')) ? undefined : 'it speaks of another image'
}
