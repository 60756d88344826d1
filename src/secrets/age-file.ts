import { Decrypter, Encrypter } from 'age-encryption'
import { CommuneError } from '../model/errors.ts'

/** As the lexicon has them. */
export const RECIPIENTS_MAX = 32
const CIPHERTEXT_BYTES_MAX = 128 * 1024
const RECIPIENT_PREFIX = 'age1pq1'
/** The words of age's header (c2sp.org/age). */
const VERSION_LINE = 'age-encryption.org/v1'
const STANZA = '-> '
const HYBRID_STANZA = '-> mlkem768x25519 '
const END_OF_HEADER = '\n--- '
/** The length of a text would tell about the password. */
const PADDED_BYTES = 1024

/** True for what only this scheme can be meant by; others could be read once, since repos are kept. */
export function isHybridRecipient(text: string): boolean {
  return text.startsWith(RECIPIENT_PREFIX) && /^[a-z0-9]{1900,2048}$/.test(text)
}

/** Encrypts JSON for each of the recipients. Fails with `invalid-input` for a recipient that is none. */
export async function encryptJson(
  value: object,
  recipients: readonly string[],
): Promise<Uint8Array> {
  const encrypter = new Encrypter()
  for (const recipient of recipients) {
    if (!isHybridRecipient(recipient)) throw notHybrid()
    try {
      encrypter.addRecipient(recipient)
    } catch {
      throw notHybrid()
    }
  }
  const bytes = new TextEncoder().encode(JSON.stringify(value))
  // Spaces after a value are no part of it.
  const padded = new Uint8Array(Math.ceil(bytes.length / PADDED_BYTES) * PADDED_BYTES).fill(0x20)
  padded.set(bytes)
  return encrypter.encrypt(padded)
}

/**
 * The other way. What it may cost is limited first, and a file that a weaker key could open, too, is
 * refused. Fails with `forbidden` and the end of a sentence.
 */
export async function decryptJson(
  ciphertext: Uint8Array,
  identity: string,
  recipientCount: number,
): Promise<unknown> {
  requireHybridHeader(ciphertext, recipientCount)
  const decrypter = new Decrypter()
  decrypter.addIdentity(identity)
  let text: string
  try {
    text = await decrypter.decrypt(ciphertext, 'text')
  } catch {
    throw refused('this machine’s key does not open it')
  }
  try {
    return JSON.parse(text) as unknown
  } catch {
    // The parser's own message quotes the text, and the text holds a password.
    throw refused('what is inside can’t be read')
  }
}

function requireHybridHeader(ciphertext: Uint8Array, recipientCount: number): void {
  if (ciphertext.length > CIPHERTEXT_BYTES_MAX)
    throw refused(`it has more than ${CIPHERTEXT_BYTES_MAX} bytes`)
  const text = Buffer.from(ciphertext).toString('latin1')
  const end = text.indexOf(END_OF_HEADER)
  const [version, ...lines] = text.slice(0, Math.max(end, 0)).split('\n')
  if (version !== VERSION_LINE) throw refused('it is no age file')
  const stanzas = lines.filter((line) => line.startsWith(STANZA))
  if (stanzas.some((line) => !line.startsWith(HYBRID_STANZA)))
    throw refused('it is sealed for a key that is not post-quantum')
  if (stanzas.length !== recipientCount)
    throw refused('it is sealed for other keys than the record names')
}

function notHybrid(): CommuneError {
  return new CommuneError('invalid-input', 'A recipient is no post-quantum key (age1pq1…)')
}

function refused(why: string): CommuneError {
  return new CommuneError('forbidden', why)
}
