import { COLLECTION } from '../model/nsid.ts'
import type { BidRecord, Did, WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { EngineSnapshot, EngineState } from './engine-state.ts'
import type { OwnRecords } from './own-records.ts'

export interface NeededImagesInput {
  readonly view: RecordView
  readonly own: OwnRecords
  /** What the engine has now. */
  readonly snapshot: EngineSnapshot
}

/** The same for what the engine has now; undefined when it does not say. */
export async function neededNow(
  options: Omit<NeededImagesInput, 'snapshot'> & { readonly engineState: EngineState },
): Promise<NeededImages | undefined> {
  const snapshot = await options.engineState.snapshot().catch(() => undefined)
  return snapshot && neededImages({ ...options, snapshot })
}

/** What must not be removed. */
export interface NeededImages {
  readonly references: ReadonlySet<string>
  /** Of these nothing is known for the moment; what was pulled for them stays. */
  readonly unreadOwners: ReadonlySet<Did>
}

/**
 * The images of all our containers, whatever their state, and of all workloads that this machine runs
 * or stands by for: of what they are, and of what they may go back to.
 */
export function neededImages({ view, own, snapshot }: NeededImagesInput): NeededImages {
  const offered = own
    .list<BidRecord>(COLLECTION.bid)
    .flatMap(([, bid]) => (isOffer(bid) ? [bid.workload] : []))
  const references = new Set(snapshot.containers.map(({ image }) => image))
  const unreadOwners = new Set<Did>()
  for (const uri of new Set<string>([...offered, ...snapshot.byWorkload.keys()])) {
    const parsed = parseWorkloadUri(uri)
    if (!parsed) continue
    const { owner, name } = parsed
    const record = view.get<WorkloadRecord>(owner, COLLECTION.workload, name)?.value
    if (!record) unreadOwners.add(owner)
    for (const image of [record?.image, record?.previous?.image])
      if (image !== undefined) references.add(image)
  }
  return { references, unreadOwners }
}
