import { execFile } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import { GitOrigin } from './git-origin.ts'
import { startMachines, type Machines } from './machines.ts'
import { PROGRAM } from './real-program.ts'

// A busy computer is no failure: what is waited for are conditions.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 90_000 })

const EXAMPLES = fileURLToPath(new URL('../../examples/ci/', import.meta.url))
const RUN = ['/bin/sh', '-c', 'while true; do sleep 1; done']

let machines: Machines
let base: string
let origin: GitOrigin

beforeAll(async () => {
  machines = await startMachines()
  base = mkdtempSync(join(tmpdir(), 'commune-push-'))
  origin = new GitOrigin(base)
  installHook()
})
afterAll(async () => {
  await machines[Symbol.asyncDispose]()
  rmSync(base, { recursive: true, force: true })
})

/** The very files of the examples, on a bare repository. */
function installHook(): void {
  const hooks = join(origin.url, 'hooks')
  for (const file of ['post-receive', 'commune-ci.sh']) {
    copyFileSync(join(EXAMPLES, file), join(hooks, file))
    chmodSync(join(hooks, file), 0o755)
  }
  const program = join(base, 'commune')
  writeFileSync(program, `#!/bin/sh\nexec "${process.execPath}" "${PROGRAM}" "$@"\n`)
  chmodSync(program, 0o755)
  const lines = Object.entries(environment()).map(([name, value]) => `export ${name}='${value}'\n`)
  writeFileSync(join(hooks, 'commune.env'), lines.join(''), { mode: 0o600 })
}

/** All that the script is given: no terminal, no login. */
function environment(): Record<string, string> {
  const { handle, password } = machines.network.account('alice')
  return {
    COMMUNE: join(base, 'commune'),
    COMMUNE_SERVICE: machines.network.pdsUrl,
    COMMUNE_PLC_URL: machines.network.plcUrl,
    COMMUNE_IDENTIFIER: handle,
    COMMUNE_PASSWORD: password,
    COMMUNE_TIMEOUT: '2m',
    HOME: base,
  }
}

/** Pushes while this process goes on, which is where the network and the machines are. */
function push(message: string, command: readonly string[]): Promise<string> {
  const workload = {
    kind: 'Workload',
    name: 'pushed',
    image: machines.image,
    user: '65532:65532',
    replicas: 2,
    command,
    resources: { cpu: '20m', memory: '16Mi' },
    stopGracePeriod: '1s',
    restart: { policy: 'always', backoff: { initial: '100ms', max: '200ms' } },
    update: { healthyAfter: '2s', deadline: '30s', onFailure: 'rollback' },
  }
  // JSON is YAML.
  origin.write('workloads/pushed.yaml', JSON.stringify(workload, null, 2))
  origin.git('add', '--all')
  origin.git('commit', '--quiet', '-m', message)
  return new Promise((resolve, reject) => {
    const args = ['-C', origin.copy, 'push', 'origin', 'HEAD:main']
    execFile('git', args, { env: { PATH: process.env['PATH'], HOME: base } }, (error, _, said) => {
      if (error === null) resolve(said)
      else reject(error)
    })
  })
}

it('git push leads to healthy containers, and a bad commit back to them with exit code 4', async () => {
  const good = await push('Run it', RUN)
  expect(good).toMatch(/remote: ok +pushed: 2\/2 running/)
  expect(good).toContain('commune sync ended with exit code 0.')
  const running = await machines.containers('pushed')
  expect(running.map(({ state }) => state)).toEqual(['running', 'running'])
  const commit = origin.git('rev-parse', 'HEAD')
  const listed = await machines.run('alice', ['get', 'workloads', 'pushed', '-o', 'json'])
  expect(JSON.parse(listed.out)).toMatchObject([
    { record: { source: { revision: commit, path: 'pushed.yaml', dirty: false } } },
  ])

  const bad = await push('Break it', ['/bin/sh', '-c', 'echo "no configuration"; exit 7'])
  expect(bad).toMatch(/remote: fail pushed: /)
  expect(bad).toContain('commune sync ended with exit code 4.')
  await vi.waitFor(
    async () => {
      const after = (await machines.containers('pushed')).filter(({ state }) => state === 'running')
      const specs = new Set(after.map(({ labels }) => labels[LABEL.spec]))
      expect(after).toHaveLength(2)
      expect(specs).toEqual(new Set(running.map(({ labels }) => labels[LABEL.spec])))
    },
    { timeout: 60_000, interval: 200 },
  )
})

function check(folder: string, more: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env['PATH'], ...environment(), ...more }
  const args = [join(EXAMPLES, 'commune-ci.sh'), 'check', folder]
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile('sh', args, { env, cwd: base }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code), out, err })
    })
  })
}

it('a change is checked, and what it would do is a summary', async () => {
  const folder = join(base, 'change')
  const proposed = { image: machines.image, kind: 'Workload', name: 'proposed', replicas: 1 }
  mkdirSync(folder)
  writeFileSync(join(folder, 'proposed.yaml'), JSON.stringify(proposed))
  const summary = join(base, 'summary.md')
  const good = await check(folder, { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary })
  expect(good).toMatchObject({ code: 0 })
  expect(good.out).toContain('1 to create')
  expect(readFileSync(summary, 'utf8')).toMatch(/^### commune\n\n````diff\n\+ proposed/)

  writeFileSync(join(folder, 'proposed.yaml'), JSON.stringify({ ...proposed, replicas: 'many' }))
  const bad = await check(folder, { GITHUB_ACTIONS: 'true', COMMUNE_PASSWORD: '' })
  expect(bad).toMatchObject({ code: 2 })
  expect(bad.err).toMatch(/^::error file=.*proposed\.yaml,line=1,/m)
  expect(readFileSync(join(base, 'commune-reports/junit.xml'), 'utf8')).toContain('failures="1"')
})
