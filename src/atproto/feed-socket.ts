import { unicastLookup } from '@atproto-labs/fetch-node'
import WebSocket from 'ws'
import { messageOf } from '../model/errors.ts'
import { SYNC_METHOD } from '../model/nsid.ts'
import { readFrame } from './feed-frame.ts'
import type { ConnectStream } from './feed-transport.ts'

/** A commit is at most 2 MB, plus its operations. */
const FRAME_BYTES_MAX = 5 * 1024 * 1024

export interface SocketOptions {
  /** Without it, names that resolve to private addresses are refused when the connection is made. */
  readonly allowPrivateAddresses: boolean
}

/** Connects to event streams over WebSocket. */
export function createSocketConnector({ allowPrivateAddresses }: SocketOptions): ConnectStream {
  return (host, cursor, listener) => {
    const url = new URL(`/xrpc/${SYNC_METHOD.subscribeRepos}`, host.replace(/^http/, 'ws'))
    if (cursor !== undefined) url.searchParams.set('cursor', String(cursor))
    const socket = new WebSocket(url, {
      maxPayload: FRAME_BYTES_MAX,
      perMessageDeflate: false,
      followRedirects: false,
      ...(allowPrivateAddresses ? {} : { lookup: unicastLookup }),
    })
    socket.on('open', () => listener.opened())
    socket.on('message', (data: Buffer) => listener.frame(readFrame(data), data.length))
    socket.on('pong', () => listener.alive())
    socket.on('error', (error) => listener.failed(messageOf(error)))
    socket.on('close', (code) => listener.closed(code))
    return socket
  }
}
