import type { Session } from '../atproto/session.ts'
import { candidates } from '../cluster/membership.ts'
import { messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { Did, Hint, MeshletStatusRecord } from '../model/records.ts'
import type { MeshletClient } from '../xrpc/client.ts'
import type { CommandContext } from './command-spec.ts'
import { debug } from './io.ts'
import type { Reader, Reading } from './reading.ts'

const HINT_TIMEOUT_MS = 2_000
/** As the lexicon allows. */
const HINTS_MAX = 64

/** What was written, and by which revision. */
export interface Written {
  readonly rev: string
  readonly names: readonly string[]
}

interface Peer {
  readonly did: Did
  readonly endpoint: string
}

/**
 * Finds out whom to tell while the plan is still being made, so that the hints follow the commit at
 * once. The function that comes back sends them. A hint is only for speed: what fails is not
 * repeated, and everything works without (DESIGN §6).
 */
export function prepareHints(
  context: CommandContext,
  session: Session,
  reader: Reader,
): (written: Written) => Promise<void> {
  const { io } = context
  const peers = findPeers(reader).catch((error: unknown) => {
    debug(io, `no hints: ${messageOf(error)}`)
    return []
  })
  return async (written) => sendHints(context, { session, reader, peers: await peers }, written)
}

/** Tells the machines that may run the owner's work what was written. Never rejects for one of them. */
export async function sendHints(
  context: CommandContext,
  { session, reader, peers }: HintSource,
  written: Written,
): Promise<void> {
  if (peers.length === 0) return
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const hints = hintsOf(session.did, written)
  await Promise.all(peers.map((peer) => tell(context, { session, client, peer, hints })))
}

interface HintSource {
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
  using reading = await reader.read()
  return peersIn(reading)
}

/** One hint a record; beyond the limit one for the whole repo. */
function hintsOf(did: Did, { rev, names }: Written): readonly Hint[] {
  const base = { did, rev }
  if (names.length === 0 || names.length > HINTS_MAX) return [base]
  return names.map((name) => ({ ...base, uri: workloadUri(did, name) }))
}

async function tell(
  { io }: CommandContext,
  hint: {
    readonly session: Session
    readonly client: MeshletClient
    readonly peer: Peer
    readonly hints: readonly Hint[]
  },
): Promise<void> {
  const { session, client, peer, hints } = hint
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(HINT_TIMEOUT_MS)])
    const method = METHOD.heartbeat
    const token = await session.getServiceAuth({ aud: peer.did, lxm: method, signal })
    // Who is no meshlet has no epoch.
    await client.call({ ...peer, method, token, input: { epoch: 0, hints: [...hints] }, signal })
    debug(io, `hinted ${peer.did}`)
  } catch (error) {
    debug(io, `no hint to ${peer.did}: ${messageOf(error)}`)
  }
}
