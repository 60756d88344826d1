import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'

/** What was known of meshlets while they were down, until they are seen to be back. */
export type Returns = Map<Did, { readonly word: string; leftMs: number | undefined }>

/** How long the word of whoever is back may take longer than that of those who heard it. */
const RETURN_MS = 5_000

/**
 * Meshlets that are not down any more, and of which that is only hearsay: others have taken their
 * suspicions back, but the answer that made them do so was not read yet. What it says they run may be
 * long over, and their bids may have moved. Updates what is remembered.
 */
export function hearsayOf(
  returns: Returns,
  view: RecordView,
  down: ReadonlySet<Did>,
  now: number,
): ReadonlySet<Did> {
  for (const did of down) returns.set(did, { word: wordOf(view, did), leftMs: undefined })
  for (const [did, known] of returns) {
    if (down.has(did)) continue
    known.leftMs ??= now
    if (wordOf(view, did) !== known.word || now - known.leftMs >= RETURN_MS) returns.delete(did)
  }
  return new Set([...returns.keys()].filter((did) => !down.has(did)))
}

/** What ends suspicions. */
function wordOf(view: RecordView, did: Did): string {
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  return `${status?.epoch ?? ''} ${(status?.answers ?? []).join(' ')}`
}
