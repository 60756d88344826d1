import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Takes no new work and moves away what runs. */
export function addDrain(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.drain, {
    auth: context.authenticate('drain'),
    handler: ({ auth, input, signal }) =>
      context.answer('drain', { did: auth.credentials.did, signal }, (call) =>
        context.api.drain({ ...call, input: input.body }),
      ),
  })
}
