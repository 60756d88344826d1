import { candidates } from '../cluster/membership.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord, WorkloadStatusRecord } from '../model/records.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { MeshletClient, MeshletOutput } from '../xrpc/client.ts'
import type { Session } from '../atproto/session.ts'
import { askMachine } from './ask-machine.ts'
import type { Io } from './io.ts'
import type { Reading } from './reading.ts'
import { suspectsOf } from './suspects.ts'

export type Usage = MeshletOutput<typeof METHOD.getUsage>

/** What one machine says, or why it says nothing. */
export interface MachineUsage {
  readonly did: Did
  readonly status: MeshletStatusRecord | undefined
  readonly usage?: Usage
  readonly silence?: string
}

export interface UsageSource {
  readonly session: Pick<Session, 'getServiceAuth'>
  readonly client: MeshletClient
  readonly reading: Reading
}

/** Asks each of these machines what its containers use. Only an abort rejects. */
export async function askForUsage(
  io: Io,
  { session, client, reading }: UsageSource,
  dids: readonly Did[],
): Promise<readonly MachineUsage[]> {
  const { down } = suspectsOf(reading.view, candidates(reading.view, reading.owner), false)
  return Promise.all(
    dids.map(async (did) => {
      const answer = await askMachine(io, { session, reading, down }, did, {
        method: 'getUsage',
        what: 'what its containers use',
        rule: 'only those who share a commune with it may ask what its containers use',
        call: (address) => client.call({ ...address, method: METHOD.getUsage }),
      })
      const status = reading.view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
      const { value } = status ?? {}
      return answer.kind === 'answer'
        ? { did, status: value, usage: answer.body }
        : { did, status: value, silence: answer.reason }
    }),
  )
}

/** Machines that say that they run work of the owner, or of anybody. */
export function machinesWithWork(reading: Reading, owner: Did | undefined): readonly Did[] {
  const { view } = reading
  return view.dids.filter((did) =>
    view
      .list<WorkloadStatusRecord>(did, COLLECTION.workloadStatus)
      .some(
        ([, { value }]) => owner === undefined || parseWorkloadUri(value.workload)?.owner === owner,
      ),
  )
}
