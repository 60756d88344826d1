import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AtUri, Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** What meshlets said last of one workload while they were down, until they say something new. */
export type Returns = Map<Did, { readonly word: string; leftMs: number | undefined }>

/** How long whoever is back may take to say what it runs, and to bid anew where it was replaced. */
const RETURN_MS = 5_000

/**
 * Meshlets that are not down any more, and have said nothing since of what they run of the workload:
 * that may be long over. Others may have taken their suspicions back before the answer was read; or an
 * answer was on its way for so long that whoever gave it was replaced before it arrived, and will say so
 * next. Updates what is remembered.
 */
export function hearsayOf(
  returns: Returns,
  view: RecordView,
  seen: { readonly uri: AtUri; readonly down: ReadonlySet<Did>; readonly now: number },
): ReadonlySet<Did> {
  const { uri, down, now } = seen
  const wordOf = (did: Did) =>
    view.get(did, COLLECTION.workloadStatus, recordKeyFor(uri))?.cid ?? 'none'
  for (const did of down) returns.set(did, { word: wordOf(did), leftMs: undefined })
  for (const [did, known] of returns) {
    if (down.has(did)) continue
    known.leftMs ??= now
    if (wordOf(did) !== known.word || now - known.leftMs >= RETURN_MS) returns.delete(did)
  }
  return new Set([...returns.keys()].filter((did) => !down.has(did)))
}
