import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createDockerEngine } from '../../src/engine/docker.ts'

const run = promisify(execFile)
const script = join(import.meta.dirname, '../../scripts/engine.sh')

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'commune-engine-script-'))
})

afterEach(async () => {
  await engine('stop')
  await rm(folder, { recursive: true })
})

const engine = (command: string, environment: NodeJS.ProcessEnv = { COMMUNE_ENGINE_OWN: '1' }) =>
  run('sh', [script, command, folder], { env: { PATH: process.env['PATH'], ...environment } })

test('two starts at once start one engine, and stop leaves nothing', async () => {
  const [first, second] = await Promise.all([engine('start'), engine('start')])
  expect(first.stdout).toMatch(
    /^DOCKER_HOST=unix:\/\/\/run\/commune-engine-[0-9a-f]{12}\/docker\.sock\n$/,
  )
  expect(second.stdout).toBe(first.stdout)
  expect(
    [first.stderr, second.stderr].filter((said) => said.includes('starting dockerd')),
  ).toHaveLength(1)
  expect((await engine('status')).stdout).toBe(first.stdout)

  const dockerHost = first.stdout.trim().slice('DOCKER_HOST='.length)
  const docker = createDockerEngine({ dockerHost })
  expect((await docker.info()).name).toBe('Docker')
  const pid = (await readFile(join(folder, 'dockerd.pid'), 'utf8')).trim()
  await docker.close()

  await engine('stop')
  expect(existsSync(`/proc/${pid}`)).toBe(false)
  expect(existsSync(dockerHost.slice('unix://'.length))).toBe(false)
  expect(await readFile('/proc/self/mounts', 'utf8')).not.toContain(folder)
  await expect(engine('status')).rejects.toMatchObject({ code: 1 })
})

test('an engine that answers is used as it is, and not stopped', async () => {
  const environment = { DOCKER_HOST: process.env['DOCKER_HOST'] ?? 'unix:///var/run/docker.sock' }
  const started = await engine('start', environment)
  expect(started.stdout).toBe(`DOCKER_HOST=${environment.DOCKER_HOST}\n`)
  expect(started.stderr).toContain('using the engine at')
  await engine('stop', environment)
  expect((await engine('status', environment)).stdout).toBe(started.stdout)
})

test('words that it does not know are answered by how it is used', async () => {
  await expect(engine('restart')).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('start'),
  })
})
