import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Whether the meshlet is well; also for candidates whom its owner does not know. */
export function addGetHealth(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.getHealth, {
    auth: context.authenticate('getHealth'),
    handler: ({ auth, signal }) =>
      context.answer('getHealth', { did: auth.credentials.did, signal }, (call) =>
        context.api.getHealth(call),
      ),
  })
}
