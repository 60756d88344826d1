import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { WorkloadRecord } from '../model/records.ts'
import type { Caller, MeshletApi } from '../xrpc/api.ts'
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
      meshlet.setRefused(input.workload, refuserOf(caller))
      return { state: 'refused', message: 'It moves away, and is not bid for again.' }
    },
    pauseWorkload: async ({ input }) => {
      requireHere(input)
      meshlet.setPaused(input.workload, true)
      return { state: 'paused', message: 'It stops here, and keeps its place.' }
    },
    stopWorkload: async ({ caller, input }) => {
      requireHere(input)
      meshlet.setRefused(input.workload, refuserOf(caller))
      meshlet.setPaused(input.workload, true)
      return {
        state: 'stopped',
        message: 'It stops here at once; the next in line takes its place.',
      }
    },
    resumeWorkload: async ({ caller, input }) => {
      requireKnown(input)
      requireLiftable(meshlet, caller, input)
      const { settings } = meshlet
      if (settings.refusedBy(input.workload)) meshlet.setRefused(input.workload, undefined)
      meshlet.setPaused(input.workload, false)
      return { state: 'active', message: 'It may run here again.' }
    },
    restartWorkload: async ({ input }) => {
      requireHere(input)
      if (meshlet.settings.isPaused(input.workload))
        throw new CommuneError('conflict', 'It is paused here; resume it first.')
      meshlet.restart(input.workload)
      return { state: 'restarting', message: 'Its replicas start again, one after the other.' }
    },
  }
}

/** What the owner of the machine refused, she alone lifts. */
function requireLiftable({ settings }: Meshlet, caller: Caller, { workload }: Order): void {
  if (settings.refusedBy(workload) !== 'meshletOwner') return
  if (caller.roles.includes('meshletOwner')) return
  throw new CommuneError('forbidden', 'The owner of this machine took her consent back.')
}

function refuserOf({ roles }: Caller): Refuser {
  return roles.includes('meshletOwner') ? 'meshletOwner' : 'workloadOwner'
}
