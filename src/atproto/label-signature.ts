import { CommuneError } from '../model/errors.ts'
import { dagCbor } from './dag-cbor.ts'
import type { Identity } from './identity.ts'
import { createSignatureVerifier } from './repo-walk-signature.ts'

/** A label as `com.atproto.label.defs#label` has it in JSON; whatever else it holds is signed, too. */
export interface SignedLabel {
  readonly ver?: unknown
  readonly src: string
  readonly uri: string
  readonly val: string
  readonly neg?: unknown
  readonly cts?: unknown
  readonly exp?: unknown
  readonly sig?: unknown
}

/**
 * - `valid`: the account that `src` names has signed it;
 * - `missing`, `wrong`: anybody may have written it;
 * - `unknown`: of a version that is not known, or nobody says with which key it would be signed.
 */
export type LabelSignature = 'valid' | 'missing' | 'wrong' | 'unknown'

/** The one version of labels that there is. */
const VERSION = 1
/** Labelers whose keys are looked up in one go: an answer may name any number. */
const SOURCES_MAX = 16

/**
 * Checks labels as https://atproto.com/specs/label has it: the label without `sig`, in DAG-CBOR, by the
 * `#atproto_label` key of its source. A key that does not fit is looked up anew once, since labelers
 * change theirs and sign again.
 */
export class LabelChecker {
  readonly #identity: Pick<Identity, 'resolve'>
  readonly #signal: AbortSignal
  readonly #verify = createSignatureVerifier()
  readonly #keys = new Map<string, string | undefined>()
  readonly #renewed = new Set<string>()

  constructor(identity: Pick<Identity, 'resolve'>, signal: AbortSignal) {
    this.#identity = identity
    this.#signal = signal
  }

  async check(label: SignedLabel): Promise<LabelSignature> {
    const { sig, ...unsigned } = label
    if (sig === undefined || sig === null) return 'missing'
    const signature = bytesOf(sig)
    if (signature === undefined) return 'wrong'
    if (label.ver !== VERSION) return 'unknown'
    const key = await this.#keyOf(label.src, false)
    if (key === undefined) return 'unknown'
    const message = await encoded(unsigned)
    if (message === undefined) return 'wrong'
    if (this.#fits(key, message, signature)) return 'valid'
    if (this.#renewed.has(label.src)) return 'wrong'
    this.#renewed.add(label.src)
    const newKey = await this.#keyOf(label.src, true)
    return newKey !== undefined && this.#fits(newKey, message, signature) ? 'valid' : 'wrong'
  }

  #fits(key: string, message: Uint8Array, signature: Uint8Array): boolean {
    try {
      return this.#verify(key, message, signature)
    } catch {
      // A key that can't be read signs nothing.
      return false
    }
  }

  async #keyOf(src: string, force: boolean): Promise<string | undefined> {
    if (!force && (this.#keys.has(src) || this.#keys.size >= SOURCES_MAX))
      return this.#keys.get(src)
    try {
      const { labelKey } = await this.#identity.resolve(src, { force, signal: this.#signal })
      this.#keys.set(src, labelKey)
    } catch (error) {
      this.#signal.throwIfAborted()
      if (!(error instanceof CommuneError)) throw error
      if (!force) this.#keys.set(src, undefined)
    }
    return this.#keys.get(src)
  }
}

/** `{ "$bytes": "…" }`, in base64 with or without padding. */
function bytesOf(sig: unknown): Uint8Array | undefined {
  if (typeof sig !== 'object' || sig === null || !('$bytes' in sig)) return undefined
  const text = sig.$bytes
  if (typeof text !== 'string' || !/^[A-Za-z0-9+/]{1,128}={0,2}$/.test(text)) return undefined
  return Uint8Array.from(Buffer.from(text, 'base64'))
}

async function encoded(label: object): Promise<Uint8Array | undefined> {
  try {
    return dagCbor(label)
  } catch {
    // Something that has no place in a label, such as a fraction: nobody can have signed it.
    return undefined
  }
}
