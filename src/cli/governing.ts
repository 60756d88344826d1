import { resolveHandle } from '../atproto/call-pds.ts'
import type { Session } from '../atproto/session.ts'
import { refKey } from '../governance/attested.ts'
import type { Decided } from '../governance/decide.ts'
import { agreementOf, type AgreedCluster, type Agreement } from '../governance/agreement.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { AtUri, DecisionRecord, Did } from '../model/records.ts'
import { isDid } from '../model/workload-uri.ts'
import type { Collection } from '../model/nsid.ts'
import type { Write } from '../ports/records.ts'
import { nearest } from '../spec/suggest.ts'
import type { ConnectionOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { openLogin } from './open-login.ts'
import { openSessionReader, type Reading } from './reading.ts'

/** Everything that a command needs which decides something with others. */
export interface Governing extends AsyncDisposable {
  readonly session: Session
  readonly reading: Reading
  readonly agreement: Agreement
  readonly nowMs: number
  write(writes: readonly Write[]): Promise<void>
}

type Time = DecisionRecord['createdAt']
const TEXT_MAX = 4096

/** Logs in and reads what was decided so far. */
export async function openGoverning(
  context: CommandContext,
  options: ConnectionOptions,
): Promise<Governing> {
  const login = await openLogin(context, options)
  try {
    const { session, connection } = login
    const reader = await openSessionReader(context, session, connection)
    const reading = await reader.read()
    const nowMs = context.io.clock.wallMs()
    return {
      session,
      reading,
      nowMs,
      agreement: agreementOf(reading.view, session.did, nowMs),
      write: async (writes) => {
        await session.writer.apply(writes, { signal: context.io.signal })
      },
      [Symbol.asyncDispose]: async () => {
        reading[Symbol.dispose]()
        await login[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await login[Symbol.asyncDispose]()
    throw error
  }
}

/** The cluster that is meant: the one that is named, or the only one. */
export function clusterOf({ clusters }: Agreement, name: string | undefined): AgreedCluster {
  const names = clusters.map(({ roster }) => roster.cluster)
  if (name === undefined && clusters[0] !== undefined && clusters.length === 1) return clusters[0]
  const found = clusters.find(({ roster }) => roster.cluster === name)
  if (found !== undefined) return found
  if (names.length === 0)
    throw new CommuneError('not-found', 'None of your machines has a cluster.', {
      hint: 'Start one with --cluster-members, and declare it with "commune meshlet add".',
    })
  const close = name === undefined ? undefined : nearest(name, names)
  throw new CommuneError(
    'usage',
    name === undefined ? 'You have several clusters.' : `You have no cluster "${name}".`,
    {
      hint:
        close === undefined
          ? `Give --cluster with one of ${names.join(', ')}.`
          : `Did you mean ${close}?`,
    },
  )
}

/** A person by DID or handle; somebody who is no member yet is looked up at one's own PDS. */
export async function findOwner(
  { session, reading }: Governing,
  who: string,
  signal: AbortSignal,
): Promise<Did> {
  const name = who.replace(/^@/, '')
  if (isDid(name)) return name
  const known = reading.view.dids.find((did) => reading.names.account(did) === name)
  if (known !== undefined) return known
  const did = await resolveHandle(session.agent, name, signal).catch(() => undefined)
  if (did !== undefined && isDid(did)) return did
  const handles = reading.view.dids.map((did) => reading.names.account(did))
  const close = handles.find((handle) => handle.startsWith(`${name}.`)) ?? nearest(name, handles)
  throw new CommuneError('not-found', `Nobody is called "${who}".`, {
    hint:
      close === undefined
        ? 'Give a handle such as alice.example.org, or a DID.'
        : `Did you mean ${close}?`,
  })
}

/** The version of a record that can be read now. Fails with `not-found` when none can. */
export function strongRef(
  { view }: Reading,
  uri: string,
): { readonly uri: AtUri; readonly cid: string } {
  const [, did = '', collection = '', rkey = ''] =
    /^at:\/\/(did:[^/]+)\/([^/]+)\/([^/]+)$/.exec(uri) ?? []
  if (!isDid(did))
    throw new CommuneError('usage', `"${uri}" is no record.`, {
      hint: 'Give its address, such as at://did:plc:…/collection/key.',
    })
  const record = view.get(did, collection as Collection, rkey)
  if (record !== undefined) return { uri: uri as AtUri, cid: record.cid }
  throw new CommuneError('not-found', `${uri} can't be read.`, {
    hint: 'It has to be a record of yours, of a member, or of one of their machines.',
  })
}

export function timeOf(ms: number): Time {
  return new Date(ms).toISOString() as Time
}

/** A text that others will read. Fails with `usage` when it is too long. */
export function checkText(text: string | undefined, option: string): string | undefined {
  if (text === undefined || text.length <= TEXT_MAX) return text
  throw new CommuneError('usage', `${option} has at most ${TEXT_MAX} characters.`)
}

/** What one has not put on record yet of the votes that have ended. */
export function attestationsDue(
  decided: readonly Decided[],
  { session, reading, nowMs }: Pick<Governing, 'session' | 'reading' | 'nowMs'>,
): readonly Write[] {
  return decided.flatMap((one): Write[] => {
    const { proposal, state, tally, decidedAtMs } = one
    if (state !== 'passed' && state !== 'failed') return []
    if (!tally.voters.includes(session.did) || decidedAtMs === undefined) return []
    // Whose repo can't be read may have voted: that it failed is not known then.
    const isKnown = tally.voters.every((did) => reading.view.repoState(did) === 'known')
    if (state === 'failed' && !isKnown) return []
    const rkey = recordKeyFor(proposal.uri)
    const own = reading.view.get<DecisionRecord>(session.did, COLLECTION.decision, rkey)
    if (own !== undefined && refKey(own.value.proposal) === refKey(proposal)) return []
    const value: DecisionRecord = {
      $type: COLLECTION.decision,
      proposal: { uri: proposal.uri, cid: proposal.cid },
      content: proposal.value,
      outcome: state,
      votes: tally.counted.map(({ voter, choice, uri, cid }) => ({
        voter,
        choice,
        vote: { uri, cid },
      })),
      decidedAt: timeOf(decidedAtMs),
      createdAt: timeOf(nowMs),
    }
    return [{ action: 'put', collection: COLLECTION.decision, rkey, value }]
  })
}
