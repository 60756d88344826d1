import type { Cid } from '../model/records.ts'
import type { PreparedWrite } from './prepared-writes.ts'
import { POINTS } from './write-budget.ts'

/** What the repo holds under a key: a CID, nothing, or something of which only the existence is known. */
export type Known = Cid | 'absent' | 'present'
/** What `applyWrites` must be asked for; it has no "create or update". */
export type Operation = 'create' | 'update' | 'delete' | 'none'

/** What it takes to bring the repo from what is known to what is wanted. */
export function operationOf(write: PreparedWrite, known: ReadonlyMap<string, Known>): Operation {
  const there = known.get(write.key) ?? 'absent'
  if (write.put === undefined) return there === 'absent' ? 'none' : 'delete'
  if (there === 'absent') return 'create'
  return there === write.put.cid ? 'none' : 'update'
}

/** What the PDS charges. */
export function pointsOf(operation: Operation): number {
  return operation === 'none' ? 0 : POINTS[operation]
}

/** The operation as the lexicon of `applyWrites` has it. */
export function requestOf(write: PreparedWrite, operation: Operation) {
  const { collection, rkey, put } = write
  if (put === undefined) {
    return { $type: 'com.atproto.repo.applyWrites#delete' as const, collection, rkey }
  }
  const $type =
    operation === 'create'
      ? ('com.atproto.repo.applyWrites#create' as const)
      : ('com.atproto.repo.applyWrites#update' as const)
  return { $type, collection, rkey, value: put.value }
}
