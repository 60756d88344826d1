import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { accountEnv, runCli, type CliResult } from './run-cli.ts'

let network: TestNetwork
let registry: LocalRegistry
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  registry = await startRegistry()
  folder = mkdtempSync(join(tmpdir(), 'commune-registry-'))
})
afterAll(async () => {
  await registry[Symbol.asyncDispose]()
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function commune(...args: string[]): Promise<CliResult> {
  return runCli(args, {
    env: accountEnv(network, 'alice', folder),
  })
}

function write(tag: string, more = ''): void {
  const text = `kind: Workload\nname: hello\nimage: ${registry.host}/hello:${tag}\n${more}`
  writeFileSync(join(folder, 'hello.yaml'), text)
}

async function publishedImage(): Promise<string> {
  const { out } = await commune('get', 'workloads', '-o', 'json')
  return (JSON.parse(out) as { record: { image: string } }[])[0]?.record.image ?? ''
}

it('pins a tag to the digest that the registry serves, and keeps it until asked otherwise', async () => {
  const first = registry.add('hello', await buildImage({ files: { '/one': '1' } }), '1')
  write('1')
  expect(await commune('sync', folder, '--set', 'test')).toMatchObject({ code: 0 })
  expect(await publishedImage()).toBe(`${registry.host}/hello:1@${digestOf(first)}`)

  const second = registry.add('hello', await buildImage({ files: { '/two': '2' } }), '1')
  const asked = registry.requests.length
  expect(await commune('diff', folder, '--set', 'test')).toMatchObject({ code: 0 })
  expect(registry.requests).toHaveLength(asked)

  const preview = await commune('sync', folder, '--set', 'test', '--update-images', '--dry-run')
  expect(preview).toMatchObject({ code: 0 })
  expect(preview.out).toContain('1 to change')
  expect(preview.out).toMatch(/image: .*→/s)
  expect(await publishedImage()).toBe(`${registry.host}/hello:1@${digestOf(first)}`)
  expect(await commune('sync', folder, '--set', 'test', '--update-images')).toMatchObject({
    code: 0,
  })
  expect(await publishedImage()).toBe(`${registry.host}/hello:1@${digestOf(second)}`)

  const third = registry.add('hello', await buildImage({ files: { '/three': '3' } }), '1')
  write('1', 'imagePolicy: follow\n')
  expect(await commune('sync', folder, '--set', 'test')).toMatchObject({ code: 0 })
  expect(await publishedImage()).toBe(`${registry.host}/hello:1@${digestOf(third)}`)
})

it('names file and line of a tag that is not there, and asks nobody with --offline', async () => {
  write('missing')
  const result = await commune('sync', folder, '--set', 'test')
  expect(result.code).toBe(2)
  expect(result.out).toContain('hello.yaml:1')
  expect(result.out).toContain('missing')

  const asked = registry.requests.length
  expect(await commune('sync', folder, '--set', 'test', '--offline')).toMatchObject({ code: 2 })
  expect(registry.requests).toHaveLength(asked)
  const both = await commune('diff', folder, '--offline', '--update-images')
  expect(both).toMatchObject({ code: 2 })
  expect(both.err).toContain('--offline and --update-images')
})

function digestOf(reference: string): string {
  return reference.slice(reference.indexOf('@') + 1)
}
