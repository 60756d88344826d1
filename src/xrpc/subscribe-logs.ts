import type { Server } from '@atproto/xrpc-server'
import { farm } from '../lexicons/index.ts'
import type { MethodContext } from './method-context.ts'

/** Log lines as they are written, for the workload’s owner only. */
export function addSubscribeLogs(server: Server, context: MethodContext): void {
  server.add(farm.meshlet.subscribeLogs, {
    auth: context.authenticate('subscribeLogs'),
    handler: async function* ({ auth, params, signal }) {
      const asked = { did: auth.credentials.did, signal, workload: params.workload }
      const lines = context.stream('subscribeLogs', asked, (call) =>
        context.api.subscribeLogs({ ...call, params }),
      )
      for await (const line of lines) yield farm.meshlet.subscribeLogs.line.$build({ line })
    },
  })
}
