import { afterAll, beforeAll, expect, it } from 'vitest'
import { resolveEverythingTo } from '../../test/support/lying-dns.ts'
import { startLyingServer } from '../dev/lying-server.ts'
import type { LyingServer } from '../dev/lying-server.ts'
import { createSocketConnector } from './feed-socket.ts'

let server: LyingServer

beforeAll(async () => {
  server = await startLyingServer()
})
afterAll(() => server[Symbol.asyncDispose]())

function connect(host: string, allowPrivateAddresses: boolean): Promise<string> {
  return new Promise((resolve) => {
    let reason = ''
    createSocketConnector({ allowPrivateAddresses })(host, undefined, {
      opened: () => resolve('opened'),
      frame: () => undefined,
      alive: () => undefined,
      failed: (why) => (reason = why),
      closed: () => resolve(reason),
    })
  })
}

it('#18 an event stream is not opened at a name that resolves to this machine', async () => {
  using dns = resolveEverythingTo('127.0.0.1')
  const { port } = new URL(server.url)
  expect(await connect(`http://rebinding.commune.dev:${port}`, false)).toMatch(/non-unicast/)
  expect(dns.asked).toEqual(['rebinding.commune.dev'])
  expect(server.requests).toEqual([])
})

it('#19 an event stream follows no redirect', async () => {
  server.lie = () => ({ status: 302, headers: { location: 'http://169.254.169.254/' } })
  expect(await connect(server.url, true)).toMatch(/302/)
  expect(server.requests).toHaveLength(1)
})
