import type { Session } from '../atproto/session.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { CommandContext } from './command-spec.ts'
import type { OwnMachine } from './own-machine.ts'

const TIMEOUT_MS = 10_000

/** What the owner of a machine tells it. */
export type Order = 'pause' | 'resume' | 'drain' | 'shutdown'

export interface OrderCall {
  readonly session: Pick<Session, 'getServiceAuth'>
  readonly allowPrivateAddresses: boolean
  readonly machine: OwnMachine
  readonly order: Order
  readonly input: { readonly reason?: string; readonly timeoutMs?: number }
}

/** What is true on the machine now, in its own words. */
export interface OrderResult {
  readonly state: string
  readonly message?: string | undefined
}

/** Tells a machine of one's own what to do. Fails in words that name the machine. */
export async function callMachine(
  { io, drivers }: CommandContext,
  { session, allowPrivateAddresses, machine, order, input }: OrderCall,
): Promise<OrderResult> {
  const { did, name, status } = machine
  if (status?.endpoint === undefined) {
    throw new CommuneError('unreachable', `${name} publishes no address to be called at.`, {
      hint: 'It may be behind NAT. Without --shutdown it is told by your record.',
    })
  }
  const client = await drivers.createMeshletClient({ allowPrivateAddresses })
  const method = METHOD[order]
  const token = await session.getServiceAuth({ aud: did, lxm: method, signal: io.signal })
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    return await client.call({ did, endpoint: status.endpoint, method, token, input, signal })
  } catch (error) {
    io.signal.throwIfAborted()
    throw inWords(error, machine)
  }
}

function inWords(error: unknown, { did, name }: OwnMachine): unknown {
  if (!(error instanceof CommuneError)) return error
  const hint = 'Nothing was changed. Is its meshlet running, and can it be reached from here?'
  if (error.code === 'unreachable' || error.code === 'timeout')
    return new CommuneError(error.code, `${name} can't be reached.`, { hint, cause: error })
  const message = messageOf(error).replaceAll(`The meshlet ${did}`, name).replaceAll(did, name)
  return new CommuneError(error.code, message, { cause: error })
}
