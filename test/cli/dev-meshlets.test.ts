import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startRegistry, type LocalRegistry } from '../../src/dev/registry.ts'
import { buildImage } from '../../src/dev/stand-in.ts'
import { createDockerEngine } from '../../src/engine/docker.ts'
import type { Engine } from '../../src/ports/engine.ts'
import { runCli } from './run-cli.ts'
import { Program } from './real-program.ts'

let folder: string
let registry: LocalRegistry
let engine: Engine
const running: Program[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'commune-dev-meshlets-'))
  registry = await startRegistry()
  const image = await buildImage({ entrypoint: ['/bin/sleep', '3600'] })
  registry.add('app', image, '1')
  engine = createDockerEngine({ dockerHost: process.env['DOCKER_HOST'] })
})
afterAll(async () => {
  for (const program of running) await program.end('SIGTERM')
  await engine.close()
  await registry[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

interface Ready {
  readonly pdsUrl: string
  readonly plcUrl: string
  readonly accounts: readonly { name: string; did: string; handle: string; password: string }[]
}

async function startDev(): Promise<{ program: Program; ready: Ready; meshletUrl: string }> {
  const data = join(folder, 'data')
  const policy = join(folder, 'policy.yaml')
  writeFileSync(policy, 'kind: Policy\nrules:\n  - for: own\n    exec: true\n')
  const args = ['--data', data, '--members', 'alice', '--meshlets', '--policy', policy]
  const program = new Program(['dev', '--json', ...args])
  running.push(program)
  const [line] = await program.sees(/^\{.*\}$/m)
  const [, meshletUrl = ''] = await program.sees(/alice-mesh \| meshlet .* listens on (\S+)/)
  return { program, ready: JSON.parse(line) as Ready, meshletUrl }
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`Waited in vain: ${what}`)
    await pause(100)
  }
}

function accepts(url: string): Promise<boolean> {
  return fetch(url).then(
    async (response) => {
      await response.body?.cancel()
      return true
    },
    () => false,
  )
}

it('leaves no process, port, container or network behind, and finds its work again', async () => {
  const first = await startDev()
  const [alice, machine] = first.ready.accounts
  const did = machine?.did ?? ''
  const runs = async () =>
    (await engine.listContainers(did)).some(({ state }) => state === 'running')
  writeFileSync(
    join(folder, 'hello.yaml'),
    `kind: Workload\nname: hello\nuser: "65532"\nimage: ${registry.host}/app:1\n` +
      'resources: { cpu: 20m, memory: 16Mi }\n',
  )
  const env = {
    COMMUNE_SERVICE: first.ready.pdsUrl,
    COMMUNE_PLC_URL: first.ready.plcUrl,
    COMMUNE_IDENTIFIER: alice?.handle ?? '',
    COMMUNE_PASSWORD: alice?.password ?? '',
    XDG_CONFIG_HOME: folder,
  }
  const synced = await runCli(['sync', join(folder, 'hello.yaml'), '--set', 'test'], {
    env,
  })
  expect(synced).toMatchObject({ code: 0 })
  await until('hello runs', runs)
  // As the policy says that these meshlets were given.
  await until('it is told where hello runs', async () => {
    return (await runCli(['top', 'hello'], { env })).out.includes('hello')
  })
  await new Program(['exec', 'hello', '--', 'sleep', '0'], env).ends(0)

  expect(await first.program.end('SIGTERM')).toBe(0)
  await first.program.sees(/Removed 1 container and 1 network of the meshlets/)
  await expectNothing(first.meshletUrl, first.ready)

  const second = await startDev()
  expect(second.ready).toEqual(first.ready)
  await until('hello runs again', runs)
  expect(await second.program.end('SIGINT')).toBe(0)
  await expectNothing(second.meshletUrl, second.ready)

  async function expectNothing(meshletUrl: string, { pdsUrl, plcUrl }: Ready): Promise<void> {
    for (const url of [meshletUrl, pdsUrl, plcUrl]) expect(await accepts(url)).toBe(false)
    expect(await engine.listContainers(did)).toEqual([])
    expect(await engine.listNetworks(did)).toEqual([])
  }
})
