import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Takes work again: ends a cordon, and a drain that is under way. */
export function addResume(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.resume, {
    auth: context.authenticate('resume'),
    handler: ({ auth, input, signal }) =>
      context.answer('resume', { did: auth.credentials.did, signal }, (call) =>
        context.api.resume({ ...call, input: input.body }),
      ),
  })
}
