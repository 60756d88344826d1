import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** What happened to one workload here, and why. */
export function addListEvents(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.listEvents, {
    auth: context.authenticate('listEvents'),
    handler: ({ auth, params, signal }) =>
      context.answer(
        'listEvents',
        { did: auth.credentials.did, signal, workload: params.workload },
        (call) => context.api.listEvents({ ...call, params }),
      ),
  })
}
