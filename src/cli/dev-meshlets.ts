import { spawn, type ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Network } from '../dev/network.ts'
import { invariant } from '../model/errors.ts'
import type { CommandContext } from './command-spec.ts'
import type { Io } from './io.ts'
import { linkMeshlet } from './link-meshlet.ts'
import { removeContainersOf } from './remove-containers.ts'

/** What each machine of a trial network offers: small, since all share one computer. */
const OFFER = { cpu: '2', memory: '2Gi' } as const
/** Ending the whole network is to take no longer than what `docker stop` gives a container. */
const STOP_MS = 6_000

interface DevMeshlets extends CommandContext {
  /** Absolute path of a policy file for all of them. */
  readonly policy: string
  readonly network: Network
  readonly dir: string
  readonly owners: readonly string[]
}

/**
 * Links each owner with her meshlet and starts a process for each, which works for all of them. One
 * that ends is said and not started again. Disposing of the result ends them all and, since a trial
 * network is to leave nothing behind, removes what they run; their records bring it back.
 */
export async function startDevMeshlets(options: DevMeshlets): Promise<AsyncDisposable> {
  const { io, network, owners } = options
  const children: ChildProcess[] = []
  // A second Ctrl-C ends this process at once, and its children must not stay.
  const onExit = () => children.forEach((child) => child.kill('SIGKILL'))
  process.once('exit', onExit)
  const stop = async () => {
    await stopAll(children)
    process.off('exit', onExit)
    if (children.length === 0) return
    const dids = owners.map((name) => accountOf(options, `${name}-mesh`).did)
    await removeContainersOf(options, dids)
  }
  try {
    for (const name of owners) {
      await link(options, name)
      children.push(start(options, name))
    }
    io.note(`Started ${children.length} meshlets for ${network.pdsUrl}\n`)
    return { [Symbol.asyncDispose]: stop }
  } catch (error) {
    await stop()
    throw error
  }
}

function accountOf({ network }: DevMeshlets, name: string): Network['accounts'][number] {
  const account = network.accounts.find((candidate) => candidate.name === name)
  invariant(account !== undefined, `the network has no account ${name}`)
  return account
}

/** The owner's half of the link; the machine writes its own. */
async function link(options: DevMeshlets, name: string): Promise<void> {
  const { io, drivers, network } = options
  const owner = accountOf(options, name)
  const meshlet = accountOf(options, `${name}-mesh`)
  await using session = await drivers.openSession({
    service: network.pdsUrl,
    identifier: owner.did,
    password: owner.password,
    plcUrl: network.plcUrl,
  })
  const when = { now: io.clock.wallMs(), signal: io.signal }
  await linkMeshlet(session, { name: meshlet.name, did: meshlet.did, ...when })
}

function start(options: DevMeshlets, name: string): ChildProcess {
  const { io, network, owners, dir, policy } = options
  const owner = accountOf(options, name)
  const meshlet = accountOf(options, `${name}-mesh`)
  const others = owners
    .filter((other) => other !== name)
    .map((other) => accountOf(options, other).did)
  const child = spawn(
    process.execPath,
    [
      programPath(),
      `--did=${meshlet.did}`,
      `--owner=${owner.did}`,
      `--cluster-members=${others.join(',')}`,
      `--service=${network.pdsUrl}`,
      `--identifier=${meshlet.did}`,
      `--plc-url=${network.plcUrl}`,
      `--state-dir=${join(dir, 'meshlets', meshlet.name)}`,
      '--listen=127.0.0.1:0',
      '--log-format=text',
      `--cpu=${OFFER.cpu}`,
      `--memory=${OFFER.memory}`,
      `--policy=${policy}`,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...io.env, MESHLET_PASSWORD: meshlet.password },
    },
  )
  forward(io, meshlet.name, child)
  return child
}

/** The program beside this one, in its sources and after a build alike. */
function programPath(): string {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js'
  return fileURLToPath(new URL(`../bin/meshlet.${ending}`, import.meta.url))
}

function forward(io: Io, name: string, child: ChildProcess): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', (line) => {
      // That its containers stay, as a meshlet says at its end, is not so here.
      if (!io.signal.aborted) io.note(`${name} | ${line}\n`)
    })
  }
  child.on('error', (error) => io.note(`${name} | can't be started: ${error.message}\n`))
  child.on('exit', (code, signal) => {
    if (!io.signal.aborted) io.note(`${name} | ended (${signal ?? `code ${code}`})\n`)
  })
}

async function stopAll(children: readonly ChildProcess[]): Promise<void> {
  await Promise.all(children.map(stopOne))
}

/** Asks first, and insists when that takes too long. */
function stopOne(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
    return Promise.resolve()
  }
  return new Promise((done) => {
    const insist = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
    child.once('exit', () => {
      clearTimeout(insist)
      done()
    })
    child.kill('SIGTERM')
  })
}
