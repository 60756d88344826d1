import { COLLECTION } from '../model/nsid.ts'
import { placementKey } from '../model/placement-key.ts'
import { requestOf, type Amount } from '../model/request.ts'
import type { Did, WorkloadRecord } from '../model/records.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { RecordView } from '../ports/records.ts'
import { bidsFor, type CountedBid } from '../selection/bids.ts'
import { INVITE_ALL_MAX } from '../selection/invitation.ts'
import { mayRun } from '../selection/lease.ts'
import { minus, NOTHING, plus, slotsIn, times } from '../selection/room.ts'
import { NO_FAIR_SHARE, scoreBid, type FairShare } from '../selection/score.ts'
import { select, type Choice, type ReplicaCount } from '../selection/select.ts'
import { obstacleOn, reasonFor, type Machine } from './forecast-machine.ts'

/** A machine on which replicas will probably run, or run today. */
export interface ForecastPlace {
  readonly meshlet: Did
  readonly name: string
  readonly replicas: number
  /** What speaks for it, for people. */
  readonly why: string
}

/** A machine that will probably not run it. */
export interface ForecastObstacle {
  readonly meshlet: Did
  readonly name: string
  readonly why: string
}

/**
 * Where a workload would probably run, by the records as they are now. Machines bid for themselves,
 * with what they know by then, and their bids decide: this promises nothing.
 */
export interface Forecast {
  /** `likely`: bids that are still to be made; `stays`: bids in force; `stops`: where it ran. */
  readonly kind: 'likely' | 'stays' | 'stops'
  readonly places: readonly ForecastPlace[]
  /** Machines that are no worse than the last of these: a hash that is drawn anew decides among them. */
  readonly asGood?: readonly { readonly meshlet: Did; readonly name: string }[]
  /** Replicas for which no machine seems to have room. */
  readonly missing: number
  /** Machines with room for a replica, when there are too many to say which of them will bid. */
  readonly amongMany?: number
  readonly others: readonly ForecastObstacle[]
}

/** What a forecast is made from. */
export interface ForecastWorld {
  readonly view: RecordView
  readonly owner: Did
  readonly nameOf: (did: Did) => string
  readonly machinesOf: (record: WorkloadRecord) => readonly Machine[]
  /** An owner’s own ledger; undefined while not all of it can be read. */
  readonly shareOf: (owner: Did) => FairShare | undefined
  /** What this plan has given away so far; each forecast adds its own. */
  readonly taken: Map<Did, Amount>
}

/** Of a workload whose bidding begins anew; `held` is what its containers use today. */
export function forecastAnew(
  world: ForecastWorld,
  record: WorkloadRecord,
  held: ReadonlyMap<Did, Amount> = new Map(),
): Forecast {
  const { owner, nameOf, taken, shareOf } = world
  const judged = mayRun(record, withMeshletDid(world.machinesOf(record))).map((machine) => {
    const free = plus(machine.available, held.get(machine.did) ?? NOTHING)
    const room = minus(free, taken.get(machine.did) ?? NOTHING)
    return { machine, room, why: obstacleOn(machine, { record, room }) }
  })
  const fitting = judged.filter(({ why }) => why === undefined)
  const replicas = replicasOf(record)
  const key = placementKey(owner, record)
  const bids = fitting.map(({ machine, room }) =>
    likelyBid(machine, { record, key, room, owner, shareOf }),
  )
  const choice = select({
    placementKey: key,
    spread: record.spread,
    bids,
    candidates: new Set(fitting.map(({ machine }) => machine.did)),
    down: new Set(),
    replicas,
  })
  const request = requestOf(record)
  for (const { meshletDid, slots } of choice.winners) {
    taken.set(meshletDid, plus(taken.get(meshletDid) ?? NOTHING, times(request, slots)))
  }
  const reasons = new Map(
    fitting.map(({ machine, room }) => {
      const reason = reasonFor(machine, { owner, record, room })
      const owes = (shareOf(machine.ownerDid)?.balanceOf(machine.ownerDid) ?? 0) < 0
      return [machine.did, owes ? `${reason}; its owner owes the commune` : reason]
    }),
  )
  const asGood = equalsOf(choice, bids).map((did) => ({ meshlet: did, name: nameOf(did) }))
  const isOpen = fitting.length > INVITE_ALL_MAX && replicas !== 'everywhere'
  return {
    kind: 'likely',
    places: isOpen ? [] : placesOf(choice, nameOf, (did) => reasons.get(did) ?? ''),
    ...(isOpen || asGood.length === 0 ? {} : { asGood }),
    missing: choice.missing,
    ...(isOpen ? { amongMany: fitting.length } : {}),
    others: judged.flatMap(({ machine: { did }, why }) =>
      why === undefined ? [] : [{ meshlet: did, name: nameOf(did), why }],
    ),
  }
}

/** Of a workload that stays with its bids, with as many replicas as the record says. */
export function forecastByBids(
  { view, owner, nameOf, machinesOf }: ForecastWorld,
  record: WorkloadRecord,
): Forecast {
  const machines = mayRun(record, withMeshletDid(machinesOf(record)))
  const members = machines.filter(({ verdict }) => verdict === 'yes')
  const choice = select({
    placementKey: placementKey(owner, record),
    spread: record.spread,
    bids: bidsFor(view, members, workloadUri(owner, record.name)),
    candidates: new Set(members.map(({ did }) => did)),
    down: new Set(members.filter(({ isDown }) => isDown).map(({ did }) => did)),
    replicas: replicasOf(record),
  })
  const places = placesOf(choice, nameOf, () => 'by its bid')
  return { kind: 'stays', places, missing: choice.missing, others: [] }
}

/** What the replicas of a forecast use, by machine. */
export function usedBy({ places }: Forecast, record: WorkloadRecord): ReadonlyMap<Did, Amount> {
  const request = requestOf(record)
  return new Map(places.map(({ meshlet, replicas }) => [meshlet, times(request, replicas)]))
}

/** Who was not chosen although its score is that of somebody who was. */
function equalsOf({ winners }: Choice, bids: readonly CountedBid[]): readonly Did[] {
  const chosen = new Set(winners.map(({ meshletDid }) => meshletDid))
  const scores = new Set(
    bids.filter(({ meshletDid }) => chosen.has(meshletDid)).map(({ value }) => value.score),
  )
  return bids
    .filter(({ meshletDid, value }) => !chosen.has(meshletDid) && scores.has(value.score))
    .map(({ meshletDid }) => meshletDid)
}

function placesOf(
  { winners }: Choice,
  nameOf: (did: Did) => string,
  why: (did: Did) => string,
): readonly ForecastPlace[] {
  return winners.map(({ meshletDid, slots }) => ({
    meshlet: meshletDid,
    name: nameOf(meshletDid),
    replicas: slots,
    why: why(meshletDid),
  }))
}

function withMeshletDid(machines: readonly Machine[]) {
  return machines.map((machine) => ({ ...machine, meshletDid: machine.did }))
}

function replicasOf(record: WorkloadRecord): ReplicaCount {
  return record.everywhere === true ? 'everywhere' : (record.replicas ?? 1)
}

/** The bid that a machine would make if its last status were all that it knows. */
function likelyBid(
  { did, ownerDid, capacity, labels }: Machine,
  about: Pick<ForecastWorld, 'owner' | 'shareOf'> & {
    readonly record: WorkloadRecord
    readonly key: string
    readonly room: Amount
  },
): CountedBid {
  const { record, key, room, owner, shareOf } = about
  const fairShare = shareOf(ownerDid) ?? NO_FAIR_SHARE
  const request = requestOf(record)
  const wanted = replicasOf(record)
  const { spread } = record
  const value: CountedBid['value'] = {
    $type: COLLECTION.bid,
    workload: workloadUri(owner, record.name),
    placementKey: key,
    round: 0,
    epoch: 0,
    slots: wanted === 'everywhere' ? 1 : Math.min(wanted, slotsIn(room, request)),
    score: scoreBid({ ownerDid, capacity, room, request, fairShare }).score,
    ...(spread === undefined ? {} : { domain: labels[spread] ?? '' }),
    createdAt: record.createdAt,
  }
  return { meshletDid: did, ownerDid, cid: did, value }
}
