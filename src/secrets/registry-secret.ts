import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { SecretRecord } from '../model/records.ts'
import type { RegistryLogin, SecretPlace } from '../ports/seal-key.ts'
import { decryptJson, encryptJson, isHybridRecipient, RECIPIENTS_MAX } from './age-file.ts'

/** Characters. Passwords of some registries are keys in JSON. */
export const USERNAME_MAX = 1_024
export const PASSWORD_MAX = 16_384
const REGISTRY_MAX = 255

/** What is encrypted. All but the values says where it belongs, since anybody can copy ciphertext. */
interface Content extends Bound {
  readonly v: 1
  readonly kind: 'registry'
  readonly values: RegistryLogin
}

interface Bound extends SecretPlace {
  readonly workload: string
  readonly generation: number
  /** Sorted. */
  readonly recipients: readonly string[]
}

export type Unsealed = Pick<SecretRecord, 'workload' | 'generation' | 'recipients' | 'createdAt'>

/** The record that holds a login for these recipients only. */
export async function sealRegistryLogin(
  place: SecretPlace,
  { workload, generation, recipients, createdAt }: Unsealed,
  values: RegistryLogin,
): Promise<SecretRecord> {
  const sorted = recipients.toSorted()
  const { owner, name } = place
  const bound: Bound = { owner, name, workload, generation, recipients: sorted }
  const content: Content = { v: 1, kind: 'registry', ...bound, values }
  const ciphertext = await encryptJson(content, sorted)
  return {
    $type: COLLECTION.secret,
    workload,
    generation,
    recipients: sorted,
    ciphertext,
    createdAt,
  }
}

/** The other way, as `SealKey.open` has it. */
export async function openRegistryLogin(
  place: SecretPlace,
  record: SecretRecord,
  key: { readonly identity: string; readonly recipient: string },
): Promise<RegistryLogin> {
  const { workload, generation, recipients, ciphertext } = record
  if (recipients.length > RECIPIENTS_MAX || !recipients.every(isHybridRecipient))
    throw refused('it names a key that is not post-quantum')
  if (!recipients.includes(key.recipient)) throw refused('it was not sealed for this machine')
  const content = contentOf(await decryptJson(ciphertext, key.identity, recipients.length))
  if (content.owner !== place.owner) throw refused('it was sealed by another owner')
  if (content.name !== place.name) throw refused('it was sealed under another name')
  if (content.workload !== workload) throw refused('it was sealed for another workload')
  if (content.generation !== generation) throw refused('it was sealed as another generation')
  if (JSON.stringify(content.recipients) !== JSON.stringify(recipients.toSorted()))
    throw refused('it was sealed for other machines')
  return content.values
}

/** Field by field: whoever may seal may put anything inside. */
function contentOf(value: unknown): Content {
  const { v, kind, owner, name, workload, generation, recipients, values } = fieldsOf(value)
  if (v !== 1 || kind !== 'registry') throw refused('this version does not know what is inside')
  const { registry, username, password } = fieldsOf(values)
  const isWhole =
    isText(owner) &&
    isText(name) &&
    isText(workload) &&
    Number.isSafeInteger(generation) &&
    Array.isArray(recipients) &&
    isText(registry, REGISTRY_MAX) &&
    isText(username, USERNAME_MAX) &&
    isText(password, PASSWORD_MAX)
  if (!isWhole) throw refused('what is inside is not whole')
  return {
    ...{ v, kind, workload },
    owner: owner as SecretPlace['owner'],
    name,
    generation: Number(generation),
    recipients: recipients.map(String),
    values: { registry, username, password },
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function isText(value: unknown, max = 4_096): value is string {
  return typeof value === 'string' && value !== '' && value.length <= max
}

function refused(why: string): CommuneError {
  return new CommuneError('forbidden', why)
}
