import { execFile } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { HostFinding } from '../../src/meshlet/host-audit.ts'
import { dockerHarness, type EngineHarness } from '../contract/engine-harness.ts'

const MESHLET = fileURLToPath(new URL('../../src/bin/meshlet.ts', import.meta.url))
const run = promisify(execFile)

let harness: EngineHarness
let folder: string

beforeAll(async () => {
  harness = await dockerHarness()
  await harness.engine.pullImage(harness.image)
  folder = await mkdtemp(join(tmpdir(), 'commune-doctor-'))
  await writeFile(join(folder, 'heartbeat.key'), '"x"', { mode: 0o644 })
})
afterAll(async () => {
  await harness?.engine.removeImage(harness.image)
  await harness?.[Symbol.asyncDispose]()
  if (folder !== undefined) await rm(folder, { recursive: true })
})

async function doctor(...args: readonly string[]) {
  const settings = ['--owner=did:web:alice.example', `--state-dir=${folder}`]
  const done = run(process.execPath, [MESHLET, 'doctor', ...settings, ...args])
  return done.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stdout: string }) => ({ code: error.code, text: error.stdout }),
  )
}

it('finds a key that others can read, and a container’s limits in force', async () => {
  const key = join(folder, 'heartbeat.key')
  const first = await doctor()
  expect(first.text).toMatch(/^STATE +CHECK +FOUND\n/)
  expect(first.text).toMatch(/^problem +files +others may use .*heartbeat\.key \(mode 644\)$/m)
  expect(first.text).toContain(`  files: Run chmod go-rwx ${key}.`)
  expect(first.code).toBe(1)

  await chmod(key, 0o600)
  const { code, text } = await doctor('-o', 'json')
  const findings = JSON.parse(text) as HostFinding[]
  const stateOf = (check: string) => findings.find((one) => one.check === check)?.state
  expect(findings.find(({ check }) => check === 'engine')?.message).toMatch(/Docker|Podman/)
  expect(stateOf('limits')).toBe('ok')
  expect(stateOf('walls')).toBe('ok')
  expect(stateOf('files')).toBe('ok')
  expect(stateOf('settings')).toBe('ok')
  expect(code).toBe(findings.some(({ state }) => state === 'problem') ? 1 : 0)
  expect(await harness.engine.findContainer('commune-doctor')).toBeUndefined()
}, 60_000)
