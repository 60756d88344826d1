import { Agent } from '@atproto/api'
import type { Session } from '../../src/atproto/session.ts'

/** Every call that a PDS takes, as the account of a session; the programs themselves need only some. */
export function pdsApi({ agent, did }: Pick<Session, 'agent' | 'did'>): Agent {
  return new Agent({
    did,
    fetchHandler: (url, init) => agent.fetchHandler(url as `/${string}`, init),
  })
}
