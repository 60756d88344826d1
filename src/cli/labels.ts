import { connectionError } from '../atproto/connection-error.ts'
import type { Identity } from '../atproto/identity.ts'
import { LabelChecker, type LabelSignature, type SignedLabel } from '../atproto/label-signature.ts'
import { CommuneError } from '../model/errors.ts'
import { LABEL_METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { LabelerOptions } from './command-options.ts'
import { parseUrl } from './connection.ts'
import type { Io } from './io.ts'
import { printable } from './table.ts'

const TIMEOUT_MS = 10_000
const BYTES_MAX = 1024 * 1024
/** Accounts in one question, and labels in its answer. */
const ACCOUNTS_MAX = 50
const LABELS_MAX = 250
const VALUE_MAX = 128

/** What somebody says of an account: advice to people, which no machine heeds. */
export interface AccountLabel {
  /** Who is said to say it: a DID. */
  readonly by: string
  readonly value: string
  /** Whether it was truly said by that account; else it counts for nothing. */
  readonly signature: LabelSignature
}

export interface LabelQuestion {
  readonly options: LabelerOptions
  readonly identity: Pick<Identity, 'resolve'>
  readonly accounts: readonly Did[]
}

/**
 * Asks the labelers that were named, or those of the environment, about accounts. Of what the same
 * source says of an account with the same value the newest that it has signed holds; what that takes
 * back, or what has run out, is left out. What is not signed changes nothing of that, and is marked. A
 * labeler that does not answer is said on stderr, and everything goes on without it.
 */
export async function readLabels(
  io: Io,
  { options, identity, accounts }: LabelQuestion,
): Promise<ReadonlyMap<Did, readonly AccountLabel[]>> {
  const checker = new LabelChecker(identity, io.signal)
  const found = new Map<Did, AccountLabel[]>()
  for (const labeler of labelersOf(io, options))
    try {
      for (let start = 0; start < accounts.length; start += ACCOUNTS_MAX) {
        const labels = await ask(io, labeler, accounts.slice(start, start + ACCOUNTS_MAX))
        for (const { did, label } of await holding(labels, checker, io.clock.wallMs()))
          found.set(did, [...(found.get(did) ?? []), label])
      }
    } catch (error) {
      io.signal.throwIfAborted()
      if (!(error instanceof CommuneError)) throw error
      io.note(`The labels of ${labeler} are not shown: ${error.message}\n`)
    }
  return found
}

/** A label as people read it. */
export function labelText({ value, signature }: AccountLabel): string {
  return signature === 'valid' ? value : `${value} (${UNPROVEN[signature]})`
}

const UNPROVEN = {
  missing: 'not signed: ignore it',
  wrong: 'wrongly signed: ignore it',
  unknown: 'signature can’t be checked: ignore it',
} as const

function labelersOf(io: Io, { labeler }: LabelerOptions): readonly string[] {
  const urls = labeler ?? (io.env['COMMUNE_LABELERS'] ?? '').split(/[\s,]+/)
  const named = urls.filter((url) => url !== '').map((url) => parseUrl(url, 'The labeler'))
  return [...new Set(named)]
}

interface Found {
  readonly did: Did
  readonly label: AccountLabel
}

async function holding(
  labels: readonly SignedLabel[],
  checker: LabelChecker,
  nowMs: number,
): Promise<readonly Found[]> {
  const found: Found[] = []
  for (const group of Map.groupBy(labels, ({ uri, src, val }) => `${uri} ${src} ${val}`).values()) {
    const signatures = await Promise.all(group.map((label) => checker.check(label)))
    const checked = group.map((label, index) => ({
      label,
      signature: signatures[index] ?? 'unknown',
    }))
    const signed = checked.filter(({ signature }) => signature === 'valid')
    const [newest] = signed.toSorted((a, b) => madeAtMs(b.label) - madeAtMs(a.label))
    const one = newest ?? checked.find(({ label }) => holds(label, nowMs))
    if (one !== undefined && holds(one.label, nowMs)) found.push(shown(one.label, one.signature))
  }
  return found
}

function holds({ neg, exp }: SignedLabel, nowMs: number): boolean {
  return neg !== true && !(typeof exp === 'string' && Date.parse(exp) <= nowMs)
}

/** Of two that were made at the same time the one that takes back is the newer. */
function madeAtMs({ cts, neg }: SignedLabel): number {
  const ms = typeof cts === 'string' ? Date.parse(cts) : Number.NaN
  return (Number.isNaN(ms) ? 0 : ms) + (neg === true ? 0.5 : 0)
}

function shown({ uri, src, val }: SignedLabel, signature: LabelSignature): Found {
  const [by, value] = [src, val].map((text) => printable(text.slice(0, VALUE_MAX)))
  return { did: uri as Did, label: { by: by ?? '', value: value ?? '', signature } }
}

async function ask(
  io: Io,
  labeler: string,
  accounts: readonly Did[],
): Promise<readonly SignedLabel[]> {
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
  return labelsIn(text, new Set(accounts))
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

function labelsIn(text: string, asked: ReadonlySet<string>): readonly SignedLabel[] {
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
    const { uri, val, src } = one as Readonly<Record<string, unknown>>
    const isWhole = typeof uri === 'string' && typeof val === 'string' && typeof src === 'string'
    return isWhole && asked.has(uri) ? [one as SignedLabel] : []
  })
}
