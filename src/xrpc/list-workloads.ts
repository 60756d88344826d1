import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** What runs here. */
export function addListWorkloads(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.listWorkloads, {
    auth: context.authenticate('listWorkloads'),
    handler: ({ auth, params, signal }) =>
      context.answer('listWorkloads', { did: auth.credentials.did, signal }, (call) =>
        context.api.listWorkloads({ ...call, params }),
      ),
  })
}
