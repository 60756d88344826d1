import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { runCli, type CliResult } from './run-cli.ts'

const OWNERS = ['alice', 'bobby', 'carol', 'dave', 'erin', 'frank', 'grace'] as const

let network: TestNetwork
let folder: string
let owners = 0
let commune: (...args: readonly string[]) => Promise<CliResult>

beforeAll(async () => {
  network = await startTestNetwork(OWNERS)
})
afterAll(() => network[Symbol.asyncDispose]())

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'commune-rollout-'))
  const { handle, password } = network.account(OWNERS[owners++] ?? '')
  const env = {
    COMMUNE_SERVICE: network.pdsUrl,
    COMMUNE_PLC_URL: network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    XDG_CONFIG_HOME: join(network.dir, 'config'),
  }
  commune = (...args) => runCli(args, { env })
  return () => rmSync(folder, { recursive: true, force: true })
})

function write(version: number, more = ''): void {
  const digest = String(version).repeat(64)
  const image = `registry.example/web:${version}@sha256:${digest}`
  writeFileSync(
    join(folder, 'web.yaml'),
    `kind: Workload\nname: web\nimage: ${image}\nreplicas: 0\n${more}`,
  )
}

async function sync(...flags: readonly string[]): Promise<CliResult> {
  return commune('sync', folder, '--set', 'test', ...flags)
}

async function recordOfWeb() {
  const { out } = await commune('get', 'workloads', 'web', '-o', 'json')
  return (JSON.parse(out) as readonly [{ readonly record: Record<string, unknown> }])[0].record
}

async function publishTwo(): Promise<void> {
  write(1)
  expect((await sync()).code).toBe(0)
  write(2)
  expect((await sync()).code).toBe(0)
}

it('undoes from the record alone, and back again only by the files', async () => {
  await publishTwo()
  const dry = await commune('rollout', 'undo', 'web', '--dry-run')
  expect(dry).toMatchObject({ code: 0 })
  expect(dry.out).toBe('web: revision 2 (web:2) would be undone; then revision 3 (web:1)\n')
  expect((await recordOfWeb())['image']).toContain('web:2')
  const undone = await commune('rollout', 'undo', 'web')
  expect(undone).toMatchObject({ code: 0 })
  expect(undone.out).toBe('web: revision 2 (web:2) undone; now revision 3 (web:1)\n')
  expect(undone.err).toContain('sync --redo')
  expect((await recordOfWeb())['image']).toContain('web:1')
  const again = await commune('rollout', 'undo', 'web')
  expect(again).toMatchObject({ code: 1 })
  expect(again.err).toContain('There is nothing to undo')
})

it('does not publish again what was undone, and says so every time', async () => {
  await publishTwo()
  await commune('rollout', 'undo', 'web')
  for (const result of [await sync(), await sync()]) {
    expect(result.code).toBe(1)
    expect(result.out).toContain('held back: its owner undid it by hand')
    expect(result.out).toContain('--redo')
  }
  expect((await commune('diff', folder, '--set', 'test')).code).toBe(1)
  expect((await recordOfWeb())['image']).toContain('web:1')
})

it('publishes it again when told, and what is new without being told', async () => {
  await publishTwo()
  await commune('rollout', 'undo', 'web')
  expect((await sync('--redo')).code).toBe(0)
  expect((await recordOfWeb())['image']).toContain('web:2')
  expect((await sync()).out).toContain('Nothing to do')
  await commune('rollout', 'undo', 'web')
  write(3)
  const fixed = await sync()
  expect(fixed.code).toBe(0)
  expect((await recordOfWeb())['image']).toContain('web:3')
  expect((await recordOfWeb())['rollout']).not.toHaveProperty('undone')
})

it('takes the files back to what was good without a word', async () => {
  await publishTwo()
  await commune('rollout', 'undo', 'web')
  write(1)
  expect((await sync()).out).toContain('Nothing to do')
})

it('tells the history, the newest first', async () => {
  await publishTwo()
  await commune('rollout', 'undo', 'web')
  const { out, code } = await commune('rollout', 'history', 'web', '-o', 'json')
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject([
    { number: 3, undoes: 2, image: expect.stringContaining('web:1') as string },
    { number: 2, result: 'replaced, undone by hand' },
    { number: 1, result: 'replaced' },
  ])
  const table = await commune('rollout', 'history', 'web')
  expect(table.out.split('\n')[0]).toMatch(/^REVISION +AGE +IMAGE +COMMIT +WHAT BECAME OF IT$/i)
})

it('holds a roll-out over a sync, and lets it go on', async () => {
  await publishTwo()
  expect((await commune('rollout', 'pause', 'web')).out).toContain('is paused')
  expect((await commune('rollout', 'pause', 'web')).out).toContain('was paused already')
  write(3, 'priority: 3\n')
  await sync()
  expect(await recordOfWeb()).toMatchObject({ priority: 3, rollout: { paused: true } })
  const status = await commune('rollout', 'status', 'web')
  expect(status.out).toContain('revision 3 (web:3)')
  expect(status.out).toContain('commune rollout resume web')
  expect((await commune('rollout', 'resume', 'web')).out).toContain('goes on')
  expect((await recordOfWeb())['rollout']).not.toHaveProperty('paused')
})

it('names what is not there', async () => {
  for (const what of ['status', 'history', 'undo', 'pause', 'resume']) {
    const { code, err } = await commune('rollout', what, 'nothing')
    expect([what, code]).toEqual([what, 1])
    expect(err).toContain('There is no workload "nothing"')
  }
})
