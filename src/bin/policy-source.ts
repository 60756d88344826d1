import { readFile } from 'node:fs/promises'
import { watch } from 'chokidar'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Policy } from '../policy/policy.ts'
import { STANDARD_POLICY } from '../policy/standard-policy.ts'
import type { Log } from '../ports/log.ts'
import { formatIssue } from '../spec/format-issue.ts'
import { parsePolicyFile } from '../spec/policy-file.ts'

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

/**
 * Reads a policy file. Fails with `usage` and everything that is wrong in it, each with its place.
 */
export async function readPolicyFile(file: string): Promise<Policy> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (error) {
    throw new CommuneError('usage', `${file} can't be read: ${messageOf(error)}`, { cause: error })
  }
  if (text.length > FILE_BYTES_MAX)
    throw new CommuneError('usage', `${file} is larger than ${FILE_BYTES_MAX / 1024} KiB`)
  const { timeZone } = new Intl.DateTimeFormat().resolvedOptions()
  const { policy, issues } = parsePolicyFile(text, file, timeZone)
  if (policy !== undefined) return policy
  const wrong = issues.map((issue) => formatIssue(issue, { color: false })).join('\n')
  throw new CommuneError('usage', wrong)
}

/**
 * The policy of a file, read again whenever the file changes; the standard one without a file. While
 * the file is broken or gone what held last goes on, and the log says so.
 */
export async function openPolicy(file: string | undefined, log: Log): Promise<PolicySource> {
  let policy = file === undefined ? STANDARD_POLICY : await readPolicyFile(file)
  const listeners: (() => void)[] = []
  const watcher =
    file === undefined
      ? undefined
      : watch(file, { ignoreInitial: true, awaitWriteFinish: { stabilityThreshold: QUIET_MS } })
  const reload = async (path: string) => {
    try {
      policy = await readPolicyFile(path)
      log.info('the policy was read again', { file: path, rules: policy.rules.length })
      for (const listener of listeners) listener()
    } catch (error) {
      const reason = messageOf(error)
      log.error('the policy can’t be used; what held before goes on', { file: path, reason })
    }
  }
  if (file !== undefined) watcher?.on('all', () => void reload(file))
  watcher?.on('error', (error) =>
    log.warn('the policy is not watched', { reason: messageOf(error) }),
  )
  return {
    current: () => policy,
    onChange: (listener) => listeners.push(listener),
    [Symbol.asyncDispose]: async () => watcher?.close(),
  }
}
