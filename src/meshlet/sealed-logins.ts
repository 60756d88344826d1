import { CommuneError, messageOf } from '../model/errors.ts'
import { loginAddress, parseImageReference } from '../model/image-reference.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Cid, Did, SecretRecord } from '../model/records.ts'
import type { RegistryAuth } from '../ports/engine.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'
import type { RegistryLogin, SealKey } from '../ports/seal-key.ts'
import type { Settings } from './settings.ts'

export interface SealedLoginsOptions {
  readonly view: RecordView
  readonly settings: Settings
  /** Absent: nothing can be sealed for this machine. */
  readonly sealKey?: SealKey
}

/** What an owner sealed for this machine and one of her workloads. */
export type SealedLogin =
  | { readonly kind: 'none' }
  /** There is one in this version of the record; it is forgotten after the pull. */
  | { readonly kind: 'login'; readonly auth: RegistryAuth; readonly cid: Cid }
  /** There is something, and why it can't be used, as a sentence. */
  | { readonly kind: 'unusable'; readonly why: string }

/** One image has one registry; opening costs time, and others decide how much there is to open. */
export const SECRETS_PER_WORKLOAD_MAX = 4

/** Finds and opens the credentials that owners sealed for this machine. */
export class SealedLogins {
  readonly #options: SealedLoginsOptions

  constructor(options: SealedLoginsOptions) {
    this.#options = options
  }

  /** The login for an image of this workload. Never rejects: who has none asks as anybody may. */
  async find(image: string, uri: string, owner: Did): Promise<SealedLogin> {
    const { view } = this.#options
    const reference = parseImageReference(image)
    const secrets = view
      .list<SecretRecord>(owner, COLLECTION.secret)
      .filter(([, { value }]) => value.workload === uri)
    if (!reference.ok || secrets.length === 0) return { kind: 'none' }
    const { registry } = reference.value
    const faults: string[] = []
    for (const [name, secret] of secrets.slice(0, SECRETS_PER_WORKLOAD_MAX)) {
      try {
        const login = await this.#open(owner, name, secret)
        if (login.registry !== registry) continue
        const { username, password } = login
        const auth = { username, password, serverAddress: loginAddress(registry) }
        return { kind: 'login', auth, cid: secret.cid }
      } catch (error) {
        faults.push(`the sealed secret ${name} can’t be used: ${messageOf(error)}`)
      }
    }
    const [why] = faults
    return why === undefined ? { kind: 'none' } : { kind: 'unusable', why }
  }

  async #open(
    owner: Did,
    name: string,
    { value }: StoredRecord<SecretRecord>,
  ): Promise<RegistryLogin> {
    const { settings, sealKey } = this.#options
    if (sealKey === undefined) throw new CommuneError('forbidden', 'this machine has no key for it')
    if (value.generation < settings.secretGeneration(owner, name))
      throw new CommuneError('forbidden', 'it is older than one that was used here')
    const login = await sealKey.open({ owner, name }, value)
    settings.noteSecretGeneration(owner, name, value.generation)
    return login
  }
}
