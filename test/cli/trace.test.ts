import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Drivers } from '../../src/cli/drivers.ts'
import type { TraceStory } from '../../src/cli/trace-story.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { CommuneError } from '../../src/model/errors.ts'
import { LABEL } from '../../src/model/nsid.ts'
import type { Engine, EngineContainer } from '../../src/ports/engine.ts'
import { runCli, type CliResult } from './run-cli.ts'

let network: TestNetwork
let checkout: string
let commit: string

beforeAll(async () => {
  network = await startTestNetwork(['alice'])
  checkout = mkdtempSync(join(tmpdir(), 'commune-trace-'))
  git('init', '-q')
  git('remote', 'add', 'origin', 'git@example.org:alice/app.git')
  mkdirSync(join(checkout, 'workloads'))
  publish('1')
  commit = commitAs('Dave', 'Serve the first version')
  expect(await sync()).toMatchObject({ code: 0 })
}, 60_000)
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(checkout, { recursive: true, force: true })
})

function git(...args: string[]): string {
  return execFileSync('git', ['-C', checkout, ...args], { encoding: 'utf8' }).trim()
}

function publish(digit: string): void {
  const image = `registry.example/app:1@sha256:${digit.repeat(64)}`
  const text = `# The first line is a comment.\nkind: Workload\nname: hello\nimage: ${image}\n`
  writeFileSync(join(checkout, 'workloads/hello.yaml'), text)
}

function commitAs(author: string, subject: string): string {
  git('add', '.')
  const email = `${author.toLowerCase()}@example.org`
  git('-c', `user.name=${author}`, '-c', `user.email=${email}`, 'commit', '-qm', subject)
  return git('rev-parse', 'HEAD')
}

/** With an engine of one container, or of none, or a silent one. */
function commune(
  args: readonly string[],
  container?: Partial<EngineContainer>,
): Promise<CliResult> {
  const { handle, password } = network.account('alice')
  const engine: Partial<Engine> = {
    findContainer: async (name) =>
      name === container?.name ? (container as EngineContainer) : undefined,
    close: async () => {},
  }
  const drivers: Partial<Drivers> = { createDockerEngine: async () => engine as Engine }
  return runCli(args, {
    drivers,
    env: {
      COMMUNE_SERVICE: network.pdsUrl,
      COMMUNE_PLC_URL: network.plcUrl,
      COMMUNE_IDENTIFIER: handle,
      COMMUNE_PASSWORD: password,
      XDG_CONFIG_HOME: join(network.dir, 'config'),
    },
  })
}

const sync = () => commune(['sync', join(checkout, 'workloads')])

async function story(what: string, container?: Partial<EngineContainer>): Promise<TraceStory> {
  const args = ['trace', what, '--repo', join(checkout, 'workloads'), '-o', 'json']
  return JSON.parse((await commune(args, container)).out) as TraceStory
}

describe('commune trace', () => {
  it('leads from a workload to the commit, its author and the line', async () => {
    const text = await commune(['trace', 'hello', '--repo', checkout])
    expect(text).toMatchObject({ code: 0 })
    expect(text.out).toMatch(/^Workload +hello of alice\.test$/m)
    expect(text.out).toMatch(/^Repository +example\.org\/alice\/app$/m)
    expect(text.out).toMatch(new RegExp(`^Commit +${commit}$`, 'm'))
    expect(text.out).toMatch(/^File +workloads\/hello\.yaml:2$/m)
    expect(text.out).toMatch(/^Author +Dave <dave@example\.org>$/m)
    expect(text.out).toMatch(/^Changed +.* in that commit: Serve the first version$/m)
  })

  it('leads from a container by its labels, also when a newer record is published', async () => {
    const now = await story('hello')
    const listed = JSON.parse((await commune(['get', 'workloads', '-o', 'json'])).out) as [
      { specHash: string },
    ]
    const container = {
      id: 'c0ffee'.repeat(10),
      name: 'commune-hello-0',
      state: 'running' as const,
      labels: {
        [LABEL.meshletDid]: network.account('alice-mesh').did,
        [LABEL.workload]: now.uri,
        [LABEL.replica]: '0',
        [LABEL.spec]: listed[0].specHash,
        [LABEL.revision]: now.revision,
      },
    }
    expect((await story(container.name, container)).container).toMatchObject({
      version: 'this',
      owner: now.owner,
    })

    publish('2')
    commitAs('Erin', 'Serve the second version')
    await sync()
    const old = await story(container.name, container)
    expect(old.container?.version).toBe('earlier')
    expect(old.revision).not.toBe(now.revision)
    // What this container runs was Dave's, whatever came after it.
    expect(old.source?.revision).toBe(commit)
    expect(old.origin?.author).toContain('Dave')
    expect((await story('hello')).origin?.author).toContain('Erin')
  })

  it('says what it did not find, and where it looked', async () => {
    const unknown = await commune(['trace', 'nothing'])
    expect(unknown).toMatchObject({ code: 1, out: '' })
    expect(unknown.err).toContain('No container of this machine is called nothing')
    const foreign = await commune(['trace', 'postgres'], { name: 'postgres', labels: {} })
    expect(foreign.err).toContain('The container postgres was made by no meshlet')
    const elsewhere = await commune(['trace', 'hello', '--repo', tmpdir()])
    expect(elsewhere).toMatchObject({ code: 0 })
    expect(elsewhere.out).toMatch(/^Author unknown +.*in no git checkout/m)
  })

  it('does without an engine for what it knows by name', async () => {
    const { handle } = network.account('alice')
    const args = ['trace', 'hello', '--owner', handle, '-o', 'name']
    const env = { COMMUNE_SERVICE: network.pdsUrl, COMMUNE_PLC_URL: network.plcUrl }
    const silent = () => Promise.reject(new CommuneError('engine-unreachable', 'nobody answers'))
    const result = await runCli(args, { env, drivers: { createDockerEngine: silent } })
    expect(result).toMatchObject({ code: 0, out: 'hello\n' })
  })
})
