import type { Session } from '../atproto/session.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { MeshletRecord } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import { callMachine, type OrderCall, type OrderResult } from './call-machine.ts'
import type { CommandContext } from './command-spec.ts'

export interface TellOptions extends OrderCall {
  readonly session: Pick<Session, 'did' | 'getServiceAuth' | 'writer'>
  readonly view: RecordView
}

const STATES = { pause: 'cordoned', resume: 'active', drain: 'draining' } as const

/**
 * Tells a machine of one's own what to do: by a call, and where it can't be called in the owner's
 * record, which it follows. Ending its program needs a call.
 */
export async function tellMachine(
  context: CommandContext,
  options: TellOptions,
): Promise<OrderResult> {
  try {
    const result = await callMachine(context, options)
    await writeOrder(context, options, undefined)
    return result
  } catch (error) {
    const isUnheard =
      error instanceof CommuneError && (error.code === 'unreachable' || error.code === 'timeout')
    if (!isUnheard || options.order === 'shutdown') throw error
    const desiredState = STATES[options.order]
    await writeOrder(context, options, desiredState)
    const message = `${error.message} It is told by your record instead, and follows as soon as it reads that.`
    return { state: `told by record to be ${desiredState}`, message }
  }
}

/** Writes the order into the record, or takes an earlier one out, so that it is not the last word. */
async function writeOrder(
  { io }: CommandContext,
  { session, view, machine, input }: TellOptions,
  desiredState: string | undefined,
): Promise<void> {
  const found = view
    .list<MeshletRecord>(session.did, COLLECTION.meshlet)
    .find(([, { value }]) => value.meshletDid === machine.did)
  if (!found) return
  const [rkey, { value: before }] = found
  if (desiredState === undefined && before.desiredState === undefined) return
  const {
    desiredState: _state,
    stateReason: _reason,
    drainMs: _ms,
    stateSince: _at,
    ...link
  } = before
  const stateSince = new Date(io.clock.wallMs()).toISOString()
  const order = desiredState !== undefined && {
    desiredState,
    stateSince,
    ...(input.reason === undefined ? {} : { stateReason: input.reason }),
    ...(input.timeoutMs === undefined ? {} : { drainMs: input.timeoutMs }),
  }
  const value = { ...link, ...order }
  await session.writer.apply([{ action: 'put', collection: COLLECTION.meshlet, rkey, value }], {
    signal: io.signal,
  })
}
