import { generateHybridIdentity, identityToRecipient } from 'age-encryption'
import path from 'node:path'
import { makePrivateFolder, readKept, writeKept } from '../atproto/private-file.ts'
import { CommuneError } from '../model/errors.ts'
import type { SealKey } from '../ports/seal-key.ts'
import { openRegistryLogin } from './registry-secret.ts'

/**
 * The key in the file, which is made when there is none; readable by its owner only. Who loses it
 * gets a new one, and owners have to seal again.
 */
export async function openSealKey(file: string): Promise<SealKey> {
  const kept = await readKept(file)
  if (kept === undefined) {
    const identity = await generateHybridIdentity()
    await makePrivateFolder(path.dirname(file))
    await writeKept(file, identity)
    return keyOf(identity)
  }
  if (!isKeptIdentity(kept))
    throw new CommuneError('io', `${file} is damaged: it holds no key.`, {
      hint: 'Delete it: a new key is made and published, and owners have to seal again.',
    })
  return keyOf(kept)
}

/** Whether a file that `openSealKey` keeps holds this. */
export function isKeptIdentity(content: unknown): content is string {
  return typeof content === 'string' && /^AGE-SECRET-KEY-PQ-1[0-9A-Z]{50,80}$/.test(content)
}

async function keyOf(identity: string): Promise<SealKey> {
  let recipient: string
  try {
    recipient = await identityToRecipient(identity)
  } catch {
    throw new CommuneError('io', 'The key for sealed secrets is damaged: its checksum is wrong.', {
      hint: 'Delete seal.key in the state folder: a new one is made, and owners have to seal again.',
    })
  }
  return {
    recipient,
    open: (place, record) => openRegistryLogin(place, record, { identity, recipient }),
  }
}
