import type { Clock } from '../ports/clock.ts'
import { verifyCommitEvent } from './feed-commit.ts'
import { parseCommitBody, parseSyncBody } from './feed-frame.ts'
import type { EventReader } from './feed-transport.ts'
import { rememberLayers } from './repo-key-layers.ts'
import { cidText } from './repo-link.ts'
import type { SignatureVerifier } from './repo-walk-signature.ts'
import type { RepoQuota } from './repo-walk.ts'

export interface EventReaderOptions {
  readonly verify: SignatureVerifier
  readonly quota: RepoQuota
  readonly clock: Pick<Clock, 'wallMs'>
}

/** Reads events as hosts send them, and proves commits by signature and tree. */
export function createEventReader({ verify, quota, clock }: EventReaderOptions): EventReader {
  const layerOf = rememberLayers()
  return {
    commit(body) {
      const event = parseCommitBody(body)
      return (
        event && {
          rev: event.rev,
          since: event.since ?? undefined,
          prevData: event.prevData && cidText(event.prevData),
          tooBig: event.tooBig,
          prove: ({ did, signingKey }, known) => {
            const expected = { did, signingKey, verify, nowMs: clock.wallMs(), layerOf }
            return verifyCommitEvent(event, expected, quota, known)
          },
        }
      )
    },
    sync: parseSyncBody,
  }
}
