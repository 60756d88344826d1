import { connectionError } from '../atproto/connection-error.ts'
import type { RepoSnapshot } from '../atproto/feed-snapshot.ts'
import type { Identity } from '../atproto/identity.ts'
import type { Session } from '../atproto/session.ts'
import { followSet } from '../cluster/follow-set.ts'
import { membersOf } from '../cluster/recognition.ts'
import { CommuneError } from '../model/errors.ts'
import { isDid } from '../model/workload-uri.ts'
import type { Collection } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { ReadingOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { readLogin, configPaths } from './config-file.ts'
import {
  DEFAULT_PLC_URL,
  mayBePrivate,
  parseUrl,
  settingsOf,
  type Connection,
} from './connection.ts'
import { createNames, type Names } from './names.ts'

const HANDLE_TIMEOUT_MS = 10_000

/** The public records around one owner, at one moment. */
export interface Reading extends Disposable {
  readonly owner: Did
  readonly view: RepoSnapshot
  readonly names: Names
  readonly identity: Identity
}

export interface ReadOptions {
  readonly signal?: AbortSignal
  /** A collection that is not needed: it is neither read nor in the view. */
  readonly without?: Collection
}

/** Reads the same repos as often as it is asked; identities are resolved once. */
export interface Reader {
  readonly owner: Did
  /** As for reading, so for calling the machines. */
  readonly allowPrivateAddresses: boolean
  /** Rejects with the reason of the signal, should it be aborted first. */
  read(options?: ReadOptions): Promise<Reading>
}

interface Settings {
  readonly service?: string
  readonly identifier?: string
  readonly plcUrl: string
}

/** Reading needs no password: every record is public and is verified with its owner's key. */
export async function openReader(
  context: CommandContext,
  options: ReadingOptions,
): Promise<Reader> {
  const settings = await readSettings(context, options)
  const who = options.owner ?? settings.identifier
  if (who === undefined) {
    throw new CommuneError('unauthorized', 'Whose records should be read?', {
      hint: 'Give --owner HANDLE-OR-DID, set COMMUNE_IDENTIFIER, or run "commune login".',
    })
  }
  const allowPrivateAddresses = mayBePrivate(context.io, settings.plcUrl, settings.service)
  const identity = await context.drivers.createIdentity({
    plcUrl: settings.plcUrl,
    allowPrivateAddresses,
  })
  const owner = await resolveOwner(who.replace(/^@/, ''), settings, identity, context.io.signal)
  return createReader(context, { owner, identity, allowPrivateAddresses })
}

/** A reader for whoever is logged in. */
export async function openSessionReader(
  context: CommandContext,
  session: Pick<Session, 'did'>,
  { plcUrl, allowPrivateAddresses }: Connection,
): Promise<Reader> {
  const identity = await context.drivers.createIdentity({ plcUrl, allowPrivateAddresses })
  return createReader(context, { owner: session.did, identity, allowPrivateAddresses })
}

function createReader(
  { io, drivers }: CommandContext,
  about: {
    readonly owner: Did
    readonly identity: Identity
    readonly allowPrivateAddresses: boolean
  },
): Reader {
  const { owner, identity, allowPrivateAddresses } = about
  return {
    owner,
    allowPrivateAddresses,
    async read({ signal = io.signal, without } = {}) {
      const view = await drivers.readRepos({
        identity,
        clock: io.clock,
        seed: [owner],
        grow: (records) => followSet(records, owner, owner, membersOf(records, owner)).repos,
        allowPrivateAddresses,
        without,
        signal: AbortSignal.any([io.signal, signal]),
      })
      const names = await createNames(view, identity, owner)
      return { owner, view, names, identity, [Symbol.dispose]: () => view[Symbol.dispose]() }
    },
  }
}

/** Where to read: flags, then the environment, then what `commune login` has kept. */
export async function readSettings(
  context: CommandContext,
  options: ReadingOptions,
): Promise<Settings> {
  const given = settingsOf(context.io, options)
  const login = await readLogin(configPaths(context.io.env))
  const service = given.service ?? login?.service
  const identifier = given.identifier ?? login?.identifier
  return {
    ...(service === undefined ? {} : { service: parseUrl(service, 'The service') }),
    ...(identifier === undefined ? {} : { identifier }),
    plcUrl: parseUrl(given.plcUrl ?? login?.plcUrl ?? DEFAULT_PLC_URL, 'The PLC directory'),
  }
}

/** One's own PDS knows handles that the public network does not, such as those of a test network. */
export async function resolveOwner(
  who: string,
  settings: Settings,
  identity: Identity,
  signal: AbortSignal,
): Promise<Did> {
  if (isDid(who)) return who
  const asked = await askForHandle(who, settings.service, signal)
  if (typeof asked === 'string') return asked
  try {
    return await identity.resolveHandle(who, { signal })
  } catch (error) {
    // A handle that only a silent PDS knows is not misspelt.
    throw asked ?? error
  }
}

/** The DID, or why the PDS could not be asked; undefined when it does not know the handle. */
async function askForHandle(
  handle: string,
  service: string | undefined,
  signal: AbortSignal,
): Promise<Did | CommuneError | undefined> {
  if (service === undefined) return undefined
  const url = `${service}/xrpc/com.atproto.identity.resolveHandle?handle=${encodeURIComponent(handle)}`
  let response: Response
  try {
    const timeout = AbortSignal.any([signal, AbortSignal.timeout(HANDLE_TIMEOUT_MS)])
    response = await fetch(url, { signal: timeout })
  } catch (error) {
    signal.throwIfAborted()
    return connectionError(error, service)
  }
  const answer = (await response.json().catch(() => null)) as { did?: unknown } | null
  const did = answer?.did
  return response.ok && typeof did === 'string' && isDid(did) ? did : undefined
}
