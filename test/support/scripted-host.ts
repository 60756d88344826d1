import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { blocksToCarFile, getRecords } from '@atproto/repo'
import { ErrorFrame, MessageFrame } from '@atproto/xrpc-server'
import { type WebSocket, WebSocketServer } from 'ws'
import type { FeedIdentity } from '../../src/atproto/feed-reader.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { SYNC_METHOD } from '../../src/model/nsid.ts'
import type { Did } from '../../src/model/records.ts'
import type { ScriptedRepo } from './scripted-repo.ts'

type EventBody = Record<string, unknown>

/** An answer that a test puts in the place of the real one. */
export interface Refusal {
  readonly status: number
  readonly body: string | Uint8Array
}

/** A PDS of which a test decides every word. Starts well-behaved. */
export class ScriptedHost {
  readonly repos = new Map<string, ScriptedRepo>()
  /** Frames by sequence number, as far back as the host remembers. */
  log: { readonly seq: number; readonly bytes: Uint8Array }[] = []
  seq = 0
  /** Oldest sequence number from which the stream can be resumed. */
  oldest = 0
  /** Query strings of the stream's connections, in order. */
  readonly connections: string[] = []
  readonly requests: string[] = []
  readonly sockets = new Set<WebSocket>()
  /** Replaces the answer to a request; called before it is looked at. */
  intercept: ((method: string, query: URLSearchParams) => Promise<Refusal | undefined>) | undefined
  /** Replaces the stream's behaviour after connecting. */
  script: ((socket: WebSocket, cursor: number | undefined) => void) | undefined
  /** Hangs up on whoever asks for the stream. */
  refuseStream = false
  readonly #server: Server
  readonly #stream = new WebSocketServer({ noServer: true })

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response))
    this.#server.on('upgrade', (request, socket, head) => {
      if (this.refuseStream) socket.destroy()
      else this.#stream.handleUpgrade(request, socket, head, (ws) => this.#connected(request, ws))
    })
  }

  static async start(): Promise<ScriptedHost> {
    const host = new ScriptedHost()
    await new Promise<void>((resolve) => host.#server.listen(0, '127.0.0.1', resolve))
    return host
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  add(repo: ScriptedRepo): void {
    this.repos.set(repo.did, repo)
  }

  /** Puts an event on the stream, and returns its sequence number. */
  emit(type: string, body: EventBody): number {
    const bytes = this.frame(type, body)
    this.log.push({ seq: this.seq, bytes })
    for (const socket of this.sockets) socket.send(bytes)
    return this.seq
  }

  /** A frame with the next sequence number, which nobody gets unless the test sends it. */
  frame(type: string, body: EventBody): Uint8Array {
    this.seq += 1
    const stamped = { seq: this.seq, time: '2026-01-01T00:00:00.000Z', ...body }
    return new MessageFrame(stamped as never, { type }).toBytes()
  }

  /** Forgets sequence numbers, as a PDS that lost its data does. */
  wipeStream(): void {
    this.log = []
    this.seq = 0
    this.oldest = 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.terminate()
    this.#stream.close()
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #connected(request: IncomingMessage, socket: WebSocket): void {
    const url = new URL(request.url ?? '', this.url)
    this.connections.push(url.search)
    const given = url.searchParams.get('cursor')
    const cursor = given === null ? undefined : Number(given)
    this.sockets.add(socket)
    socket.on('close', () => this.sockets.delete(socket))
    if (this.script) return this.script(socket, cursor)
    this.behave(socket, cursor)
  }

  /** What a PDS does with a new subscriber. */
  behave(socket: WebSocket, cursor: number | undefined): void {
    if (cursor === undefined) return
    if (cursor > this.seq) {
      this.sockets.delete(socket)
      socket.send(new ErrorFrame({ error: 'FutureCursor', message: 'in the future' }).toBytes())
      return socket.close(1008, 'FutureCursor')
    }
    if (cursor < this.oldest) {
      socket.send(new MessageFrame({ name: 'OutdatedCursor' }, { type: '#info' }).toBytes())
    }
    for (const { seq, bytes } of this.log) {
      if (seq > Math.max(cursor, this.oldest)) socket.send(bytes)
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', this.url)
    const method = url.pathname.replace('/xrpc/', '')
    this.requests.push(method)
    const refusal = await this.intercept?.(method, url.searchParams)
    if (refusal) return send(response, refusal.status, refusal.body)
    const repo = this.repos.get(url.searchParams.get('did') ?? '')
    if (!repo) return refuse(response, 'RepoNotFound')
    switch (method) {
      case SYNC_METHOD.getLatestCommit:
        return send(response, 200, JSON.stringify({ cid: repo.cid, rev: repo.rev }))
      case SYNC_METHOD.getBlocks: {
        const blocks = await repo.blocks(url.searchParams.getAll('cids'))
        if (!blocks) return refuse(response, 'InvalidRequest')
        return send(response, 200, await blocksToCarFile(null, blocks))
      }
      case SYNC_METHOD.getRecord: {
        const collection = url.searchParams.get('collection') ?? ''
        const rkey = url.searchParams.get('rkey') ?? ''
        const path = { collection, rkey }
        const chunks: Uint8Array[] = []
        for await (const chunk of getRecords(repo.store, repo.repo.cid, [path])) chunks.push(chunk)
        return send(response, 200, Buffer.concat(chunks))
      }
      default:
        return refuse(response, 'MethodNotImplemented')
    }
  }
}

function refuse(response: ServerResponse, error: string): void {
  send(response, 400, JSON.stringify({ error, message: 'no' }))
}

function send(response: ServerResponse, status: number, body: string | Uint8Array): void {
  response.writeHead(status)
  response.end(body)
}

/** Identities as a test states them; counts how often it was asked past its cache. */
export class ScriptedIdentity implements FeedIdentity {
  readonly #known = new Map<Did, { pdsUrl: string; signingKey: string }>()
  readonly #cached = new Map<Did, { pdsUrl: string; signingKey: string }>()
  forced = 0
  /** The directory does not answer, and nothing is remembered. */
  isDown = false

  set(repo: ScriptedRepo, host: ScriptedHost): void {
    this.#known.set(repo.did, { pdsUrl: host.url, signingKey: repo.key.did() })
  }

  async resolve(did: Did, options: { force?: boolean } = {}) {
    if (this.isDown) throw new CommuneError('unreachable', 'nobody answers', { retry: true })
    if (options.force) this.forced += 1
    const cached = options.force ? undefined : this.#cached.get(did)
    const found = cached ?? this.#known.get(did)
    if (!found) throw new CommuneError('identity', `${did} does not resolve`, { retry: true })
    this.#cached.set(did, found)
    return { did, ...found }
  }
}
