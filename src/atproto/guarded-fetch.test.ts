import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startLyingServer } from '../dev/lying-server.ts'
import type { LyingServer } from '../dev/lying-server.ts'
import { createGuardedFetch } from './guarded-fetch.ts'

let server: LyingServer
let port: string

beforeAll(async () => {
  server = await startLyingServer(() => ({ body: { ok: true } }))
  ;({ port } = new URL(server.url))
})

beforeEach(() => {
  server.requests.length = 0
  server.lie = () => ({ body: { ok: true } })
})

afterAll(() => server[Symbol.asyncDispose]())

describe('a guarded fetch', () => {
  // security.md numbers 15 to 19
  it.each([
    (at: string) => `http://127.0.0.1:${at}/`,
    (at: string) => `https://127.0.0.1:${at}/`,
    (at: string) => `https://2130706433:${at}/`,
    (at: string) => `https://[::ffff:127.0.0.1]:${at}/`,
    // Names are checked by what they resolve to when the connection is made, as a rebinding host needs.
    (at: string) => `https://localhost:${at}/`,
    () => 'http://10.0.0.1/',
    () => 'http://169.254.169.254/latest/meta-data/',
    () => 'file:///etc/passwd',
  ])('refuses private addresses', async (address) => {
    const fetch = createGuardedFetch({ allowCustomPort: true, timeoutMs: 2000 })
    await expect(fetch(address(port))).rejects.toThrow()
    expect(server.requests).toEqual([])
  })

  it('refuses other ports unless they are allowed', async () => {
    await expect(createGuardedFetch()('https://pds.example.dev:8443/')).rejects.toThrow(/port/i)
  })

  const open = (options: object = {}) =>
    createGuardedFetch({ allowPrivateAddresses: true, ...options })

  it('calls private addresses where they are allowed', async () => {
    expect(await (await open()(server.url)).json()).toEqual({ ok: true })
  })

  it('follows no redirect', async () => {
    server.lie = () => ({ status: 302, headers: { location: `${server.url}/secret` } })
    await expect(open()(server.url)).rejects.toThrow()
    expect(server.requests).toHaveLength(1)
  })

  it('gives up after its time, also in the middle of an answer', async () => {
    server.lie = () => 'hang'
    await expect(open({ timeoutMs: 30 })(server.url)).rejects.toMatchObject({
      name: 'TimeoutError',
    })
  })

  it('takes no more than it was told to', async () => {
    server.lie = () => ({ body: 'x'.repeat(2000) })
    const fetch = open({ responseBytesMax: 1000 })
    await expect(fetch(server.url).then((response) => response.text())).rejects.toThrow()
  })

  it('gives up with its caller', async () => {
    const controller = new AbortController()
    server.lie = () => {
      controller.abort(new Error('gave up'))
      return 'hang'
    }
    await expect(open()(server.url, { signal: controller.signal })).rejects.toThrow('gave up')
    await expect(open()(new Request(server.url, { signal: controller.signal }))).rejects.toThrow(
      'gave up',
    )
  })
})
