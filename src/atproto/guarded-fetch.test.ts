import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { resolveEverythingTo } from '../../test/support/lying-dns.ts'
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
  it.each([
    'http://127.0.0.1:PORT/',
    'https://127.0.0.1:PORT/',
    'https://2130706433:PORT/',
    'https://[::ffff:127.0.0.1]:PORT/',
    'https://localhost:PORT/',
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/meta-data/',
    'file:///etc/passwd',
  ])('#17 refuses the private address %s', async (address) => {
    const fetch = createGuardedFetch({ allowCustomPort: true, timeoutMs: 2000 })
    await expect(fetch(address.replace('PORT', port))).rejects.toThrow()
    expect(server.requests).toEqual([])
  })

  it.each([[['127.0.0.1']], [['93.184.216.34', '127.0.0.1']], [['169.254.169.254']]])(
    '#18 refuses a name that resolves to %j when the connection is made',
    async (addresses) => {
      using dns = resolveEverythingTo(...addresses)
      const fetch = createGuardedFetch({ allowCustomPort: true, timeoutMs: 2000 })
      await expect(fetch(`https://rebinding.commune.dev:${port}/`)).rejects.toMatchObject({
        cause: { message: 'Hostname resolved to non-unicast address' },
      })
      expect(dns.asked).toEqual(['rebinding.commune.dev'])
      expect(server.requests).toEqual([])
    },
  )

  it('refuses other ports unless they are allowed', async () => {
    await expect(createGuardedFetch()('https://pds.example.dev:8443/')).rejects.toThrow(/port/i)
  })

  const open = (options: object = {}) =>
    createGuardedFetch({ allowPrivateAddresses: true, ...options })

  it('calls private addresses where they are allowed', async () => {
    expect(await (await open()(server.url)).json()).toEqual({ ok: true })
  })

  it.each([
    ['to the metadata address', 'http://169.254.169.254/latest/meta-data/'],
    ['to itself', '/secret'],
  ])('#19 follows no redirect %s', async (_, location) => {
    server.lie = () => ({ status: 302, headers: { location } })
    await expect(open()(server.url)).rejects.toThrow()
    expect(server.requests.map(({ url }) => url)).toEqual(['/'])
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
