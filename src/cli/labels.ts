import { connectionError } from '../atproto/connection-error.ts'
import { CommuneError } from '../model/errors.ts'
import { LABEL_METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { parseUrl } from './connection.ts'
import type { Io } from './io.ts'
import { printable } from './table.ts'

const TIMEOUT_MS = 10_000
const BYTES_MAX = 1024 * 1024
/** Accounts in one question, and labels in its answer. */
const ACCOUNTS_MAX = 50
const LABELS_MAX = 250
const VALUE_MAX = 128

/** What a labeler says of an account: advice to people, which no machine heeds. */
export interface AccountLabel {
  /** Who says it: a DID. */
  readonly by: string
  readonly value: string
}

/**
 * Asks labelers about accounts. What has been taken back or has run out is left out. A labeler that
 * does not answer is said on stderr, and everything goes on without it.
 */
export async function readLabels(
  io: Io,
  labelers: readonly string[],
  accounts: readonly Did[],
): Promise<ReadonlyMap<Did, readonly AccountLabel[]>> {
  const found = new Map<Did, AccountLabel[]>()
  for (const labeler of labelers.map((url) => parseUrl(url, 'The labeler')))
    try {
      for (let start = 0; start < accounts.length; start += ACCOUNTS_MAX)
        for (const { did, label } of await ask(
          io,
          labeler,
          accounts.slice(start, start + ACCOUNTS_MAX),
        ))
          found.set(did, [...(found.get(did) ?? []), label])
    } catch (error) {
      io.signal.throwIfAborted()
      if (!(error instanceof CommuneError)) throw error
      io.note(`The labels of ${labeler} are not shown: ${error.message}\n`)
    }
  return found
}

interface Found {
  readonly did: Did
  readonly label: AccountLabel
}

async function ask(io: Io, labeler: string, accounts: readonly Did[]): Promise<readonly Found[]> {
  const query = new URLSearchParams({ limit: String(LABELS_MAX) })
  for (const did of accounts) query.append('uriPatterns', did)
  const url = `${labeler}/xrpc/${LABEL_METHOD.queryLabels}?${query.toString()}`
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)])
  let text: string
  try {
    const response = await fetch(url, { signal, redirect: 'error' })
    if (!response.ok) throw new CommuneError('bad-answer', `it answered ${response.status}.`)
    text = await readLimited(response)
  } catch (error) {
    throw error instanceof CommuneError ? error : connectionError(error, labeler)
  }
  return labelsIn(text, new Set(accounts), io.clock.wallMs())
}

async function readLimited(response: Response): Promise<string> {
  const parts: Uint8Array[] = []
  let bytes = 0
  for await (const part of response.body ?? []) {
    bytes += part.length
    if (bytes > BYTES_MAX) throw new CommuneError('bad-answer', 'its answer is too long.')
    parts.push(part)
  }
  return Buffer.concat(parts).toString('utf8')
}

function labelsIn(text: string, asked: ReadonlySet<string>, nowMs: number): readonly Found[] {
  let answer: { readonly labels?: unknown }
  try {
    answer = JSON.parse(text) as typeof answer
  } catch {
    throw new CommuneError('bad-answer', 'its answer is no JSON.')
  }
  const list = typeof answer === 'object' && answer !== null ? answer.labels : undefined
  if (!Array.isArray(list)) throw new CommuneError('bad-answer', 'its answer holds no labels.')
  return (list as readonly unknown[]).slice(0, LABELS_MAX).flatMap((one) => {
    if (typeof one !== 'object' || one === null) return []
    const { uri, val, src, neg, exp } = one as Readonly<Record<string, unknown>>
    const isOver = typeof exp === 'string' && Date.parse(exp) <= nowMs
    if (typeof uri !== 'string' || !asked.has(uri) || typeof val !== 'string') return []
    if (neg === true || isOver) return []
    const by = typeof src === 'string' ? printable(src.slice(0, VALUE_MAX)) : 'unknown'
    return [{ did: uri as Did, label: { by, value: printable(val.slice(0, VALUE_MAX)) } }]
  })
}
