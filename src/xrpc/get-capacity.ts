import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** What this meshlet offers and what is free. */
export function addGetCapacity(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.getCapacity, {
    auth: context.authenticate('getCapacity'),
    handler: ({ auth, signal }) =>
      context.answer('getCapacity', { did: auth.credentials.did, signal }, (call) =>
        context.api.getCapacity(call),
      ),
  })
}
