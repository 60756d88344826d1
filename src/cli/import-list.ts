import { connectionError } from '../atproto/connection-error.ts'
import { createGuardedFetch } from '../atproto/guarded-fetch.ts'
import { CommuneError } from '../model/errors.ts'
import { GRAPH, REPO_METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { isDid } from '../model/workload-uri.ts'
import type { CommandContext } from './command-spec.ts'
import { mayBePrivate } from './connection.ts'
import { EXIT } from './exit.ts'
import { readSettings, resolveOwner } from './reading.ts'
import { printable } from './table.ts'

const PAGE = 100
/** Pages that are asked for: as many owners as a list of a policy holds. */
const PAGES_MAX = 1_000
const TIMEOUT_MS = 10_000

/**
 * Prints whom a list of atproto names, as a list of owners for a policy: for the user to review and
 * keep. It is read from the PDS of whoever made the list, and whatever she changes later changes
 * nothing until it is imported again.
 */
export async function importList(context: CommandContext, uri: string): Promise<number> {
  const { io } = context
  const { author, rkey } = parseListUri(uri)
  const settings = await readSettings(context, {})
  const { plcUrl } = settings
  const allowPrivateAddresses = mayBePrivate(io, plcUrl, settings.service)
  const identity = await context.drivers.createIdentity({ plcUrl, allowPrivateAddresses })
  const signal = io.signal
  const did = await resolveOwner(author, settings, identity, signal)
  const { pdsUrl } = await identity.resolve(did, { signal })
  const fetch = createGuardedFetch({ allowPrivateAddresses, timeoutMs: TIMEOUT_MS })
  const ask = (method: string, query: Readonly<Record<string, string>>) =>
    answerOf(fetch, `${pdsUrl}/xrpc/${method}?${new URLSearchParams(query).toString()}`, signal)
  const list = `at://${did}/${GRAPH.list}/${rkey}`
  const head = await ask(REPO_METHOD.getRecord, { repo: did, collection: GRAPH.list, rkey })
  if (head === undefined)
    throw new CommuneError('not-found', `There is no list ${uri}.`, {
      hint: `Give its address: at://did:plc:…/${GRAPH.list}/key.`,
    })
  const owners = await ownersOf(list, (cursor) =>
    ask(REPO_METHOD.listRecords, {
      ...{ repo: did, collection: GRAPH.listItem, limit: String(PAGE) },
      ...(cursor === undefined ? {} : { cursor }),
    }),
  )
  const { name } = (head['value'] ?? {}) as { name?: unknown }
  const title = typeof name === 'string' ? printable(name).replaceAll('#', ' ') : 'a list'
  io.out(`# ${title}, ${list}, ${new Date(io.clock.wallMs()).toISOString().slice(0, 10)}\n`)
  io.out(owners.map((owner) => `${owner}\n`).join(''))
  const count = `${owners.length} ${owners.length === 1 ? 'owner' : 'owners'}`
  io.note(`${count}. Keep it in a file, and name that under owners in the policy of a machine.\n`)
  return EXIT.done
}

function parseListUri(uri: string) {
  const [, author = '', collection = '', rkey = ''] =
    /^at:\/\/([^/]+)\/([^/]+)\/([^/?#]+)$/.exec(uri) ?? []
  if (rkey !== '' && collection === GRAPH.list) return { author, rkey }
  throw new CommuneError('usage', `"${uri}" is no list.`, {
    hint: `Give its address, such as at://did:plc:…/${GRAPH.list}/key.`,
  })
}

async function ownersOf(
  list: string,
  page: (cursor: string | undefined) => Promise<Readonly<Record<string, unknown>> | undefined>,
): Promise<readonly Did[]> {
  const owners = new Set<Did>()
  let cursor: string | undefined
  for (let pages = 0; pages < PAGES_MAX; pages++) {
    const answer = await page(cursor)
    const records = answer?.['records']
    if (!Array.isArray(records)) throw new CommuneError('bad-answer', 'Its PDS lists nothing.')
    for (const record of records as readonly unknown[]) {
      const { value } = (record ?? {}) as { value?: { list?: unknown; subject?: unknown } }
      const subject = value?.subject
      if (value?.list === list && typeof subject === 'string' && isDid(subject)) owners.add(subject)
    }
    const next = answer?.['cursor']
    if (typeof next !== 'string' || records.length === 0) return [...owners].toSorted()
    cursor = next
  }
  throw new CommuneError('bad-answer', `Its author has more than ${PAGES_MAX * PAGE} list items.`)
}

/** Undefined when there is no such record. */
async function answerOf(
  fetch: ReturnType<typeof createGuardedFetch>,
  url: string,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  const { origin } = new URL(url)
  try {
    const response = await fetch(url, { signal })
    const answer = await response.json()
    if (response.status === 400 || response.status === 404) return undefined
    if (!response.ok) throw new CommuneError('bad-answer', `${origin} answered ${response.status}.`)
    if (typeof answer === 'object' && answer !== null) return answer as Record<string, unknown>
    throw new CommuneError('bad-answer', `${origin} gave no proper answer.`)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof CommuneError) throw error
    if (error instanceof SyntaxError)
      throw new CommuneError('bad-answer', `${origin} gave no proper answer.`)
    throw connectionError(error, origin)
  }
}
