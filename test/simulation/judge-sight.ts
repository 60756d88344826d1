import { COLLECTION } from '../../src/model/nsid.ts'
import type { Did, WorkloadRecord } from '../../src/model/records.ts'
import type { RecordView } from '../../src/ports/records.ts'
import { choiceBy } from './choice-by.ts'
import type { Stage } from './stage.ts'

/** All that a choice follows from. */
const DECISIVE = [
  COLLECTION.workload,
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.cluster,
  COLLECTION.bid,
  COLLECTION.meshletStatus,
  COLLECTION.suspicion,
]

interface Sight {
  readonly name: string
  readonly view: RecordView
}

/**
 * At any moment, also while all goes wrong: two machines that see the same records choose the same,
 * whatever came first and whatever each remembers.
 */
export function judgeSight({ world, hostile }: Stage): string[] {
  const dids = [...world.machines.values()].flatMap(({ did, config }) => [did, config.ownerDid])
  const everybody = [...new Set(dids)].toSorted()
  const first = new Map<string, Sight>()
  const faults: string[] = []
  for (const { name, running } of world.machines.values()) {
    if (!running || hostile.has(name)) continue
    const sight = { name, view: running.view }
    const digest = digestOf(sight.view, everybody)
    const other = first.get(digest)
    if (!other) first.set(digest, sight)
    else if (choicesOf(other.view, everybody) !== choicesOf(sight.view, everybody))
      faults.push(`same sight, other choice: ${other.name} and ${name}`)
  }
  return faults
}

function digestOf(view: RecordView, everybody: readonly Did[]): string {
  const seen = everybody.flatMap((did) =>
    DECISIVE.flatMap((collection) =>
      view.list(did, collection).map(([rkey, { cid }]) => `${did} ${collection} ${rkey} ${cid}`),
    ),
  )
  const states = everybody.map((did) => `${did} ${view.repoState(did)}`)
  return [...states, ...seen.toSorted()].join('\n')
}

function choicesOf(view: RecordView, everybody: readonly Did[]): string {
  const choices = everybody.flatMap((owner) =>
    view
      .list<WorkloadRecord>(owner, COLLECTION.workload)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { value }]) =>
        [true, false].map((doSuspicionsCount) => {
          const { uri, choice } = choiceBy(view, owner, value, doSuspicionsCount)
          return [uri, choice.winners, choice.missing]
        }),
      ),
  )
  return JSON.stringify(choices)
}
