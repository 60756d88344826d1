import { createServer } from 'node:http'
import type { IncomingMessage, ServerResponse } from 'node:http'
import path from 'node:path'
import type * as PlcLibrary from '@did-plc/lib'
import { messageOf } from '../model/errors.ts'
import { makePrivateFolder, readKept, writeKept } from '../atproto/private-file.ts'
import { listenOnLoopback } from './loopback.ts'
import { PlcStore } from './plc-store.ts'

type Operation = PlcLibrary.CompatibleOpOrTombstone

/** A DID directory that runs. */
export interface RunningPlc extends AsyncDisposable {
  readonly url: string
  readonly port: number
}

/** Real operations have a few hundred bytes; the public directory refuses larger ones too. */
const OPERATION_BYTES_MAX = 16 * 1024
const DID = /^did:plc:[a-z2-7]{24}$/

/**
 * Starts a PLC directory on loopback that keeps its logs in `dir`. The rules (signatures, order,
 * recovery window) are those of `@did-plc/lib`; the paths are those of the did:plc specification,
 * web.plc.directory/spec/v0.1/did-plc. Port 0 or none: the one used before, else a free one.
 */
export async function startPlc(options: {
  readonly dir: string
  readonly port?: number
}): Promise<RunningPlc> {
  await makePrivateFolder(options.dir)
  const directory = new Directory(await import('@did-plc/lib'), new PlcStore(options.dir))
  const server = createServer((request, response) => {
    void answer(directory, request, response)
  })
  try {
    const portFile = path.join(options.dir, 'port.json')
    const kept = await readKept(portFile)
    const wanted = options.port || (typeof kept === 'number' ? kept : 0)
    const port = await listenOnLoopback(server, wanted, 'the PLC directory')
    if (port !== kept) await writeKept(portFile, port)
    return {
      url: `http://localhost:${port}`,
      port,
      async [Symbol.asyncDispose]() {
        const closed = new Promise((resolve) => server.close(resolve))
        server.closeAllConnections()
        await closed
        await directory.idle()
        directory.store[Symbol.dispose]()
      },
    }
  } catch (error) {
    directory.store[Symbol.dispose]()
    throw error
  }
}

interface Answer {
  readonly status: number
  readonly body: unknown
  readonly type?: string
}

class Directory {
  readonly store: PlcStore
  readonly #plc: typeof PlcLibrary
  #writing: Promise<unknown> = Promise.resolve()

  constructor(plc: typeof PlcLibrary, store: PlcStore) {
    this.#plc = plc
    this.store = store
  }

  /** Resolves when no operation is being added. */
  async idle(): Promise<void> {
    await this.#writing.catch(() => undefined)
  }

  /** Operations are added one at a time: each is checked against the log that the last one left. */
  add(did: string, operation: Operation): Promise<Answer> {
    const adding = this.idle().then(() => this.#addNow(did, operation))
    this.#writing = adding
    return adding
  }

  async #addNow(did: string, operation: Operation): Promise<Answer> {
    const plc = this.#plc
    const log = await Promise.all(
      this.store
        .log(did)
        .filter((entry) => !entry.nullified)
        .map(async (entry) => {
          // The library compares its own CID objects, so they are made by the library as well.
          const { op, cid } = await plc.getLastOpWithCid([entry.operation as Operation])
          return { did, operation: op, cid, nullified: false, createdAt: entry.createdAt }
        }),
    )
    const { nullified } = await plc.assureValidNextOp(did, log, operation)
    const { cid } = await plc.getLastOpWithCid([operation])
    this.store.append(
      did,
      { operation, cid: cid.toString(), createdAt: new Date() },
      nullified.map((old) => old.toString()),
    )
    return { status: 200, body: 'OK', type: 'text/plain' }
  }

  async read(did: string, what: string): Promise<Answer> {
    const all = this.store.log(did)
    const operations = all.filter((entry) => !entry.nullified).map((entry) => entry.operation)
    if (operations.length === 0) return failure(404, `DID not registered: ${did}`)
    if (what === 'log') return { status: 200, body: operations }
    if (what === 'log/last') return { status: 200, body: operations.at(-1) }
    if (what === 'log/audit') return { status: 200, body: all.map((entry) => ({ did, ...entry })) }
    if (what !== '' && what !== 'data') return failure(404, 'No such path')
    const data = await this.#plc.validateOperationLog(did, operations as Operation[])
    if (data === null) return failure(404, `DID not available: ${did}`)
    if (what === 'data') return { status: 200, body: data }
    const document = this.#plc.formatDidDoc(data)
    return { status: 200, body: document, type: 'application/did+ld+json' }
  }
}

async function answer(
  directory: Directory,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let result: Answer
  try {
    result = await route(directory, request)
  } catch (error) {
    result = failure(400, messageOf(error))
  }
  const text = typeof result.body === 'string' ? result.body : JSON.stringify(result.body)
  response.writeHead(result.status, { 'content-type': result.type ?? 'application/json' })
  response.end(text)
}

async function route(directory: Directory, request: IncomingMessage): Promise<Answer> {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost')
  const [did = '', ...rest] = decodeURIComponent(pathname.slice(1)).split('/')
  if (did === '_health') return { status: 200, body: { version: 'commune' } }
  if (!DID.test(did)) return failure(400, `Not a did:plc: ${did}`)
  if (request.method === 'GET') return directory.read(did, rest.join('/'))
  if (request.method !== 'POST') return failure(405, 'GET or POST')
  const body = await readBody(request)
  if (body === undefined) return failure(413, 'Operation too large')
  return directory.add(did, JSON.parse(body) as Operation)
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > OPERATION_BYTES_MAX) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function failure(status: number, message: string): Answer {
  return { status, body: { message } }
}
