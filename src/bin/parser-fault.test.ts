import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const run = promisify(execFile)
const BODY = Buffer.alloc(50_000, 'a')
const HEAD = `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\nConnection: close\r\n\r\n`
const MODULE = new URL('parser-fault.ts', import.meta.url).href

/** Says all at once and hangs up, while the client has read nothing yet. */
const server = createServer((socket) => {
  socket.on('error', () => socket.destroy())
  socket.once('data', () => {
    socket.write(HEAD)
    socket.write(BODY)
    socket.end()
  })
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterAll(() => server.close())

/** A program that asks that server and does not look at what it says. */
function program(first: string, last: string): Promise<{ stdout: string }> {
  const { port } = server.address() as AddressInfo
  const code = `import { surviveParserFault } from '${MODULE}'
    ${first}
    for (let i = 0; i < 10; i++) await fetch('http://127.0.0.1:${port}/')
    setTimeout(() => { ${last}; console.log('alive'); process.exit(0) }, 300)`
  return run(process.execPath, ['--input-type=module', '-e', code])
}

describe('a server that hangs up before its answer was read', () => {
  test('does not end the program', async () => {
    const { stdout } = await program(`surviveParserFault(() => {})`, '')
    expect(stdout).toBe('alive\n')
  })

  test('an error of our own still does', async () => {
    const broken = program(`surviveParserFault(() => {})`, `throw new Error('ours')`)
    await expect(broken).rejects.toMatchObject({ stderr: expect.stringContaining('ours') })
  })
})
