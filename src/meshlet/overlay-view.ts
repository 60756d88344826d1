import { COLLECTION, type Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { StoredRecord, VersionedView } from '../ports/records.ts'
import type { OwnRecords } from './own-records.ts'

/**
 * The verified records of everybody, where our own are those that our PDS acknowledged: they count
 * from that moment on, not from when they come back on the firehose. Until it is known which these are
 * (`isOwnKnown`), the copy that was read last stands for them.
 */
export function overlayView(
  view: VersionedView,
  own: OwnRecords,
  self: Did,
  isOwnKnown: () => boolean,
): VersionedView {
  const isOwn = (did: Did) => did === self && isOwnKnown()
  /** Whom we say that we belong to and work with. */
  const ownWord = () =>
    [COLLECTION.meshletOwner, COLLECTION.cluster]
      .flatMap((collection) =>
        own.listAcknowledged(collection).map(([rkey, { cid }]) => `${rkey} ${cid}`),
      )
      .join(' ')
  return {
    // All three only grow, so that the sum is the same only when each of them is.
    version: () => view.version() + own.version() + Number(isOwnKnown()),
    newsVersion: () => view.newsVersion() + own.newsVersion() + Number(isOwnKnown()),
    repoState: (did) => (isOwn(did) ? 'known' : view.repoState(did)),
    repoProblem: (did) => (isOwn(did) ? undefined : view.repoProblem(did)),
    get: <T>(did: Did, collection: Collection, rkey: string) =>
      isOwn(did) ? own.get<T>(collection, rkey) : view.get<T>(did, collection, rkey),
    list: <T>(did: Did, collection: Collection): readonly (readonly [string, StoredRecord<T>])[] =>
      isOwn(did) ? own.listAcknowledged<T>(collection) : view.list<T>(did, collection),
    ...(view.membershipVersion && {
      membershipVersion: () => `${view.membershipVersion?.()} ${isOwnKnown() ? ownWord() : '-'}`,
    }),
  }
}
