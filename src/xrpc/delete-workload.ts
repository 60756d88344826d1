import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Withdraws this meshlet’s consent to run a workload. */
export function addDeleteWorkload(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.deleteWorkload, {
    auth: context.authenticate('deleteWorkload'),
    handler: ({ auth, input, signal }) =>
      context.answer(
        'deleteWorkload',
        { did: auth.credentials.did, signal, workload: input.body.workload },
        (call) => context.api.deleteWorkload({ ...call, input: input.body }),
      ),
  })
}
