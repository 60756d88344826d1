import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { accountEnv, runCli, type CliResult } from './run-cli.ts'

let network: TestNetwork
let folder: string

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  folder = mkdtempSync(join(tmpdir(), 'commune-suspended-'))
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

function commune(...args: string[]): Promise<CliResult> {
  return runCli(args, {
    env: accountEnv(network, 'alice', folder),
  })
}

function write(replicas: number): void {
  const image = `registry.example/app:1@sha256:${'1'.repeat(64)}`
  const text = `kind: Workload\nname: hello\nimage: ${image}\nreplicas: ${replicas}\n`
  writeFileSync(join(folder, 'hello.yaml'), text)
}

async function replicas(): Promise<number | undefined> {
  const { out } = await commune('get', 'workloads', '-o', 'json')
  return (JSON.parse(out) as { record: { replicas: number } }[])[0]?.record.replicas
}

it('is published by no sync until it is resumed, and says why', async () => {
  write(1)
  expect(await commune('sync', folder, '--set', 'home')).toMatchObject({ code: 0 })
  const wrong = await commune('set', 'suspend', 'hone')
  expect(wrong).toMatchObject({ code: 1 })
  expect(wrong.err).toContain('Did you mean home?')
  expect(await commune('set', 'suspend', 'home', '--reason', 'moving')).toMatchObject({ code: 0 })
  expect((await commune('set', 'list')).out).toMatch(/home +1 +suspended +moving/)

  write(2)
  const refused = await commune('sync', folder, '--set', 'home')
  expect(refused.code).toBe(1)
  expect(refused.err).toContain('The set "home" is suspended')
  expect(refused.err).toContain('moving')
  expect(refused.err).toContain('commune set resume home')
  expect(await replicas()).toBe(1)

  const diff = await commune('diff', folder, '--set', 'home')
  expect(diff.code).toBe(1)
  expect(diff.out).toContain('replicas: 1 → 2')
  expect(diff.err).toContain('suspended')
  expect(await commune('sync', folder, '--set', 'home', '--dry-run')).toMatchObject({ code: 0 })

  expect(await commune('set', 'resume', 'home')).toMatchObject({ code: 0, out: 'resumed home\n' })
  expect(await commune('set', 'resume', 'home')).toMatchObject({ code: 0 })
  expect(await commune('sync', folder, '--set', 'home')).toMatchObject({ code: 0 })
  expect(await replicas()).toBe(2)
})
