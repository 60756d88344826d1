import type { Did, SecretRecord } from '../model/records.ts'

/** Where a secret stands, as the reader knows it from the verified repo. */
export interface SecretPlace {
  readonly owner: Did
  /** The record key. */
  readonly name: string
}

/** What was sealed: a login at one registry. Never logged and never written down. */
export interface RegistryLogin {
  /** As references of images have it: `HOST[:PORT]`. */
  readonly registry: string
  readonly username: string
  readonly password: string
}

/** The key with which a machine opens what was sealed for it. */
export interface SealKey {
  /** `age1pq1…`, for the field `publicKey` of `meshletStatus`. */
  readonly recipient: string
  /**
   * Opens a secret and holds it to the place where it stands. Rejects with `forbidden` and the end of
   * a sentence that says why, when it was sealed for others, for another place, or in another way.
   */
  open(place: SecretPlace, record: SecretRecord): Promise<RegistryLogin>
}
