import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** What the replicas here use at the moment. */
export function addGetUsage(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.getUsage, {
    auth: context.authenticate('getUsage'),
    handler: ({ auth, params, signal }) => {
      const { workload } = params
      const asked = { did: auth.credentials.did, signal, ...(workload && { workload }) }
      return context.answer('getUsage', asked, (call) => context.api.getUsage({ ...call, params }))
    },
  })
}
