import type { Session } from '../atproto/session.ts'
import { parseRecord } from '../atproto/validate.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { SetRecord } from '../model/records.ts'
import type { Io } from './io.ts'
import { listOwnRecords } from './list-own-records.ts'
import { printable } from './table.ts'

/** A set that no sync may publish. */
export interface Suspension {
  readonly set: string
  readonly reason?: string
  /** ISO 8601. */
  readonly since: string
}

/** The suspended sets of whoever is logged in. A record that is not valid suspends nothing. */
export async function readSuspensions(
  session: Session,
  signal: AbortSignal,
): Promise<readonly Suspension[]> {
  const records = await listOwnRecords(session, COLLECTION.set, signal)
  return records.flatMap(({ value }) => {
    const parsed = parseRecord(COLLECTION.set, value)
    if (!parsed.ok) return []
    const { set, reason, createdAt: since } = parsed.value as unknown as SetRecord
    return [{ set, since, ...(reason === undefined ? {} : { reason }) }]
  })
}

/** Why nothing is published, in one line. */
export function noteSuspension(io: Io, { set, reason, since }: Suspension): void {
  const why = reason === undefined ? '' : `: ${printable(reason)}`
  io.note(
    `The set "${printable(set)}" is suspended since ${printable(since)}${why}.\n` +
      `Nothing is published until "commune set resume ${printable(set)}".\n`,
  )
}
