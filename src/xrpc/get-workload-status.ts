import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** What runs here of one workload. */
export function addGetWorkloadStatus(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.getWorkloadStatus, {
    auth: context.authenticate('getWorkloadStatus'),
    handler: ({ auth, params, signal }) =>
      context.answer(
        'getWorkloadStatus',
        { did: auth.credentials.did, signal, workload: params.workload },
        (call) => context.api.getWorkloadStatus({ ...call, params }),
      ),
  })
}
