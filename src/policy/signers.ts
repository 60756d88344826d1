import { fitsPattern, fitsText } from './image-pattern.ts'
import { nameRule } from './judge.ts'
import type { Policy, Signer } from './policy.ts'
import { termsFor, type Party } from './terms-for.ts'

/** Who an image may be signed by for one owner, and which rule says so. */
export interface SignersFor {
  readonly signers: readonly Signer[]
  readonly rule: string
}

/** Who signed something, as far as the certificate tells. */
export interface SignerIdentity {
  readonly issuer: string
  readonly subject: string
}

/** The signers that count for an image; undefined when it needs no signature. */
export function signersFor(policy: Policy, party: Party, image: string): SignersFor | undefined {
  const { value, rule } = termsFor(policy, party).term('signatures')
  if (value.length === 0) return undefined
  const signers = value.filter(
    ({ images }) => images === undefined || images.some((pattern) => fitsPattern(pattern, image)),
  )
  return { signers, rule: nameRule(rule.name) }
}

/** Whether somebody with this identity is the one that is meant. */
export function isSigner(signer: Signer, { issuer, subject }: SignerIdentity): boolean {
  return signer.kind === 'identity' && signer.issuer === issuer && fitsText(signer.subject, subject)
}

/** A signer for people. */
export function describeSigner(signer: Signer): string {
  return signer.kind === 'identity' ? `${signer.subject} (${signer.issuer})` : 'a public key'
}
