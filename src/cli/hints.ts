import type { Session } from '../atproto/session.ts'
import { candidates } from '../cluster/membership.ts'
import { messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { Did, Hint, MeshletStatusRecord } from '../model/records.ts'
import type { MeshletClient } from '../xrpc/client.ts'
import type { CommandContext } from './command-spec.ts'
import { debug, type Io } from './io.ts'
import type { Reader, Reading } from './reading.ts'

const HINT_TIMEOUT_MS = 2_000
/** As the lexicon allows. */
const HINTS_MAX = 64

/** What was written, and by which revision. */
export interface Written {
  readonly rev: string
  readonly names: readonly string[]
}

/** A machine that can be called. */
export interface Peer {
  readonly did: Did
  readonly endpoint: string
}

/** Tells what was written. Never rejects for one machine. */
export type SendHints = (written: Written) => Promise<void>

/**
 * Finds out whom to tell while the plan is still being made, so that the hints follow the commit at
 * once. The function that comes back sends them. A hint is only for speed: what fails is not
 * repeated, and everything works without (DESIGN §6).
 */
export function prepareHints(context: CommandContext, session: Session, reader: Reader): SendHints {
  const { io } = context
  const ready = findPeers(reader)
    .catch((error: unknown) => {
      debug(io, `no hints: ${messageOf(error)}`)
      return []
    })
    .then((peers) => readyHints(context, { session, reader, peers }))
  return async (written) => (await ready)(written)
}

/**
 * Gets ready to tell the machines that may run the owner's work: the tokens are asked for beside the
 * commit and not after it, which saves a way to the PDS and back.
 */
export function readyHints(context: CommandContext, source: HintSource): SendHints {
  const { io, drivers } = context
  const { session, reader, peers } = source
  if (peers.length === 0) return () => Promise.resolve()
  const { allowPrivateAddresses } = reader
  const made = drivers.createMeshletClient({ allowPrivateAddresses })
  const ready = peers.map((peer) => ({ peer, token: tokenFor(context, session, peer) }))
  return async (written) => {
    const client = await made
    const hints = hintsOf(session.did, written)
    const calls = ready.map(({ peer, token }) => tell(io, { client, peer, token, hints }))
    await Promise.all(calls)
  }
}

/** Who tells whom. */
export interface HintSource {
  readonly session: Session
  readonly reader: Reader
  readonly peers: readonly Peer[]
}

/** The machines that may run the owner's work and can be called. */
export function peersIn({ view, owner }: Reading): readonly Peer[] {
  return candidates(view, owner).flatMap(({ meshletDid }) => {
    const status = view.get<MeshletStatusRecord>(meshletDid, COLLECTION.meshletStatus, 'self')
    const endpoint = status?.value.endpoint
    return endpoint === undefined ? [] : [{ did: meshletDid, endpoint }]
  })
}

async function findPeers(reader: Reader): Promise<readonly Peer[]> {
  using reading = await reader.read({ without: COLLECTION.workload })
  return peersIn(reading)
}

/** One hint a record; beyond the limit one for the whole repo. */
function hintsOf(did: Did, { rev, names }: Written): readonly Hint[] {
  const base = { did, rev }
  if (names.length === 0 || names.length > HINTS_MAX) return [base]
  return names.map((name) => ({ ...base, uri: workloadUri(did, name) }))
}

/** Undefined when the PDS gives none. */
async function tokenFor(
  { io }: CommandContext,
  session: Session,
  { did }: Peer,
): Promise<string | undefined> {
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(HINT_TIMEOUT_MS)])
    return await session.getServiceAuth({ aud: did, lxm: METHOD.heartbeat, signal })
  } catch (error) {
    debug(io, `no hint to ${did}: ${messageOf(error)}`)
    return undefined
  }
}

async function tell(
  io: Io,
  hint: {
    readonly client: MeshletClient
    readonly peer: Peer
    readonly token: Promise<string | undefined>
    readonly hints: readonly Hint[]
  },
): Promise<void> {
  const { client, peer, hints } = hint
  const token = await hint.token
  if (token === undefined) return
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(HINT_TIMEOUT_MS)])
    // Who is no meshlet has no epoch.
    const input = { epoch: 0, hints: [...hints] }
    await client.call({ ...peer, method: METHOD.heartbeat, token, input, signal })
    debug(io, `hinted ${peer.did}`)
  } catch (error) {
    debug(io, `no hint to ${peer.did}: ${messageOf(error)}`)
  }
}
