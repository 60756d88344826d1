import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { BidRecord, WorkloadRecord } from '../model/records.ts'
import { isConsentWithdrawn } from '../selection/bids.ts'
import type { Caller, MeshletApi } from '../xrpc/api.ts'
import { runsOf } from './asked-restarts.ts'
import type { Meshlet } from './meshlet.ts'
import type { Refuser } from './settings.ts'

export type WorkOrders = Pick<
  MeshletApi,
  'deleteWorkload' | 'pauseWorkload' | 'resumeWorkload' | 'stopWorkload' | 'restartWorkload'
>

interface Order {
  readonly workload: string
  readonly cid?: string | undefined
}

/**
 * What the owner of a workload, or of this machine, tells it to do with that workload here. None of it
 * changes the owner’s record: elsewhere everything goes on. `isHere` tells whether anything of it is.
 */
export function createWorkOrders(meshlet: Meshlet, isHere: (uri: string) => boolean): WorkOrders {
  const requireKnown = ({ workload, cid }: Order): void => {
    const parsed = parseWorkloadUri(workload)
    const record =
      parsed && meshlet.view.get<WorkloadRecord>(parsed.owner, COLLECTION.workload, parsed.name)
    if (!record && !isHere(workload))
      throw new CommuneError('not-found', `${workload} is not known here.`)
    if (cid !== undefined && record && record.cid !== cid)
      throw new CommuneError('conflict', `The workload has changed: its revision is ${record.cid}.`)
  }
  const requireHere = (order: Order): void => {
    requireKnown(order)
    if (!isHere(order.workload))
      throw new CommuneError('not-found', `Nothing of ${order.workload} runs here.`)
  }
  return {
    deleteWorkload: async ({ caller, input }) => {
      requireKnown(input)
      refuse(meshlet, caller, input.workload)
      return { state: 'refused', message: 'It moves away, and is not bid for again.' }
    },
    pauseWorkload: async ({ caller, input }) => {
      requireHere(input)
      pause(meshlet, caller, input.workload)
      return { state: 'paused', message: 'It stops here, and keeps its place.' }
    },
    stopWorkload: async ({ caller, input }) => {
      requireHere(input)
      refuse(meshlet, caller, input.workload)
      pause(meshlet, caller, input.workload)
      return {
        state: 'stopped',
        message: 'It stops here at once; the next in line takes its place.',
      }
    },
    resumeWorkload: async ({ caller, input }) => {
      requireKnown(input)
      requireLiftable(meshlet, caller, input)
      liftRefusal(meshlet, input.workload)
      meshlet.settings.pause(input.workload, undefined)
      meshlet.lookAt(input.workload)
      return { state: 'active', message: 'It may run here again.' }
    },
    restartWorkload: async ({ input }) => {
      requireHere(input)
      if (meshlet.settings.isPaused(input.workload))
        throw new CommuneError('conflict', 'It is paused here; resume it first.')
      restart(meshlet, input.workload)
      return { state: 'restarting', message: 'Its replicas start again, one after the other.' }
    },
  }
}

/** Takes back the consent to run a workload. What the owner of the machine refused stays hers to lift. */
function refuse(meshlet: Meshlet, caller: Caller, uri: string): void {
  const isHers = caller.roles.includes('meshletOwner') || refuserOf(meshlet, uri) === 'meshletOwner'
  meshlet.settings.refuse(uri, isHers ? 'meshletOwner' : 'workloadOwner')
  meshlet.lookAt(uri)
}

/** Gives the consent again. */
function liftRefusal(meshlet: Meshlet, uri: string): void {
  if (refuserOf(meshlet, uri) === undefined) return
  meshlet.settings.refuse(uri, undefined)
  // The record is what remembers it elsewhere; without it a new bid can be made.
  meshlet.own.delete(COLLECTION.bid, recordKeyFor(uri), 'now')
}

/**
 * Who took the consent back; undefined while it is given. Without the journal the record alone tells of
 * it, and not who it was: then it was the owner of the machine.
 */
function refuserOf({ settings, own }: Meshlet, uri: string): Refuser | undefined {
  const bid = own.wanted<BidRecord>(COLLECTION.bid, recordKeyFor(uri))
  return settings.refusedBy(uri) ?? (bid && isConsentWithdrawn(bid) ? 'meshletOwner' : undefined)
}

/** Stops the replicas here and keeps the place. What the owner of the machine paused stays hers to lift. */
function pause(meshlet: Meshlet, caller: Caller, uri: string): void {
  const { settings } = meshlet
  const isHers = caller.roles.includes('meshletOwner') || settings.pausedBy(uri) === 'meshletOwner'
  settings.pause(uri, isHers ? 'meshletOwner' : 'workloadOwner')
  meshlet.lookAt(uri)
}

/** Starts what runs again, one after the other. */
function restart(meshlet: Meshlet, uri: string): void {
  const containers = meshlet.engineState.lastSeen?.byWorkload.get(uri)?.containers ?? []
  meshlet.settings.saveRestartsAsked(uri, runsOf(containers))
  meshlet.lookAt(uri)
}

/** What the owner of the machine refused or paused, she alone lifts; she may lift anybody's. */
function requireLiftable(meshlet: Meshlet, caller: Caller, { workload }: Order): void {
  if (caller.roles.includes('meshletOwner')) return
  if (refuserOf(meshlet, workload) === 'meshletOwner')
    throw new CommuneError('forbidden', 'The owner of this machine took her consent back.')
  if (meshlet.settings.pausedBy(workload) === 'meshletOwner')
    throw new CommuneError('forbidden', 'The owner of this machine paused it here.')
}
