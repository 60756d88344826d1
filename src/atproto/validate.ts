import type { l } from '@atproto/lex'
import { commune } from '../lexicons/index.ts'
import type { Collection } from '../model/nsid.ts'
import { COLLECTION } from '../model/nsid.ts'

const records = commune.scheduler

const SCHEMAS = {
  [COLLECTION.workload]: records.workload.main,
  [COLLECTION.meshlet]: records.meshlet.main,
  [COLLECTION.secret]: records.secret.main,
  [COLLECTION.set]: records.set.main,
  [COLLECTION.clusterPolicy]: records.clusterPolicy.main,
  [COLLECTION.acknowledgement]: records.acknowledgement.main,
  [COLLECTION.sponsor]: records.sponsor.main,
  [COLLECTION.dispute]: records.dispute.main,
  [COLLECTION.answer]: records.answer.main,
  [COLLECTION.proposal]: records.proposal.main,
  [COLLECTION.vote]: records.vote.main,
  [COLLECTION.decision]: records.decision.main,
  [COLLECTION.meshletOwner]: records.meshletOwner.main,
  [COLLECTION.cluster]: records.cluster.main,
  [COLLECTION.meshletStatus]: records.meshletStatus.main,
  [COLLECTION.bid]: records.bid.main,
  [COLLECTION.workloadStatus]: records.workloadStatus.main,
  [COLLECTION.suspicion]: records.suspicion.main,
  [COLLECTION.usage]: records.usage.main,
} as const

/** The type of the records of a collection. */
export type RecordOf<C extends Collection> = l.Infer<(typeof SCHEMAS)[C]>

export type ParsedRecord<T> =
  | { readonly ok: true; readonly value: T }
  /** Every fault with its path, in one line, safe to print. */
  | { readonly ok: false; readonly error: string }

/** A validator quotes what it was given, and what it was given may be hostile and long. */
const ERROR_CHARACTERS_MAX = 1024

/** True for the names in `COLLECTION`. */
export function isCollection(name: string): name is Collection {
  return Object.hasOwn(SCHEMAS, name)
}

/**
 * Parses a record with the lexicon of its collection, `$type` included. Whether the record key fits
 * (for instance a workload's name) is left to the caller, who knows the key.
 */
export function parseRecord<C extends Collection>(
  collection: C,
  value: unknown,
): ParsedRecord<RecordOf<C>> {
  const schema: l.Schema<RecordOf<C>> = SCHEMAS[collection]
  // No record has defaults to fill in: what is valid is taken as it is, and an optional field that
  // is not there costs no error with its stack.
  const result = schema.safeValidate(value)
  if (result.success) return { ok: true, value: result.value }
  return { ok: false, error: printable(result.reason.message) }
}

function printable(text: string): string {
  const safe = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
  return safe.length > ERROR_CHARACTERS_MAX ? `${safe.slice(0, ERROR_CHARACTERS_MAX)}…` : safe
}
