import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Cordon: takes no new work. What runs here goes on. */
export function addPause(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.pause, {
    auth: context.authenticate('pause'),
    handler: ({ auth, input, signal }) =>
      context.answer('pause', { did: auth.credentials.did, signal }, (call) =>
        context.api.pause({ ...call, input: input.body }),
      ),
  })
}
