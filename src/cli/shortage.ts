import type { Did } from '../model/records.ts'
import { isOffer } from '../selection/bids.ts'
import type { WorkloadView } from './workload-view.ts'

/** Something to say of several machines. */
export interface Remark {
  readonly did: Did
  readonly text: string
}

type NameOf = (did: Did) => string

/**
 * Why a workload is short, machine by machine; empty when it is not. Everybody who could run it is
 * named: what it lacks, what it refused, that it is down, or that it has not been heard.
 */
export function shortageOf(workload: WorkloadView, nameOf: NameOf): readonly string[] {
  const { candidates, choice } = workload
  if (choice.missing === 0) return []
  const unread = candidates.unread.map(
    (did) => `${nameOf(did)}: its repo has not been read, so that its machines are not known`,
  )
  const known = candidates.candidates.map(({ meshletDid }) => meshletDid)
  if (known.length === 0 && unread.length === 0)
    return ['no machine may run it: none is yours, and nobody accepts your work']
  const remarks = known.map((did) => ({ did, text: remarkOf(workload, did) }))
  return [...grouped(remarks, nameOf, known.length), ...unread]
}

function remarkOf({ candidates, bids, placementKey, suspects }: WorkloadView, did: Did): string {
  const candidate = candidates.candidates.find(({ meshletDid }) => meshletDid === did)
  if (candidate?.verdict === 'unknown') return 'its repo can’t be read'
  const bid = bids.find(({ meshletDid }) => meshletDid === did)?.value
  const isAnswer = bid?.placementKey === placementKey
  // Whose answer was no has said so before, and would say it again.
  if (isAnswer && !isOffer(bid)) return bid.message ?? bid.reason ?? 'gives no reason'
  if (suspects.down.has(did)) return 'is down'
  if (!isAnswer) return 'has not answered yet'
  return `offers ${bid.slots}, and all that it offers is in use`
}

/** One line for each thing that is said, with all of whom it is said. */
export function grouped(
  remarks: readonly Remark[],
  nameOf: NameOf,
  all?: number,
): readonly string[] {
  return [...Map.groupBy(remarks, ({ text }) => text)].map(([text, group]) => {
    if (all !== undefined && all > 1 && group.length === all) return `all ${all} machines: ${text}`
    const names = [...new Set(group.map(({ did }) => nameOf(did)))]
    return `${names.join(', ')}: ${text}`
  })
}
