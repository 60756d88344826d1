import { WebSocket } from 'ws'
import { parseCommitBody, readFrame } from '../../src/atproto/feed-frame.ts'
import { SYNC_METHOD } from '../../src/model/nsid.ts'

/** One record written or deleted, as the PDS put it in its event stream. */
export interface RepoEvent {
  readonly did: string
  /** `collection/rkey` */
  readonly path: string
  readonly cid: string | undefined
  /** When the PDS had committed it, before it answered the writer. */
  readonly timeMs: number
}

/** Everything that happened on a PDS until now, from its event stream, oldest first. */
export async function repoEvents(
  pdsUrl: string,
  until: (event: RepoEvent) => boolean,
): Promise<RepoEvent[]> {
  const url = `${pdsUrl.replace(/^http/, 'ws')}/xrpc/${SYNC_METHOD.subscribeRepos}?cursor=0`
  const socket = new WebSocket(url)
  const events: RepoEvent[] = []
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject)
    socket.on('message', (data: Buffer) => {
      const frame = readFrame(data)
      const body = frame.kind === 'commit' ? parseCommitBody(frame.body) : undefined
      for (const { path, cid } of body?.ops ?? []) {
        const event = {
          did: body?.repo ?? '',
          path,
          cid: cid?.toString(),
          timeMs: Date.parse(body?.time ?? ''),
        }
        events.push(event)
        if (until(event)) resolve()
      }
    })
  })
  socket.close()
  return events
}

/** When the PDS committed this version of a record, milliseconds since 1970. */
export async function writtenAt(pdsUrl: string, did: string, cid: string): Promise<number> {
  const events = await repoEvents(pdsUrl, (event) => event.did === did && event.cid === cid)
  return events.at(-1)?.timeMs ?? Number.NaN
}
