import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { configPaths, makeConfigFolder, writeLogin } from './config-file.ts'
import { resolveConnection } from './connection.ts'
import type { Io } from './io.ts'

let config: string

beforeEach(() => {
  config = mkdtempSync(join(tmpdir(), 'commune-config-'))
})
afterEach(() => rmSync(config, { recursive: true, force: true }))

function ioWith(env: Record<string, string>): Io {
  return { env: { XDG_CONFIG_HOME: config, ...env } } as unknown as Io
}

const ENV = {
  COMMUNE_SERVICE: 'https://pds.example.org/',
  COMMUNE_IDENTIFIER: '@alice.example.org',
  COMMUNE_PASSWORD: 'secret',
}

async function login(): Promise<void> {
  const paths = configPaths({ XDG_CONFIG_HOME: config })
  await makeConfigFolder(paths)
  await writeLogin(paths, { service: 'https://home.example.org', identifier: 'me.example.org' })
}

describe('resolveConnection', () => {
  it('#17 lets records lead into this network only when told so', async () => {
    const may = async (env: Record<string, string>) =>
      (await resolveConnection(ioWith({ ...ENV, ...env }), {})).allowPrivateAddresses
    expect(await may({})).toBe(false)
    expect(await may({ COMMUNE_SERVICE: 'http://192.168.1.5:2583' })).toBe(false)
    expect(await may({ COMMUNE_PRIVATE_ADDRESSES: 'yes' })).toBe(true)
    expect(await may({ COMMUNE_SERVICE: 'http://localhost:2583' })).toBe(true)
  })

  it('takes the environment, and then leaves no session behind', async () => {
    expect(await resolveConnection(ioWith(ENV), {})).toEqual({
      service: 'https://pds.example.org',
      identifier: 'alice.example.org',
      password: 'secret',
      plcUrl: 'https://plc.directory',
      allowPrivateAddresses: false,
    })
  })

  it('prefers flags to the environment, and the environment to the login', async () => {
    await login()
    const options = { service: 'http://127.0.0.1:1', plcUrl: 'http://localhost:2' }
    expect(await resolveConnection(ioWith(ENV), options)).toMatchObject({
      service: 'http://127.0.0.1:1',
      plcUrl: 'http://localhost:2',
      identifier: 'alice.example.org',
      allowPrivateAddresses: true,
    })
  })

  it('uses the kept session of the login', async () => {
    await login()
    expect(await resolveConnection(ioWith({}), {})).toMatchObject({
      service: 'https://home.example.org',
      identifier: 'me.example.org',
      sessionFile: join(config, 'commune', 'session.json'),
    })
  })

  it('names what is missing', async () => {
    await expect(resolveConnection(ioWith({}), {})).rejects.toMatchObject({
      code: 'unauthorized',
      hint: expect.stringContaining('COMMUNE_SERVICE and COMMUNE_IDENTIFIER') as string,
    })
  })

  it('does not use the session of one account for another', async () => {
    await login()
    const other = ioWith({ COMMUNE_IDENTIFIER: 'somebody.else' })
    await expect(resolveConnection(other, {})).rejects.toMatchObject({ code: 'unauthorized' })
  })

  it('refuses what is no URL', async () => {
    const io = ioWith({ ...ENV, COMMUNE_SERVICE: 'pds.example.org' })
    await expect(resolveConnection(io, {})).rejects.toMatchObject({ code: 'usage' })
  })
})
