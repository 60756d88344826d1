import { once } from 'node:events'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { watch } from 'chokidar'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Policy } from '../policy/policy.ts'
import { STANDARD_POLICY } from '../policy/standard-policy.ts'
import type { Log } from '../ports/log.ts'
import { formatIssue } from '../spec/format-issue.ts'
import type { Issue } from '../spec/issue.ts'
import { parseOwnerList, type ListedOwner } from '../spec/owner-list.ts'
import { parsePolicyFile, type PolicyLists } from '../spec/policy-file.ts'

/** The policy that holds now. Disposing of it ends the watching. */
export interface PolicySource extends AsyncDisposable {
  current(): Policy
  /** Calls back when another policy holds. */
  onChange(listener: () => void): void
}

/** Editors rename and replace: a file is read when it has not changed for so long, milliseconds. */
const QUIET_MS = 200
/** Larger files are refused unread. */
const FILE_BYTES_MAX = 64 * 1024
const LIST_BYTES_MAX = 16 * 1024 * 1024
const ISSUES_SHOWN_MAX = 20

/**
 * Reads a policy file. Fails with `usage` and everything that is wrong in it, each with its place.
 */
export async function readPolicyFile(file: string): Promise<Policy> {
  return (await readAll(file)).policy
}

interface ReadPolicy {
  readonly policy: Policy
  /** Files of owners that it names. */
  readonly lists: readonly string[]
}

async function readAll(file: string): Promise<ReadPolicy> {
  const text = await readText(file, FILE_BYTES_MAX)
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const { policy, lists, issues } = parsePolicyFile(text, file, timeZone)
  if (policy === undefined || lists === undefined) throw faulty(issues)
  const pathOf = (list: string) => resolve(dirname(file), list)
  return {
    policy: await withLists(policy, {
      block: lists.block.map(pathOf),
      allow: lists.allow.map(pathOf),
    }),
    lists: [...lists.block, ...lists.allow].map(pathOf),
  }
}

/** The policy with everybody whom its files name. */
async function withLists(policy: Policy, lists: PolicyLists): Promise<Policy> {
  if (policy.owners === undefined) return policy
  const blocked = new Map(policy.owners.blocked)
  for (const file of lists.block)
    for (const { did, reason } of await readOwners(file))
      blocked.set(did, reason === undefined ? basename(file) : `${basename(file)}: ${reason}`)
  if (policy.owners.allowed === undefined) return { ...policy, owners: { blocked } }
  const allowed = new Set(policy.owners.allowed)
  for (const file of lists.allow) for (const { did } of await readOwners(file)) allowed.add(did)
  return { ...policy, owners: { blocked, allowed } }
}

async function readOwners(file: string): Promise<readonly ListedOwner[]> {
  const { owners, issues } = parseOwnerList(await readText(file, LIST_BYTES_MAX), file)
  if (issues.length > 0) throw faulty(issues)
  return owners
}

async function readText(file: string, bytesMax: number): Promise<string> {
  let text: string
  try {
    if ((await stat(file)).size > bytesMax)
      throw new CommuneError('usage', `${file} is larger than ${bytesMax / 1024} KiB`)
    text = await readFile(file, 'utf8')
  } catch (error) {
    if (error instanceof CommuneError) throw error
    throw new CommuneError('usage', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  }
  return text
}

function faulty(issues: readonly Issue[]): CommuneError {
  const shown = issues.slice(0, ISSUES_SHOWN_MAX)
  const more = issues.length - shown.length
  const lines = shown.map((issue) => formatIssue(issue, { color: false }))
  return new CommuneError(
    'usage',
    [...lines, ...(more > 0 ? [`and ${more} more like these`] : [])].join('\n'),
  )
}

/**
 * The policy of a file, read again whenever the file changes; the standard one without a file. While
 * the file is broken or gone what held last goes on, and the log says so.
 */
export async function openPolicy(file: string | undefined, log: Log): Promise<PolicySource> {
  const first = file === undefined ? undefined : await readAll(file)
  let policy = first?.policy ?? STANDARD_POLICY
  const listeners: (() => void)[] = []
  const watcher =
    file === undefined
      ? undefined
      : watch([file, ...(first?.lists ?? [])], {
          ignoreInitial: true,
          awaitWriteFinish: { stabilityThreshold: QUIET_MS },
        })
  const reload = async (path: string) => {
    try {
      const read = await readAll(path)
      policy = read.policy
      watcher?.add([...read.lists])
      log.info('the policy was read again', { file: path, rules: policy.rules.length })
      for (const listener of listeners) listener()
    } catch (error) {
      const reason = messageOf(error)
      log.error('the policy can’t be used; what held before goes on', { file: path, reason })
    }
  }
  if (file !== undefined) watcher?.on('all', () => void reload(file))
  // What was changed before the watching began is read now.
  if (file !== undefined && watcher !== undefined) {
    await once(watcher, 'ready')
    await reload(file)
  }
  watcher?.on('error', (error) =>
    log.warn('the policy is not watched', { reason: messageOf(error) }),
  )
  return {
    current: () => policy,
    onChange: (listener) => listeners.push(listener),
    [Symbol.asyncDispose]: async () => watcher?.close(),
  }
}
