import type { Server } from '@atproto/xrpc-server'
import { InvalidRequestError } from '@atproto/xrpc-server'
import type { IncomingMessage } from 'node:http'
import { farm } from '../lexicons/index.ts'
import type { InteractInput } from '../ports/engine.ts'
import { parseExecMessage } from './exec-messages.ts'
import type { Inbox } from './inbox.ts'
import type { MethodContext } from './method-context.ts'

/** The command has to be said soon after the connection is made. */
const START_MS_MAX = 10_000

/** A command inside of a replica, for the workload’s owner only. `inboxOf` has what she sends. */
export function addExec(
  server: Server,
  context: MethodContext,
  inboxOf: (request: IncomingMessage) => Inbox | undefined,
): void {
  const { output, exit } = farm.meshlet.exec
  server.add(farm.meshlet.exec, {
    auth: context.authenticate('exec'),
    handler: async function* ({ auth, params, req, signal }) {
      const inbox = inboxOf(req)
      const asked = { did: auth.credentials.did, signal, workload: params.workload }
      const items = context.stream('exec', asked, async function* (call) {
        const { command, terminal } = await startOf(inbox, signal)
        const input = inputOf(inbox)
        yield* context.api.exec({ ...call, params, command, terminal, input })
      })
      for await (const item of items)
        yield item.kind === 'data'
          ? output.$build({ stream: item.stream, data: item.data })
          : exit.$build({
              ...(item.exitCode !== undefined && { exitCode: item.exitCode }),
              ...(item.reason !== undefined && { reason: item.reason }),
            })
    },
  })
}

async function startOf(inbox: Inbox | undefined, signal: AbortSignal) {
  const soon = AbortSignal.any([signal, AbortSignal.timeout(START_MS_MAX)])
  const first = await inbox?.next(soon)
  const message = first && parseExecMessage(first)
  if (message?.kind === 'start') return message
  throw new InvalidRequestError('the first message has to say which command')
}

/** Until the caller says that nothing more comes, or sends what can't be understood. */
async function* inputOf(inbox: Inbox | undefined): AsyncGenerator<InteractInput> {
  for await (const bytes of inbox ?? []) {
    const message = parseExecMessage(bytes)
    if (message === undefined || message.kind === 'start' || message.kind === 'end') return
    yield message
  }
}
