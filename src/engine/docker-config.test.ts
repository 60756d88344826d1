import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { findCredentials } from './docker-config.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-config-'))
})

afterEach(() => rm(folder, { recursive: true }))

const base64 = (text: string) => Buffer.from(text).toString('base64')
const configure = (config: unknown) =>
  writeFile(join(folder, 'config.json'), JSON.stringify(config))

async function helper(name: string, script: string): Promise<NodeJS.ProcessEnv> {
  const path = join(folder, `docker-credential-${name}`)
  await writeFile(path, `#!/bin/sh\n${script}\n`)
  await chmod(path, 0o755)
  return { PATH: `${folder}:${process.env['PATH']}` }
}

test('no file, no entry and an empty entry mean no credentials', async () => {
  expect(await findCredentials('ghcr.io', { folder })).toBeUndefined()
  await configure({ auths: { 'other.example': { auth: base64('a:b') }, 'ghcr.io': {} } })
  expect(await findCredentials('ghcr.io', { folder })).toBeUndefined()
})

test.each([
  ['ghcr.io', 'ghcr.io'],
  ['ghcr.io', 'https://ghcr.io'],
  ['docker.io', 'https://index.docker.io/v1/'],
  ['registry.example:5000', 'registry.example:5000'],
])('%s is found under %s', async (registry, key) => {
  await configure({ auths: { [key]: { auth: base64('user:pass:word') } } })
  expect(await findCredentials(registry, { folder })).toEqual({
    username: 'user',
    password: 'pass:word',
    serverAddress: key,
  })
})

test('a name and a password in the clear are found too', async () => {
  await configure({ auths: { 'a.example': { username: 'u', password: 'p' } } })
  expect(await findCredentials('a.example', { folder })).toMatchObject({
    username: 'u',
    password: 'p',
  })
})

test('a helper is asked by its protocol, that of the registry before that of all', async () => {
  await configure({ credsStore: 'all', credHelpers: { 'ghcr.io': 'one' } })
  await helper('all', 'echo "{\\"Username\\":\\"all\\",\\"Secret\\":\\"$(cat)\\"}"')
  const environment = await helper(
    'one',
    'test "$1" = get; echo "{\\"Username\\":\\"one\\",\\"Secret\\":\\"$(cat)\\"}"',
  )
  expect(await findCredentials('ghcr.io', { folder, environment })).toMatchObject({
    username: 'one',
    password: 'ghcr.io',
  })
  expect(await findCredentials('docker.io', { folder, environment })).toMatchObject({
    username: 'all',
    password: 'https://index.docker.io/v1/',
  })
})

test('a helper that knows nothing means no credentials', async () => {
  await configure({ credsStore: 'none' })
  const environment = await helper('none', 'echo credentials not found in native keychain; exit 1')
  expect(await findCredentials('ghcr.io', { folder, environment })).toBeUndefined()
})

test.each([
  ['fails', 'echo S3CRET; exit 3', 'io'],
  ['talks nonsense', 'echo S3CRET', 'io'],
  ['hangs', 'echo S3CRET; exec sleep 60', 'timeout'],
])('a helper that %s is an error without its output', async (_, script, code) => {
  await configure({ credsStore: 'bad' })
  const environment = await helper('bad', script)
  const error = await findCredentials('ghcr.io', {
    folder,
    environment,
    helperTimeoutMs: code === 'timeout' ? 100 : 10_000,
  }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code })
  expect(String(error)).not.toContain('S3CRET')
})

test('a helper that is missing or has an impossible name is an error', async () => {
  await configure({ credsStore: 'missing' })
  await expect(findCredentials('ghcr.io', { folder })).rejects.toMatchObject({ code: 'io' })
  await configure({ credsStore: '../../bin/sh' })
  await expect(findCredentials('ghcr.io', { folder })).rejects.toMatchObject({ code: 'io' })
})

test('a damaged file is an error that does not quote it', async () => {
  await writeFile(join(folder, 'config.json'), '{"auths": S3CRET')
  const error = await findCredentials('ghcr.io', { folder }).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'io' })
  expect(String(error)).not.toContain('S3CRET')
})
