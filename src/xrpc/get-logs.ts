import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Last log lines, for the workload’s owner only. */
export function addGetLogs(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.getLogs, {
    auth: context.authenticate('getLogs'),
    handler: ({ auth, params, signal }) =>
      context.answer(
        'getLogs',
        { did: auth.credentials.did, signal, workload: params.workload },
        (call) => context.api.getLogs({ ...call, params }),
      ),
  })
}
