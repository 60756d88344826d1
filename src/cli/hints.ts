import type { Session } from '../atproto/session.ts'
import { candidates } from '../cluster/membership.ts'
import { concernedBy, type WorkloadChange } from '../selection/concerned.ts'
import { messageOf } from '../model/errors.ts'
import { COLLECTION, METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import type { Did, Hint, MeshletStatusRecord } from '../model/records.ts'
import type { SyncPlan } from '../sync/sync-plan.ts'
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

/** What is about to be written; `everybody`: something that concerns all, such as rules. */
export type Intent = readonly WorkloadChange[] | 'everybody'

/** Tells the machines what was written, so that they need not wait for the stream. */
export interface Hints extends Disposable {
  /**
   * Says what is about to be written: the tokens are asked for beside the commit and not after it, which
   * saves a way to the PDS and back. May be said anew.
   */
  expect(intent: Intent): void
  /** Never rejects for one machine. What fails is not repeated: everything works without (DESIGN §6). */
  send(written: Written): Promise<void>
}

/** A machine that can be called, and of what. */
interface Addressee {
  readonly did: Did
  readonly endpoint: string
  /** Undefined: of the repo as a whole. */
  readonly names: ReadonlySet<string> | undefined
}

interface Ready extends Addressee {
  readonly token: Promise<string | undefined>
}

/** With a reading of its own, made while the plan is still being made. */
export function prepareHints(context: CommandContext, session: Session, reader: Reader): Hints {
  const reading = reader.read({ without: COLLECTION.workload }).catch((error: unknown) => {
    debug(context.io, `no hints: ${messageOf(error)}`)
    return undefined
  })
  const hints = openHints(context, { session, reader, reading })
  return { ...hints, [Symbol.dispose]: () => void reading.then((read) => read?.[Symbol.dispose]()) }
}

/** Who tells, and by which records. */
export interface HintSource {
  readonly session: Session
  readonly reader: Reader
  readonly reading: Reading | undefined | Promise<Reading | undefined>
}

/** With a reading that others made and end; without one nobody is told. */
export function openHints(context: CommandContext, source: HintSource): Hints {
  const { io, drivers } = context
  const { session, reader, reading } = source
  const { allowPrivateAddresses } = reader
  const made = drivers.createMeshletClient({ allowPrivateAddresses })
  let ready: Promise<readonly Ready[]> = Promise.resolve([])
  return {
    expect(intent) {
      ready = Promise.resolve(reading).then((read) =>
        (read === undefined ? [] : addressees(read, intent)).map((to) => ({
          ...to,
          token: tokenFor(context, session, to.did),
        })),
      )
    },
    async send({ rev, names }) {
      const told = await ready
      if (told.length === 0) return
      const client = await made
      const calls = told.map(async (to) => {
        const its = to.names === undefined ? [] : names.filter((name) => to.names?.has(name))
        // What was not written after all is nothing to tell.
        if (to.names !== undefined && its.length === 0) return
        await tell(io, { client, to, hints: hintsOf(session.did, { rev, names: its }) })
      })
      await Promise.all(calls)
    },
    [Symbol.dispose]: () => undefined,
  }
}

/** Rules of clusters concern everybody who follows them. */
export function intentOf({ items, clusters = [] }: SyncPlan): Intent {
  if (clusters.some(({ action }) => action !== 'unchanged' && action !== 'keep')) return 'everybody'
  return items.flatMap((item): readonly WorkloadChange[] => {
    if (item.action === 'create' || item.action === 'update')
      return [{ name: item.name, record: item.record }]
    return item.action === 'delete' ? [{ name: item.name, record: undefined }] : []
  })
}

/** Those of them that can be called. */
function addressees({ view, owner }: Reading, intent: Intent): readonly Addressee[] {
  const namesOf = new Map<Did, Set<string> | undefined>()
  if (intent === 'everybody')
    for (const { meshletDid } of candidates(view, owner)) namesOf.set(meshletDid, undefined)
  else
    for (const change of intent)
      for (const did of concernedBy(view, owner, change)) {
        const names = namesOf.get(did) ?? new Set()
        namesOf.set(did, names.add(change.name))
      }
  return [...namesOf].flatMap(([did, names]) => {
    const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')
    const endpoint = status?.value.endpoint
    return endpoint === undefined ? [] : [{ did, endpoint, names }]
  })
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
  did: Did,
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
    readonly to: Ready
    readonly hints: readonly Hint[]
  },
): Promise<void> {
  const { client, to, hints } = hint
  const { did, endpoint } = to
  const token = await to.token
  if (token === undefined) return
  try {
    const signal = AbortSignal.any([io.signal, AbortSignal.timeout(HINT_TIMEOUT_MS)])
    // Who is no meshlet has no epoch.
    const input = { epoch: 0, hints: [...hints] }
    await client.call({ did, endpoint, method: METHOD.heartbeat, token, input, signal })
    debug(io, `hinted ${did}`)
  } catch (error) {
    debug(io, `no hint to ${did}: ${messageOf(error)}`)
  }
}
