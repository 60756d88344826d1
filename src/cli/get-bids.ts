import type { CountedBid } from '../selection/bids.ts'
import { formatAge } from './age.ts'
import { bidState } from './bid-state.ts'
import type { GetInput } from './commands/get.ts'
import { printList, type Column } from './output.ts'
import { shortDigests } from './table.ts'
import { workloadView, workloadViews, type WorkloadView } from './workload-view.ts'

interface BidRow {
  readonly workload: WorkloadView
  readonly bid: CountedBid
}

/** What every candidate answered, for one workload or for all. */
export function printBids({ io, reading, format, name }: GetInput): void {
  const { view, owner, names } = reading
  const workloads =
    name === undefined ? workloadViews(view, owner) : [workloadView(view, owner, name)]
  const items = workloads.flatMap((workload) => workload.bids.map((bid) => ({ workload, bid })))
  const nameOf = format === 'wide' ? names.meshlet : names.shortMeshlet
  const columns: readonly Column<BidRow>[] = [
    { header: 'workload', cell: ({ workload }) => workload.name },
    { header: 'meshlet', cell: ({ bid }) => nameOf(bid.meshletDid) },
    { header: 'answer', cell: ({ workload, bid }) => bidState(workload, bid) },
    { header: 'slots', cell: ({ bid }) => String(bid.value.slots) },
    { header: 'score', cell: ({ bid }) => String(bid.value.score) },
    { header: 'age', cell: ({ bid }) => formatAge(bid.value.createdAt, io.clock.wallMs()) },
    {
      header: 'why',
      cell: ({ bid }) => shortDigests(bid.value.message ?? bid.value.reason ?? ''),
    },
    { header: 'round', wide: true, cell: ({ bid }) => String(bid.value.round) },
    { header: 'score parts', wide: true, cell: ({ bid }) => partsText(bid) },
    { header: 'placement key', wide: true, cell: ({ bid }) => bid.value.placementKey },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ workload, bid }) => `${workload.name}/${bid.meshletDid}`,
    dataOf: ({ workload, bid }) => ({
      workload: workload.name,
      meshlet: bid.meshletDid,
      meshletName: names.meshlet(bid.meshletDid),
      owner: bid.ownerDid,
      state: bidState(workload, bid),
      cid: bid.cid,
      record: bid.value,
    }),
    empty: name === undefined ? 'Nobody has bid yet.' : `Nobody has bid for ${name} yet.`,
  })
}

/** The parts that make up the score, as the bidder states them. */
export function partsText({ value }: CountedBid): string {
  return (value.scoreParts ?? []).map((part) => `${part.name} ${part.value}`).join(', ')
}
