import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import { networkInterfaces, tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { silentLog } from '../ports/log.ts'
import { startNetwork } from './network.ts'
import type { Network } from './network.ts'

let dir: string
let network: Network

beforeAll(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'commune-network-'))
  network = await startNetwork({ dir, owners: ['alice'], log: silentLog })
})

afterAll(async () => {
  await network[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

describe('startNetwork', () => {
  it('makes accounts that can sign in', async () => {
    for (const account of network.accounts) {
      const response = await fetch(`${network.pdsUrl}/xrpc/com.atproto.server.createSession`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ identifier: account.handle, password: account.password }),
      })
      expect(await response.json()).toMatchObject({ did: account.did, handle: account.handle })
    }
  })

  it('registers each account in its own directory', async () => {
    for (const { did } of network.accounts) {
      const document = await (await fetch(`${network.plcUrl}/${did}`)).json()
      expect(document).toMatchObject({ service: [{ serviceEndpoint: network.pdsUrl }] })
    }
  })

  it('keeps everything secret in files of its user alone', async () => {
    expect((await stat(dir)).mode & 0o777).toBe(0o700)
    for (const file of ['accounts.json', 'pds/secrets.json']) {
      expect((await stat(path.join(dir, file))).mode & 0o777).toBe(0o600)
    }
  })

  it('listens on loopback only', async () => {
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((address) => address?.family === 'IPv4' && !address.internal)
    if (outside === undefined) return
    for (const url of [network.plcUrl, network.pdsUrl]) {
      const target = `http://${outside.address}:${new URL(url).port}/`
      await expect(fetch(target)).rejects.toThrow()
    }
  })

  it('refuses a second instance on the same folder', async () => {
    await expect(startNetwork({ dir, owners: [], log: silentLog })).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining(dir) as string,
    })
  })

  it('finds the same accounts after a restart, and adds new owners', async () => {
    const before = network
    // A reader of the firehose must not keep it from ending.
    const socket = new WebSocket(
      `${before.pdsUrl.replace('http', 'ws')}/xrpc/com.atproto.sync.subscribeRepos`,
    )
    await once(socket, 'open')
    await Promise.all([once(socket, 'close'), before[Symbol.asyncDispose]()])
    network = await startNetwork({ dir, owners: ['alice', 'bob'], log: silentLog })
    expect([network.plcUrl, network.pdsUrl]).toEqual([before.plcUrl, before.pdsUrl])
    expect(network.accounts.slice(0, 2)).toEqual(before.accounts)
    expect(network.accounts.map((account) => account.name)).toEqual([
      'alice',
      'alice-mesh',
      'bob',
      'bob-mesh',
    ])
  })

  it('forgets a name that the PDS refuses, so that the next start works', async () => {
    await network[Symbol.asyncDispose]()
    // The PDS reserves this name.
    await expect(startNetwork({ dir, owners: ['admin'], log: silentLog })).rejects.toMatchObject({
      code: 'invalid-input',
    })
    network = await startNetwork({ dir, owners: ['alice'], log: silentLog })
    expect(network.accounts.map((account) => account.name)).not.toContain('admin')
  })

  it('says which port is taken', async () => {
    await network[Symbol.asyncDispose]()
    const { port } = new URL(network.pdsUrl)
    const squatter = createServer().listen(Number(port), '127.0.0.1')
    await once(squatter, 'listening')
    await expect(startNetwork({ dir, owners: [], log: silentLog })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`Port ${port} of the PDS`) as string,
    })
    await new Promise((resolve) => squatter.close(resolve))
    network = await startNetwork({ dir, owners: [], log: silentLog })
  })

  it('leaves nothing behind that keeps the process alive', async () => {
    const own = await mkdtemp(path.join(tmpdir(), 'commune-network-'))
    const module = new URL('./network.ts', import.meta.url).href
    const logModule = new URL('../ports/log.ts', import.meta.url).href
    const child = spawn(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `const { startNetwork } = await import(${JSON.stringify(module)})
         const { silentLog } = await import(${JSON.stringify(logModule)})
         const network = await startNetwork({ dir: process.argv[1], owners: ['alice'], log: silentLog })
         await network[Symbol.asyncDispose]()`,
        own,
      ],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [code] = (await once(child, 'close')) as [number]
    await rm(own, { recursive: true })
    expect({ code, output }).toEqual({ code: 0, output: '' })
  })
})
