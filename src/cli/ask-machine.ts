import type { Session } from '../atproto/session.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD, type MethodName } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { Io } from './io.ts'
import type { Reading } from './reading.ts'

/** What every call of a machine has. */
export interface MachineAddress {
  readonly did: Did
  readonly endpoint: string
  readonly token: string
  readonly signal: AbortSignal
}

export interface Question<T> {
  readonly method: MethodName
  /** What is asked for, as in "its lines". */
  readonly what: string
  /** Who may ask, as in "only the workload's owner may read its lines". */
  readonly rule: string
  /** Ten seconds when left out. */
  readonly timeoutMs?: number
  readonly call: (address: MachineAddress) => Promise<T>
}

/** The answer, or a sentence that says why there is none. */
export type Answer<T> =
  | { readonly kind: 'answer'; readonly body: T }
  | { readonly kind: 'silent'; readonly reason: string }

export interface AskSource {
  readonly session: Pick<Session, 'getServiceAuth'>
  readonly reading: Pick<Reading, 'view' | 'names'>
  /** Machines that are down by the records are not waited for. */
  readonly down: ReadonlySet<Did>
}

const TIMEOUT_MS = 10_000
/** What a machine says to whom a method is not for. */
const NO_REASON = 'you may not do this here'

/** Asks one machine. That it can't be asked or refuses is an answer; only an abort rejects. */
export async function askMachine<T>(
  io: Io,
  { session, reading, down }: AskSource,
  did: Did,
  question: Question<T>,
): Promise<Answer<T>> {
  const machine = reading.names.meshlet(did)
  if (down.has(did))
    return { kind: 'silent', reason: `${machine} is down, so that ${question.what} can't be read.` }
  const status = reading.view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
  const endpoint = status?.value.endpoint
  if (endpoint === undefined) {
    const reason = `${machine} publishes no address (it may be behind NAT), so that it can't be asked.`
    return { kind: 'silent', reason }
  }
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(question.timeoutMs ?? TIMEOUT_MS)])
  try {
    const token = await session.getServiceAuth({ aud: did, lxm: METHOD[question.method], signal })
    return { kind: 'answer', body: await question.call({ did, endpoint, token, signal }) }
  } catch (error) {
    io.signal.throwIfAborted()
    return { kind: 'silent', reason: refusalText(error, machine, did, question) }
  }
}

/** In words that need no knowledge of the protocol. */
function refusalText(
  error: unknown,
  machine: string,
  did: Did,
  { what, rule }: Pick<Question<unknown>, 'what' | 'rule'>,
): string {
  switch (error instanceof CommuneError ? error.code : undefined) {
    case 'unreachable':
    case 'timeout':
      return `${machine} can't be reached from here: it may be off or behind NAT.`
    case 'unauthorized':
      return `${machine} refuses: ${rule}.`
    case 'forbidden': {
      const said = messageOf(error).replaceAll(`The meshlet ${did}`, machine)
      // Where the machine has a reason of its own, it is better than the rule.
      return said.startsWith(`${machine} refuses: `) && !said.endsWith(NO_REASON)
        ? said
        : `${machine} refuses: ${rule}.`
    }
    case 'not-found':
      return `Nothing of it is on ${machine} any more.`
    default:
      return `${machine} does not give ${what}: ${messageOf(error).replaceAll(did, machine)}`
  }
}
