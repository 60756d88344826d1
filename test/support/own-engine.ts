import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { openSync, closeSync } from 'node:fs'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createDockerEngine } from '../../src/engine/docker.ts'
import type { Engine } from '../../src/ports/engine.ts'

export interface OwnEngineOptions {
  /** Settings of the engine, as in its daemon.json. */
  readonly settings?: object
  /** Root in its containers is nobody outside. */
  readonly userNamespaces?: boolean
}

/** An engine beside the one of the other tests, with settings of its own; gone when it is disposed of. */
export interface OwnEngine extends AsyncDisposable {
  readonly engine: Engine
  readonly dockerHost: string
}

const START_MS_MAX = 60_000
const STOP_MS_MAX = 30_000
const LOOK_MS = 50
/** A user whose ids are those of containers outside; the system’s own files stay as they are. */
const REMAP = 'communeremap'
const FIRST_ID = 231_072
const IDS = 65_536

/** Needs root. Fails with the end of the engine’s log when it does not start. */
export async function startOwnEngine(options: OwnEngineOptions = {}): Promise<OwnEngine> {
  const folder = await mkdtemp(join(tmpdir(), 'commune-engine-'))
  const dockerHost = `unix://${folder}/docker.sock`
  const child = await launch(folder, dockerHost, options)
  const engine = createDockerEngine({ dockerHost })
  try {
    await untilItAnswers(engine, child, folder)
  } catch (error) {
    await end(child, engine, folder)
    throw error
  }
  return { engine, dockerHost, [Symbol.asyncDispose]: () => end(child, engine, folder) }
}

async function launch(
  folder: string,
  dockerHost: string,
  { settings = {}, userNamespaces = false }: OwnEngineOptions,
): Promise<ChildProcess> {
  // Whoever a container is outside has to get to its files.
  await chmod(folder, 0o711)
  await writeFile(join(folder, 'daemon.json'), JSON.stringify(settings))
  if (userNamespaces) await writeAccounts(folder)
  const mounts = userNamespaces
    ? ACCOUNTS.map((name) => `mount --bind ${folder}/${name} /etc/${name} && `).join('')
    : ''
  const flags = [
    ...['--data-root', `${folder}/data`, '--exec-root', `${folder}/exec`],
    ...['--pidfile', `${folder}/pid`, '--host', dockerHost],
    ...['--config-file', `${folder}/daemon.json`, '--bridge', 'none'],
    ...['--iptables=false', '--ip6tables=false', '--ip-masq=false', '--userland-proxy=false'],
    ...(userNamespaces ? [`--userns-remap=${REMAP}`] : []),
  ]
  const script = `${mounts}exec setpriv --pdeathsig TERM dockerd ${flags.join(' ')}`
  const log = openSync(join(folder, 'log'), 'a')
  try {
    return spawn('unshare', ['--mount', '--propagation', 'slave', 'sh', '-c', script], {
      stdio: ['ignore', log, log],
    })
  } finally {
    closeSync(log)
  }
}

const ACCOUNTS = ['passwd', 'group', 'subuid', 'subgid'] as const

async function writeAccounts(folder: string): Promise<void> {
  const lines: Record<(typeof ACCOUNTS)[number], string> = {
    passwd: `${REMAP}:x:${FIRST_ID}:${FIRST_ID}::/:/bin/false\n`,
    group: `${REMAP}:x:${FIRST_ID}:\n`,
    subuid: `${REMAP}:${FIRST_ID}:${IDS}\n`,
    subgid: `${REMAP}:${FIRST_ID}:${IDS}\n`,
  }
  for (const name of ACCOUNTS) {
    const before = await readFile(`/etc/${name}`, 'utf8')
    await writeFile(join(folder, name), before + lines[name])
  }
}

async function untilItAnswers(engine: Engine, child: ChildProcess, folder: string): Promise<void> {
  const deadline = performance.now() + START_MS_MAX
  while (
    !(await engine.info(AbortSignal.timeout(START_MS_MAX)).then(
      () => true,
      () => false,
    ))
  ) {
    if (child.exitCode !== null || performance.now() > deadline) {
      const log = await readFile(join(folder, 'log'), 'utf8')
      throw new Error(
        `the engine does not start: ${log.trimEnd().split('\n').slice(-3).join('\n')}`,
      )
    }
    await delay(LOOK_MS)
  }
}

async function end(child: ChildProcess, engine: Engine, folder: string): Promise<void> {
  await engine.close()
  if (child.exitCode === null) {
    const ended = once(child, 'exit')
    child.kill()
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MS_MAX)
    await ended
    clearTimeout(timer)
  }
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
}
