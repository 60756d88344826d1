import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Drains, then ends the program. */
export function addShutdown(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.shutdown, {
    auth: context.authenticate('shutdown'),
    handler: ({ auth, input, signal }) =>
      context.answer('shutdown', { did: auth.credentials.did, signal }, (call) =>
        context.api.shutdown({ ...call, input: input.body }),
      ),
  })
}
