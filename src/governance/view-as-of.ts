import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { RecordView, StoredRecord } from '../ports/records.ts'

/** What says when a record began to hold: when it was written, or since when its writer has it on record. */
interface Dated {
  readonly createdAt: string
  readonly decidedAt?: string
}

/** What members say and decide; it comes about in time, and what came later does not reach back. */
const DATED: ReadonlySet<Collection> = new Set([
  COLLECTION.dispute,
  COLLECTION.answer,
  COLLECTION.proposal,
  COLLECTION.vote,
  COLLECTION.decision,
])

/**
 * The records without what was said or decided at this time or later, milliseconds since 1970, by its
 * writer's own word. Everything else is as it is read: records do not tell what stood there before.
 * A result that was put on record later counts from when it was decided, since the votes that it rests
 * on may be gone.
 */
export function viewAsOf(view: RecordView, endMs: number): RecordView {
  const wasThere = ({ createdAt, decidedAt = createdAt }: Dated) => Date.parse(decidedAt) < endMs
  return {
    repoState: (did) => view.repoState(did),
    repoProblem: (did) => view.repoProblem(did),
    get<T>(did: Did, collection: Collection, rkey: string): StoredRecord<T> | undefined {
      const record = view.get<T>(did, collection, rkey)
      if (record === undefined || !DATED.has(collection)) return record
      return wasThere(record.value as Dated) ? record : undefined
    },
    list<T>(did: Did, collection: Collection) {
      const records = view.list<T>(did, collection)
      if (!DATED.has(collection)) return records
      return records.filter(([, { value }]) => wasThere(value as Dated))
    },
    // Links and lists of members are as they are read.
    ...(view.membershipVersion && {
      membershipVersion: () => `${view.membershipVersion?.()}`,
    }),
  }
}
