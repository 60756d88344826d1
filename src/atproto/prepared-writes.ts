import { isRecordKeyString, lexStringify } from '@atproto/lex'
import type { LexMap } from '@atproto/lex'
import { cidForRecord } from '@atproto/repo'
import { CommuneError } from '../model/errors.ts'
import type { Collection } from '../model/nsid.ts'
import type { Cid } from '../model/records.ts'
import type { Write } from '../ports/records.ts'
import { parseRecord } from './validate.ts'

/** A write that was validated, with everything that sending and recognising it needs. */
export interface PreparedWrite {
  readonly collection: Collection
  readonly rkey: string
  /** `collection/rkey`. */
  readonly key: string
  /** Absent for a deletion. */
  readonly put?: { readonly value: LexMap; readonly cid: Cid }
}

/** Limits of a PDS on `applyWrites`. */
export const WRITES_MAX = 200
export const BODY_BYTES_MAX = 1_000_000
/** Room for the names and braces around the records of a request. */
const ENVELOPE_BYTES = 1024
const WRITE_ENVELOPE_BYTES = 256

/** Validates a batch as a whole. Fails with `invalid-input` that names every fault. */
export async function prepareWrites(writes: readonly Write[]): Promise<readonly PreparedWrite[]> {
  if (writes.length === 0) throw new CommuneError('invalid-input', 'There is nothing to write.')
  if (writes.length > WRITES_MAX) {
    throw new CommuneError(
      'invalid-input',
      `${writes.length} writes are more than the ${WRITES_MAX} that fit in one commit.`,
      {
        hint: 'Split them over several commits.',
      },
    )
  }
  const faults: string[] = []
  const keys = new Set<string>()
  const prepared: PreparedWrite[] = []
  let bytes = ENVELOPE_BYTES
  for (const write of writes) {
    const one = await prepareWrite(write, faults)
    if (keys.has(one.key)) faults.push(`${one.key}: written twice in one commit`)
    keys.add(one.key)
    prepared.push(one)
    bytes += WRITE_ENVELOPE_BYTES + one.key.length
    if (one.put !== undefined) bytes += Buffer.byteLength(lexStringify(one.put.value))
  }
  if (faults.length > 0) {
    throw new CommuneError(
      'invalid-input',
      `Not written, since it is not valid: ${faults.join('; ')}.`,
    )
  }
  if (bytes > BODY_BYTES_MAX) {
    throw new CommuneError(
      'invalid-input',
      `The writes take ${bytes} bytes, more than the ${BODY_BYTES_MAX} that a PDS takes at once.`,
      {
        hint: 'Split them over several commits.',
      },
    )
  }
  return prepared
}

async function prepareWrite(write: Write, faults: string[]): Promise<PreparedWrite> {
  const { collection, rkey } = write
  const key = `${collection}/${rkey}`
  if (!isRecordKeyString(rkey)) faults.push(`${JSON.stringify(key)}: not a valid record key`)
  if (write.action === 'delete') return { collection, rkey, key }
  const parsed = parseRecord(collection, { $type: collection, ...write.value })
  if (!parsed.ok) {
    faults.push(`${key}: ${parsed.error}`)
    return { collection, rkey, key }
  }
  const value = parsed.value as LexMap
  return { collection, rkey, key, put: { value, cid: (await cidForRecord(value)).toString() } }
}
