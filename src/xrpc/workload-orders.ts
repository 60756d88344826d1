import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { Asked, Authenticated, MethodContext } from './method-context.ts'

/** What the owner of a workload or of this machine tells it to do with one workload here. */
export function addWorkloadOrders(server: Server, context: MethodContext): void {
  const { api } = context
  server.add(farm.meshlet.deleteWorkload, {
    auth: context.authenticate('deleteWorkload'),
    handler: ({ auth, input: { body }, signal }) =>
      context.answer('deleteWorkload', asked(auth, body, signal), (call) =>
        api.deleteWorkload({ ...call, input: body }),
      ),
  })
  server.add(farm.meshlet.pauseWorkload, {
    auth: context.authenticate('pauseWorkload'),
    handler: ({ auth, input: { body }, signal }) =>
      context.answer('pauseWorkload', asked(auth, body, signal), (call) =>
        api.pauseWorkload({ ...call, input: body }),
      ),
  })
  server.add(farm.meshlet.resumeWorkload, {
    auth: context.authenticate('resumeWorkload'),
    handler: ({ auth, input: { body }, signal }) =>
      context.answer('resumeWorkload', asked(auth, body, signal), (call) =>
        api.resumeWorkload({ ...call, input: body }),
      ),
  })
  server.add(farm.meshlet.stopWorkload, {
    auth: context.authenticate('stopWorkload'),
    handler: ({ auth, input: { body }, signal }) =>
      context.answer('stopWorkload', asked(auth, body, signal), (call) =>
        api.stopWorkload({ ...call, input: body }),
      ),
  })
  server.add(farm.meshlet.restartWorkload, {
    auth: context.authenticate('restartWorkload'),
    handler: ({ auth, input: { body }, signal }) =>
      context.answer('restartWorkload', asked(auth, body, signal), (call) =>
        api.restartWorkload({ ...call, input: body }),
      ),
  })
}

function asked(
  auth: Authenticated,
  { workload }: { readonly workload: string },
  signal: AbortSignal,
): Asked {
  return { did: auth.credentials.did, signal, workload }
}
