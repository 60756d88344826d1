import { execFile } from 'node:child_process'
import { access, readdir, stat, statfs } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { createDockerEngine } from '../engine/docker.ts'
import { createWalls } from '../firewall/read-walls.ts'
import { parseDockerHost } from '../engine/endpoint.ts'
import type { FileFact, HostFacts } from '../meshlet/host-audit.ts'
import type { MeshletSettings } from '../meshlet/flags.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Engine, WallReport } from '../ports/engine.ts'
import { tryLimits } from './limit-trial.ts'
import { openEngines } from './open-engines.ts'
import { readPolicyFile } from './policy-source.ts'

export interface HostFactsInput {
  /** As far as they could be read. */
  readonly settings: Partial<MeshletSettings>
  readonly settingsProblem?: string
  readonly stateDir: string | undefined
  readonly configFile: string | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
}

const run = promisify(execFile)
const ASK_MS_MAX = 10_000
const FILES_MAX = 200

/** Looks at this machine. What can't be found out is left out, never an error. */
export async function gatherHostFacts(input: HostFactsInput): Promise<HostFacts> {
  const { settings, settingsProblem, environment } = input
  const dockerHost = settings.dockerHost ?? environment['DOCKER_HOST']
  const { found, ...tried } = await askEngine(dockerHost, environment)
  const dataFolder = 'problem' in found ? undefined : found.host?.dataFolder
  const disks = await Promise.all([
    freeAt('the state folder', input.stateDir ?? process.cwd()),
    dataFolder === undefined ? [] : freeAt('the engine', dataFolder),
  ])
  return {
    ...(settingsProblem === undefined ? {} : { settingsProblem }),
    engine: found,
    reach: await reachOf(dockerHost, environment),
    ...tried,
    policyWantsGvisor: await wantsGvisor(settings.policy),
    openEngines: await openEngines(),
    firewall: await createWalls().state(),
    listens: listensOf(settings),
    files: await filesOf(input),
    clock: { ...(await keeperOfClock()), ...(await offsetFrom(settings.service)) },
    disks: disks.flat(),
  }
}

async function askEngine(
  dockerHost: string | undefined,
  environment: HostFactsInput['environment'],
): Promise<Pick<HostFacts, 'limits' | 'gvisorLimits' | 'walls'> & { found: HostFacts['engine'] }> {
  let engine: Engine | undefined
  try {
    engine = createDockerEngine({ dockerHost, environment })
    const found = await engine.info(AbortSignal.timeout(ASK_MS_MAX))
    const place = { dockerHost, environment }
    const limits = await tryLimits(engine, place)
    const gvisor =
      found.gvisor === undefined
        ? {}
        : { gvisorLimits: await tryLimits(engine, place, found.gvisor.runtime) }
    return { found, limits, ...gvisor, walls: await tryWalls(engine) }
  } catch (error) {
    const hint = error instanceof CommuneError ? error.hint : undefined
    const found = { problem: messageOf(error), ...(hint === undefined ? {} : { hint }) }
    const why = 'no engine answers'
    return { found, limits: { kind: 'untried', why }, walls: { kind: 'unproven', why } }
  } finally {
    await engine?.close()
  }
}

/** As the meshlet does, under another name than any meshlet's. */
async function tryWalls(engine: Engine): Promise<WallReport> {
  const trial = { meshletDid: 'doctor', egress: 'none', ownPorts: [] } as const
  try {
    return await engine.tryWalls(trial)
  } catch (error) {
    return { kind: 'unproven', why: messageOf(error) }
  }
}

async function reachOf(
  dockerHost: string | undefined,
  environment: HostFactsInput['environment'],
): Promise<HostFacts['reach']> {
  try {
    const { options, address } = parseDockerHost(dockerHost, environment)
    if (options.socketPath === undefined)
      return { kind: 'network', address, isEncrypted: options.protocol === 'https' }
    const mode = await modeOf(address)
    return { kind: 'socket', path: address, ...(mode === undefined ? {} : { mode }) }
  } catch {
    return { kind: 'socket', path: String(dockerHost) }
  }
}

/** Of a policy that can’t be read nothing is known. */
async function wantsGvisor(file: string | undefined): Promise<boolean> {
  if (file === undefined) return false
  const policy = await readPolicyFile(file).catch(() => undefined)
  return policy?.rules.some(({ terms }) => terms.runtime === 'gvisor') ?? false
}

function listensOf(settings: Partial<MeshletSettings>): HostFacts['listens'] {
  const { listenHost, listenPort, metrics } = settings
  return [
    ...(listenHost === undefined || listenPort === undefined
      ? []
      : [{ what: 'calls of others', host: listenHost, port: listenPort }]),
    ...(metrics === undefined ? [] : [{ what: 'metrics', ...metrics }]),
  ]
}

/** The state folder with what is in it, and the files that decide what runs. */
async function filesOf({ settings, stateDir, configFile }: HostFactsInput): Promise<FileFact[]> {
  const inside = stateDir === undefined ? [] : await readdir(stateDir).catch(() => [])
  const secret = stateDir === undefined ? [] : [stateDir]
  // What is in a folder that nobody else may enter is closed; keys are looked at all the same.
  const keys = inside.filter((name) => /\.(?:key|json)$/.test(name)).toSorted()
  secret.push(...keys.slice(0, FILES_MAX).map((name) => path.join(String(stateDir), name)))
  const shared = [configFile, settings.policy].filter((file) => file !== undefined)
  const facts = [
    ...secret.map((file) => ({ path: file, isSecret: true })),
    ...shared.map((file) => ({ path: file, isSecret: false })),
  ]
  const found = await Promise.all(
    facts.map(async (fact) => {
      const mode = await modeOf(fact.path)
      return mode === undefined ? [] : [{ ...fact, mode }]
    }),
  )
  return found.flat()
}

async function modeOf(file: string): Promise<number | undefined> {
  return stat(file).then(
    ({ mode }) => mode & 0o777,
    () => undefined,
  )
}

/** Files by which the usual programs show that they are at work. */
const CLOCK_KEEPERS = [
  ['systemd-timesyncd', '/run/systemd/timesync/synchronized'],
  ['chrony', '/run/chrony/chronyd.pid'],
  ['ntpd', '/run/ntpd.pid'],
] as const

async function keeperOfClock(): Promise<{ keptBy?: string }> {
  for (const [keptBy, file] of CLOCK_KEEPERS) {
    const isThere = await access(file).then(
      () => true,
      () => false,
    )
    if (isThere) return { keptBy }
  }
  const asked = ['show', '--property=NTPSynchronized', '--value']
  const said = await run('timedatectl', asked, { timeout: ASK_MS_MAX }).catch(() => undefined)
  return said?.stdout.trim() === 'yes' ? { keptBy: 'the system, says timedatectl' } : {}
}

/** By the `Date` of an answer, which has whole seconds. */
async function offsetFrom(service: string | undefined): Promise<{ offsetMs?: number }> {
  if (service === undefined) return {}
  try {
    const sentMs = Date.now()
    const signal = AbortSignal.timeout(ASK_MS_MAX)
    const response = await fetch(`${service}/xrpc/_health`, { signal })
    const theirsMs = Date.parse(response.headers.get('date') ?? '') + 500
    await response.body?.cancel()
    const offsetMs = Math.round((sentMs + Date.now()) / 2 - theirsMs)
    return Number.isNaN(offsetMs) ? {} : { offsetMs }
  } catch {
    // Whether the PDS answers is `commune doctor`'s business.
    return {}
  }
}

/** Of a folder that is not there yet, its parent's. */
async function freeAt(what: string, folder: string): Promise<HostFacts['disks']> {
  const place = path.resolve(folder)
  try {
    const { bavail, bsize, ffree, files } = await statfs(place)
    const counted = files > 0 ? { files: { free: ffree, all: files } } : {}
    return [{ what, path: place, freeBytes: bavail * bsize, ...counted }]
  } catch {
    return place === path.dirname(place) ? [] : freeAt(what, path.dirname(place))
  }
}
