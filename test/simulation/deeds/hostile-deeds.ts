import { COLLECTION } from '../../../src/model/nsid.ts'
import { placementKey } from '../../../src/model/placement-key.ts'
import { recordKeyFor } from '../../../src/model/record-key.ts'
import type { Did } from '../../../src/model/records.ts'
import type { Write } from '../../../src/ports/records.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { deed, type AnyDeed, type Dice, type WorkloadName } from '../deed.ts'
import type { Stage } from '../stage.ts'

/** What a member may use for her records: her own DID and everything that is public. */
interface Villainy {
  readonly stage: Stage
  readonly did: Did
  /** A workload that she has heard of. */
  readonly target: WorkloadName
  readonly number: number
}

const MAX = Number.MAX_SAFE_INTEGER
const LONG_AGO = '1970-01-01T00:00:00.000Z'
const FAR_AHEAD = '9998-12-31T23:59:59.000Z'
const NOW = '2026-02-01T00:00:00.000Z'
/** Bids of one commit; the limit of applyWrites is 200, so it is several commits in one. */
const FLOOD = 1_000

/**
 * What a member does who means ill: her machine goes on running, and records are written into its
 * repo, or its owner's, that are all allowed by form. At the end of the story she is expelled.
 */
export const HOSTILE_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'hostile: backdated bid': villainy('bids as if it were the first', (it) => [
    bid(it, { round: 0, score: MAX, slots: 1_000, createdAt: LONG_AGO }),
  ]),
  'hostile: bid from the future': villainy('bids with a date far ahead', (it) => [
    bid(it, { round: it.number % 5, score: -MAX, slots: 1, createdAt: FAR_AHEAD }),
  ]),
  'hostile: absurd round': villainy('bids in an absurd round', (it) => [
    bid(it, { round: it.number % 2 === 0 ? MAX : 1_000_000_000, slots: 1_000 }),
  ]),
  'hostile: absurd epoch': villainy('says that its epoch is absurd', ({ number }) => [
    status({ epoch: number % 2 === 0 ? MAX : 0 }),
  ]),
  'hostile: thousands of bids': villainy('bids for what is not there', ({ number, target }) =>
    Array.from({ length: FLOOD }, (_, i) => {
      const owner = i % 3 === 0 ? didOf(target.owner) : didOf(`nobody-${i}`)
      const uri = `at://${owner}/${COLLECTION.workload}/none-${number}-${i}`
      return put(COLLECTION.bid, recordKeyFor(uri), bidValue(uri, 'x.y', { round: i }))
    }),
  ),
  'hostile: suspicions of everybody': villainy('suspects everybody', ({ stage, did }) =>
    [...stage.world.machines.values()]
      .filter((machine) => machine.did !== did)
      .map((machine) =>
        put(COLLECTION.suspicion, recordKeyFor(machine.did), {
          suspect: machine.did,
          epoch: MAX,
          since: LONG_AGO,
          createdAt: NOW,
        }),
      ),
  ),
  'hostile: objections to everybody': villainy('objects to everybody', (it) => [
    status({
      epoch: 1,
      objections: [...it.stage.world.machines.values()].map(({ did }) => ({
        workload: uriOf(it.target),
        placementKey: keyOf(it),
        meshletDid: did,
        round: it.number % 3,
      })),
    }),
  ]),
  'hostile: wrong key': villainy('bids under the key of another workload', (it) => [
    { ...bid(it, { slots: 1_000, score: MAX }), rkey: recordKeyFor(`${uriOf(it.target)}x`) },
  ]),
  'hostile: references to nothing': villainy('names what does not exist', ({ number }) => [
    put(COLLECTION.cluster, 'nobody', {
      members: Array.from({ length: 20 }, (_, i) => `did:plc:nobody-${number}-${i}`),
      createdAt: NOW,
    }),
    put(COLLECTION.workloadStatus, recordKeyFor('at://nothing'), {
      workload: `at://did:plc:nobody/${COLLECTION.workload}/nothing`,
      phase: 'running',
      createdAt: NOW,
      updatedAt: NOW,
    }),
  ]),
  'hostile: false status': villainy('says that it runs what it does not', (it) => [
    put(COLLECTION.workloadStatus, recordKeyFor(uriOf(it.target)), {
      workload: uriOf(it.target),
      phase: 'running',
      placementKey: keyOf(it),
      replicas: Array.from({ length: 9 }, (_, index) => ({ index, phase: 'running' })),
      createdAt: FAR_AHEAD,
      updatedAt: FAR_AHEAD,
    }),
  ]),
  'hostile: repo forked': mischief('shows another commit under the same revision', (it) => {
    const forged = bid(it, { round: 0, score: MAX, slots: 1_000, createdAt: LONG_AGO })
    it.stage.world.repos.fork(it.did, [forged])
  }),
  'hostile: repo rolled back': mischief('shows an older state of its repo', (it) => {
    it.stage.world.repos.rollBack(it.did, 1 + (it.number % 5))
  }),
  'hostile: not by its lexicon': villainy('writes what fits no lexicon', (it) => [
    bid(it, { slots: -1, round: 'first', score: 'much' }),
  ]),
}

function mischief(what: string, befall: (it: Villainy) => void): AnyDeed {
  return villainy(what, (it) => {
    befall(it)
    return []
  })
}

function villainy(what: string, writesOf: (it: Villainy) => Write[]): AnyDeed {
  return deed({
    weight: 3,
    isFault: true,
    draw: ({ random, cast, workloads }: Dice) => {
      const target = workloads[random.integer(0, workloads.length - 1)]
      if (cast.villain === undefined || !target) return undefined
      return { machine: cast.villain, target, number: random.integer(0, 999) }
    },
    act: (stage, { machine: name, target, number }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      stage.expelAtEnd(machine)
      const { did } = machine
      const writes = writesOf({ stage, did, target, number })
      stage.world.repos.commit(did, writes)
      return `somebody in the name of ${name} ${what}`
    },
  })
}

function put(collection: Write['collection'], rkey: string, fields: object): Write {
  return { action: 'put', collection, rkey, value: { $type: collection, ...fields } }
}

function bid(it: Villainy, fields: object): Write {
  const uri = uriOf(it.target)
  return put(COLLECTION.bid, recordKeyFor(uri), bidValue(uri, keyOf(it), fields))
}

function bidValue(workload: string, key: string, fields: object): object {
  const plain = { round: 0, epoch: 1, slots: 1, score: 0, createdAt: NOW }
  return { workload, placementKey: key, ...plain, ...fields }
}

function status(fields: object): Write {
  return put(COLLECTION.meshletStatus, 'self', {
    state: 'active',
    createdAt: NOW,
    updatedAt: NOW,
    ...fields,
  })
}

function uriOf({ owner, name }: WorkloadName): string {
  return `at://${didOf(owner)}/${COLLECTION.workload}/${name}`
}

/** The key that the workload has now, so that what she writes counts if it can. */
function keyOf({ stage, target }: Villainy): string {
  const record = stage.world.workload(target.owner, target.name)
  return record ? placementKey(didOf(target.owner), record) : 'none.none'
}
