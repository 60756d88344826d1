import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** A peer says that it is there; see docs/decisions/0001-heartbeat-auth.md. */
export function addHeartbeat(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.heartbeat, {
    auth: context.authenticate('heartbeat'),
    handler: ({ auth, input, signal }) =>
      context.answer('heartbeat', { did: auth.credentials.did, signal }, (call) =>
        context.api.heartbeat({ ...call, input: input.body }),
      ),
  })
}
