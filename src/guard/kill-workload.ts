import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { LABEL } from '../model/nsid.ts'
import type { KillWorkload } from './watch.ts'

/** Where the engine listens, as Node's own client understands it. */
export interface EngineAddress {
  readonly socketPath?: string
  readonly host?: string
  readonly port?: number | string
  readonly protocol?: string
}

/** Time for one call, milliseconds; the next look tries again. */
const CALL_MS_MAX = 1_000
/** What may be running, or may run again by itself. */
const STATES = ['running', 'paused', 'restarting']

/**
 * Kills every running container of the meshlet's workload, with three calls of the engine's interface
 * and nothing else of this program: what fences must not depend on what it fences.
 */
export function createKiller(engine: EngineAddress, meshletDid: string): KillWorkload {
  return async (uri) => {
    const label = [`${LABEL.meshletDid}=${meshletDid}`, `${LABEL.workload}=${uri}`]
    const filters = encodeURIComponent(JSON.stringify({ label, status: STATES }))
    const listed: unknown = JSON.parse(
      await call(engine, 'GET', `/containers/json?filters=${filters}`),
    )
    const containers = Array.isArray(listed) ? (listed as { Id?: unknown; State?: unknown }[]) : []
    await Promise.all(
      containers.map(async ({ Id, State }) => {
        await call(engine, 'POST', `/containers/${String(Id)}/kill`)
        // A frozen process dies when it is thawed.
        if (State === 'paused') await call(engine, 'POST', `/containers/${String(Id)}/unpause`)
      }),
    )
    return containers.length
  }
}

function call(engine: EngineAddress, method: string, path: string): Promise<string> {
  const { protocol, ...address } = engine
  const request = protocol === 'https' ? httpsRequest : httpRequest
  const signal = AbortSignal.timeout(CALL_MS_MAX)
  return new Promise((resolve, reject) => {
    const sent = request({ ...address, method, path, signal } as RequestOptions, (response) => {
      let body = ''
      response.setEncoding('utf8')
      response.on('data', (chunk: string) => (body += chunk))
      response.on('error', reject)
      response.on('end', () => {
        const status = response.statusCode ?? 0
        // Gone, or stopped meanwhile, is as good as killed.
        if (status < 300 || status === 404 || status === 409) resolve(body)
        else reject(new Error(`the engine answered ${status}`))
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
