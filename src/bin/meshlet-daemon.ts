import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { openSync, closeSync } from 'node:fs'
import { statfs } from 'node:fs/promises'
import path from 'node:path'
import { createFeed } from '../atproto/feed.ts'
import type { RunningFeed } from '../atproto/feed-core.ts'
import { makePrivateFolder } from '../atproto/private-file.ts'
import { keepBudget } from '../atproto/kept-budget.ts'
import { createIdentity } from '../atproto/identity.ts'
import { publicOrigin } from '../atproto/public-origin.ts'
import { openSession } from '../atproto/session.ts'
import { systemClock } from '../cli/system-clock.ts'
import { lockFolder } from '../dev/folder-lock.ts'
import { createDockerEngine } from '../engine/docker.ts'
import { createRegistries } from '../engine/registries.ts'
import { createWalls } from '../firewall/read-walls.ts'
import { createMeshletApi } from '../meshlet/api.ts'
import { openGuard } from '../guard/guard-client.ts'
import { deadlineFlags } from '../guard/guard-messages.ts'
import { STANDARD_IMAGE_CARE, type MeshletConfig } from '../meshlet/config.ts'
import type { MeshletSettings } from '../meshlet/flags.ts'
import { Meshlet } from '../meshlet/meshlet.ts'
import { readGauges } from '../meshlet/gauges.ts'
import { problemsOf } from '../meshlet/health.ts'
import { openJournal } from '../meshlet/sqlite-journal.ts'
import { serveMetrics, type MetricsServer } from '../metrics/metrics-server.ts'
import { createPrometheusMetrics, type PrometheusMetrics } from '../metrics/prometheus.ts'
import { CommuneError, invariant } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { Did, MeshletStatusRecord } from '../model/records.ts'
import type { Log } from '../ports/log.ts'
import { noMetrics } from '../ports/metrics.ts'
import type { Random } from '../ports/random.ts'
import type { MeshletApi } from '../xrpc/api.ts'
import { checkJsonFile } from '../storage/check-json-file.ts'
import { StorageState } from '../storage/storage-state.ts'
import { watchJournal } from '../storage/watched-journal.ts'
import { createPeers } from '../xrpc/peers.ts'
import { parseProxies } from '../xrpc/client-address.ts'
import { createXrpcServer } from '../xrpc/server.ts'
import { openOwnKeys } from './own-keys.ts'
import { openPolicy } from './policy-source.ts'
import { defaultStateDir } from './state-dir.ts'

/** A meshlet with everything real around it. Disposing of it leaves the containers alone. */
export interface Daemon extends AsyncDisposable {
  readonly meshlet: Meshlet
  /** Where it listens. */
  readonly url: string
}

const random: Random = {
  next: () => Math.random(),
  bytes: (length) => randomBytes(length),
}

/** Signs in, opens the state folder, listens and begins to work. */
export async function startDaemon(
  settings: MeshletSettings,
  version: string,
  log: Log,
): Promise<Daemon> {
  await using stack = new AsyncDisposableStack()
  // A PDS or directory on this machine or network means that everything else may be there too.
  const isLocalNetwork = [settings.service, settings.plcUrl].some(
    (url) => url !== undefined && publicOrigin(url) === undefined,
  )
  const isPrivate = isLocalNetwork || settings.privateAddresses === true
  const session = stack.use(await signIn(settings, isPrivate, log))
  const did = ownDid(settings, session.did)
  const stateDir = settings.stateDir ?? defaultStateDir(did)
  await makePrivateFolder(stateDir)
  stack.use(lockFolder(stateDir))
  const identity = createIdentity({
    allowPrivateAddresses: isPrivate,
    ...(settings.plcUrl === undefined ? {} : { plcUrl: settings.plcUrl }),
  })
  const { heartbeat: key, seal: sealKey } = await openOwnKeys(stateDir, log)
  const storage = new StorageState(systemClock, log)
  const feed = stack.use(
    createFeed({
      storage,
      identity,
      file: path.join(stateDir, 'records.sqlite'),
      clock: systemClock,
      random,
      log: log.child({ part: 'feed' }),
      allowPrivateAddresses: isPrivate,
    }),
  )
  const walls = createWalls()
  const engine = createDockerEngine({
    dockerHost: settings.dockerHost ?? process.env['DOCKER_HOST'],
    walls,
  })
  stack.defer(() => engine.close())
  const journalFile = stack.use(
    openJournal({ file: path.join(stateDir, 'journal.sqlite'), log, nowMs: systemClock.wallMs() }),
  )
  const journal = watchJournal(journalFile, storage)

  // The server has to listen before the address can be published, and needs the meshlet to answer.
  const late: { meshlet?: Meshlet; api?: MeshletApi } = {}
  const server = stack.use(
    createXrpcServer({
      did,
      api: lateApi(() => late.api),
      rolesOf: (caller) => late.meshlet?.rolesOf(caller),
      resolveKey: async (caller, force) => (await identity.resolve(caller, { force })).signingKey,
      heartbeatKey: (caller) => heartbeatKeyOf(late.meshlet, caller),
      proxies: proxiesOf(settings),
      clock: systemClock,
      log: log.child({ part: 'server' }),
    }),
  )
  const { url } = await server.listen(settings.listenHost, settings.listenPort)
  const config = configOf(settings, {
    did,
    storageBytes: settings.storageBytes ?? (await halfOfFreeDisk(stateDir)),
    heartbeatKey: key.publicKey,
    publicKey: sealKey.recipient,
    softwareVersion: version,
    ownPorts: [Number(new URL(url).port), settings.metrics?.port ?? 0].filter((port) => port > 0),
    endpoint: settings.endpoint ?? (isLocalNetwork ? url : undefined),
  })
  const guard = stack.use(
    await openGuard({
      stateDir,
      spawn: (deadlines) =>
        spawnGuard({ did, stateDir, dockerHost: settings.dockerHost, deadlines }),
      clock: systemClock,
      log: log.child({ part: 'guard' }),
    }),
  )
  const peers = createPeers({ did, key, clock: systemClock, allowPrivateAddresses: isPrivate })
  const metrics = settings.metrics === undefined ? undefined : createPrometheusMetrics()
  const policy = stack.use(await openPolicy(settings.policy, log.child({ part: 'policy' })))
  const ports = {
    feed,
    writer: keepBudget({ writer: session.writer, journal, clock: systemClock, log }),
    metrics: metrics ?? noMetrics,
    engine,
    peers,
    journal,
    guard,
    clock: systemClock,
    random,
    log,
    policy: () => policy.current(),
    storage,
    sealKey,
    registries: createRegistries({
      allowPrivateAddresses: isPrivate,
      privateRegistries: settings.privateRegistries ?? [],
      trustedRoot: settings.trustedRoot,
    }),
  }
  const meshlet = stack.use(new Meshlet(config, ports))
  policy.onChange(() => meshlet.policyChanged())
  late.meshlet = meshlet
  late.api = createMeshletApi({
    meshlet,
    engine,
    clock: systemClock,
    policy: () => policy.current(),
    log: log.child({ part: 'commands' }),
  })
  if (metrics !== undefined && settings.metrics !== undefined)
    stack.use(await showMetrics({ ...settings.metrics, metrics, meshlet, feed, log }))
  meshlet.start()
  const running = stack.move()
  return { meshlet, url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** Where `--metrics` says. */
function showMetrics(options: {
  readonly host: string
  readonly port: number
  readonly metrics: PrometheusMetrics
  readonly meshlet: Meshlet
  readonly feed: RunningFeed
  readonly log: Log
}): Promise<MetricsServer> {
  const { host, port, metrics, meshlet, feed, log } = options
  const readings = { meshlet, feed: () => feed.status(), clock: systemClock }
  return serveMetrics({
    host,
    port,
    contentType: metrics.contentType,
    render: () => metrics.render(readGauges(readings)),
    problems: () => problemsOf(meshlet),
    log: log.child({ part: 'metrics' }),
  })
}

/** The guard outlives this program: it has a session of its own, and a file for what it says. */
function spawnGuard(options: {
  readonly did: Did
  readonly stateDir: string
  readonly dockerHost: string | undefined
  readonly deadlines: ReadonlyMap<string, number>
}): void {
  const { did, stateDir, dockerHost, deadlines } = options
  const extension = path.extname(import.meta.filename)
  const program = path.join(import.meta.dirname, '../bin', `meshlet-guard${extension}`)
  const said = openSync(path.join(stateDir, 'guard.log'), 'a', 0o600)
  try {
    const flags = [`--did=${did}`, `--state-dir=${stateDir}`, ...deadlineFlags(deadlines)]
    const child = spawn(process.execPath, [program, ...flags], {
      detached: true,
      stdio: ['ignore', 'ignore', said],
      env: { ...process.env, ...(dockerHost === undefined ? {} : { DOCKER_HOST: dockerHost }) },
    })
    child.on('error', () => undefined)
    child.unref()
  } finally {
    closeSync(said)
  }
}

async function signIn(settings: MeshletSettings, isPrivate: boolean, log: Log) {
  const { service, identifier, password, stateDir, did } = settings
  if (identifier === undefined)
    throw new CommuneError(
      'usage',
      '--identifier: missing; expected a handle or DID to log in with',
      {
        hint: 'Or give --did.',
      },
    )
  if (password === undefined)
    throw new CommuneError(
      'usage',
      'MESHLET_PASSWORD is not set: the password of the meshlet’s account',
      {
        hint: 'An app password is enough.',
      },
    )
  const folder = stateDir ?? (did === undefined ? undefined : defaultStateDir(did))
  const sessionFile = folder === undefined ? undefined : path.join(folder, 'session.json')
  if (sessionFile !== undefined)
    await checkJsonFile({ file: sessionFile, log, nowMs: systemClock.wallMs() })
  return openSession({
    identifier,
    password,
    ...(service === undefined ? {} : { service }),
    allowPrivateAddresses: isPrivate,
    followMoves: true,
    log,
    ...(settings.plcUrl === undefined ? {} : { plcUrl: settings.plcUrl }),
    ...(sessionFile === undefined ? {} : { sessionFile }),
  })
}

function proxiesOf({ trustProxy = [] }: MeshletSettings) {
  const proxies = parseProxies(trustProxy)
  if (proxies !== undefined) return proxies
  throw new CommuneError(
    'usage',
    `--trust-proxy: "${trustProxy.join(',')}" is no list of addresses`,
    {
      hint: 'Write them like 127.0.0.1 or 10.0.0.0/8, joined by commas.',
    },
  )
}

function ownDid(settings: MeshletSettings, signedInAs: Did): Did {
  if (settings.did === undefined || settings.did === signedInAs) return signedInAs
  throw new CommuneError('usage', `--did says ${settings.did}, but the login is ${signedInAs}.`, {
    hint: 'Give the DID of the account that you log in with, or leave --did out.',
  })
}

function configOf(
  settings: MeshletSettings,
  rest: {
    readonly did: Did
    readonly storageBytes: number
    readonly endpoint: string | undefined
    readonly heartbeatKey: string
    readonly publicKey: string
    readonly softwareVersion: string
    readonly ownPorts: readonly number[]
  },
): MeshletConfig {
  const { endpoint, storageBytes, ...own } = rest
  return {
    ...own,
    ownerDid: settings.owner,
    clusters: settings.clusters,
    ...(settings.policyOwners === undefined ? {} : { policyOwners: settings.policyOwners }),
    offer: {
      ...(settings.cpuMilli === undefined ? {} : { cpuMilli: settings.cpuMilli }),
      ...(settings.memoryBytes === undefined ? {} : { memoryBytes: settings.memoryBytes }),
      storageBytes,
    },
    labels: settings.labels,
    imageCare: {
      keepMs: settings.keepImagesMs ?? STANDARD_IMAGE_CARE.keepMs,
      fullShare: settings.imageDiskShare ?? STANDARD_IMAGE_CARE.fullShare,
    },
    liveness: settings.liveness,
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(settings.dns === undefined ? {} : { resolvers: settings.dns }),
  }
}

/** What is offered of the disk when the owner says nothing: half of what is free, in bytes. */
async function halfOfFreeDisk(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder)
  return Math.floor((bavail * bsize) / 2)
}

function heartbeatKeyOf(meshlet: Meshlet | undefined, caller: Did): string | undefined {
  return meshlet?.view.get<MeshletStatusRecord>(caller, COLLECTION.meshletStatus, 'self')?.value
    .heartbeatKey
}

/** Passes each call on to what is there by then; nobody has a role before that. */
function lateApi(api: () => MeshletApi | undefined): MeshletApi {
  const now = (): MeshletApi => {
    const ready = api()
    invariant(ready, 'a call was let through before the meshlet was ready')
    return ready
  }
  return {
    getCapacity: (call) => now().getCapacity(call),
    listWorkloads: (call) => now().listWorkloads(call),
    getWorkloadStatus: (call) => now().getWorkloadStatus(call),
    deleteWorkload: (call) => now().deleteWorkload(call),
    pauseWorkload: (call) => now().pauseWorkload(call),
    resumeWorkload: (call) => now().resumeWorkload(call),
    stopWorkload: (call) => now().stopWorkload(call),
    restartWorkload: (call) => now().restartWorkload(call),
    subscribeLogs: (call) => now().subscribeLogs(call),
    getUsage: (call) => now().getUsage(call),
    getLogs: (call) => now().getLogs(call),
    exec: (call) => now().exec(call),
    getHealth: (call) => now().getHealth(call),
    listEvents: (call) => now().listEvents(call),
    pause: (call) => now().pause(call),
    resume: (call) => now().resume(call),
    drain: (call) => now().drain(call),
    shutdown: (call) => now().shutdown(call),
    heartbeat: (call) => now().heartbeat(call),
  }
}
