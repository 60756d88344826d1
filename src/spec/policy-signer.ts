import { createPublicKey } from 'node:crypto'
import { invariant } from '../model/errors.ts'
import { parseImagePattern } from '../policy/image-pattern.ts'
import type { Signer } from '../policy/policy.ts'
import { describeValue } from './describe-schema.ts'
import { finding, type Finding, type Path } from './finding.ts'
import type { Signer as SignerOfFile } from './policy-file.gen.ts'

const EXPECTED = 'either issuer and subject, or key'

/** What is wrong with one entry of `signatures`. */
export function checkSigner(path: Path, signer: SignerOfFile): readonly Finding[] {
  const { images = [], issuer, subject, key } = signer
  const isIdentity = issuer !== undefined && subject !== undefined && key === undefined
  const isKey = issuer === undefined && subject === undefined && key !== undefined
  return [
    ...(isIdentity || isKey ? [] : [finding(path, 'it names no signer', { expected: EXPECTED })]),
    ...(key === undefined || isPublicKey(key)
      ? []
      : [
          finding([...path, 'key'], 'found something else', {
            expected: 'a public key that begins with -----BEGIN PUBLIC KEY-----',
          }),
        ]),
    ...images.flatMap((text, index) => {
      const pattern = parseImagePattern(text)
      if (pattern.ok) return []
      const { expected } = pattern
      return [finding([...path, 'images', index], `found ${describeValue(text)}`, { expected })]
    }),
  ]
}

/** Only what has passed the checks is converted. */
export function toSigner({ images, issuer, subject, key }: SignerOfFile): Signer {
  const patterns = images?.map((text) => {
    const pattern = parseImagePattern(text)
    invariant(pattern.ok, 'an image pattern is converted that was not checked')
    return pattern.value
  })
  const about = patterns === undefined ? {} : { images: patterns }
  if (key !== undefined) return { ...about, kind: 'key', key }
  return { ...about, kind: 'identity', issuer: issuer ?? '', subject: subject ?? '' }
}

/** A private key would be taken as well, and does not belong here. */
function isPublicKey(pem: string): boolean {
  if (pem.includes('PRIVATE')) return false
  try {
    createPublicKey(pem)
    return true
  } catch {
    return false
  }
}
