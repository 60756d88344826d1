import { farm } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { LogLine } from '../model/records.ts'
import { messagesOf, openStream, type StreamTarget } from './stream-client.ts'

export interface LogSubscription extends Omit<StreamTarget, 'method' | 'params'> {
  readonly params: {
    readonly workload: string
    readonly replica?: number
    readonly tail?: number
    readonly since?: string
  }
  readonly signal: AbortSignal
}

/**
 * Log lines of a workload on one machine, as they are written, until the signal is aborted. Fails with
 * `forbidden`, `not-found`, `unauthorized`, `rate-limited`, or, when the connection ends,
 * `unreachable`.
 */
export async function* subscribeLogs(subscription: LogSubscription): AsyncGenerator<LogLine> {
  const { signal, ...target } = subscription
  const socket = openStream({ ...target, method: METHOD.subscribeLogs })
  for await (const message of messagesOf(socket, signal)) {
    const parsed = farm.meshlet.subscribeLogs.line.safeParse({
      ...message,
      $type: `${METHOD.subscribeLogs}#line`,
    })
    if (!parsed.success) throw new CommuneError('bad-answer', 'This is no log line.')
    yield parsed.value.line
  }
}
