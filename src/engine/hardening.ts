import type { ContainerCreateOptions } from 'dockerode'
import { isOpenAddress } from '../model/closed-ranges.ts'
import { CommuneError } from '../model/errors.ts'
import { PIDS_LIMIT, type ContainerCreate } from '../ports/engine.ts'
import { tmpfsOption } from './tmpfs.ts'

/** What an image brings along. All of it is input. */
export interface ImageDefaults {
  /** `NAME=value`. */
  readonly env: readonly string[]
  readonly labels: readonly string[]
  /** Paths. */
  readonly volumes: readonly string[]
}

/** What differs between engines that speak Docker’s API. */
export interface EngineTraits {
  /** A container can have an init process. */
  readonly hasInit: boolean
  readonly isPodman: boolean
}

/** Open files of a process; above an engine's own hard limit no container would start. */
export const OPEN_FILES_LIMIT = 4096
/** Processes of one user in all its containers. */
const USER_PROCESSES = 32_768
const SHARED_MEMORY_BYTES_MAX = 64 * 1024 * 1024
/** When memory runs out the kernel kills a guest before the host's own services. */
const OOM_SCORE_ADJUSTMENT = 500

/** The capabilities that Kubernetes' Pod Security Standards allow to be added, by level. */
const CAPABILITIES = {
  restricted: new Set(['NET_BIND_SERVICE']),
  baseline: new Set(
    (
      'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID ' +
      'SETPCAP SETUID SYS_CHROOT'
    ).split(' '),
  ),
} as const

const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_.-]{1,127}$/
/** gVisor: anything else that an engine was taught may be weaker than its own. */
const RUNTIME = /^(?:runsc|gvisor)(?:-[a-z0-9-]{1,32})?$/
const USER = /^(\d{1,10})(?::(\d{1,10}))?$/
const ENV_NAME = /^[^=\0]+$/
const SIGNAL = /^(?:SIG)?[A-Z0-9+-]{1,16}$/
/** Words that Docker reads as something other than the name of a network of ours. */
const RESERVED_NETWORKS = new Set(['host', 'none', 'bridge', 'default', 'nat'])

/**
 * Docker's options for a container, built from nothing (never merged with an object from outside), so
 * that no input can ask for privileges, host paths or host namespaces. Fails with `invalid-input`, or
 * with `forbidden` where the security level does not allow what is asked.
 */
export function createOptions(
  container: ContainerCreate,
  image: ImageDefaults,
  engine: EngineTraits,
): ContainerCreateOptions {
  const capabilities = checkedCapabilities(container)
  const user = checkedUser(container)
  return {
    name: checkedName(container.name, 'container'),
    Image: container.image,
    User: user,
    Env: environment(container.env, image.env, engine),
    Labels: { ...blanked(image.labels), ...container.labels },
    ...(container.entrypoint === undefined ? {} : { Entrypoint: [...container.entrypoint] }),
    ...(container.command === undefined ? {} : { Cmd: [...container.command] }),
    ...(container.workingDir === undefined ? {} : { WorkingDir: container.workingDir }),
    ...(container.hostname === undefined ? {} : { Hostname: container.hostname }),
    StopSignal: checkedSignal(container.stopSignal ?? 'SIGTERM'),
    StopTimeout: Math.ceil(container.stopGracePeriodMs / 1000),
    // commune probes by itself; a check of the image would only burn processor time.
    Healthcheck: { Test: ['NONE'] },
    AttachStdin: false,
    OpenStdin: false,
    Tty: false,
    HostConfig: {
      ...limits(container, engine),
      ...structuredClone(NO_PRIVILEGES),
      CapAdd: capabilities,
      ReadonlyRootfs: container.readOnly,
      Tmpfs: tmpfsOption({
        wanted: container.tmpfs,
        imageVolumes: image.volumes,
        memoryBytes: container.memoryBytes,
        user,
        isPodman: engine.isPodman,
      }),
      ...(container.runtime === undefined ? {} : { Runtime: checkedRuntime(container.runtime) }),
      NetworkMode: checkedNetwork(container.network),
      ...nameServers(container),
      Init: engine.hasInit,
      // The meshlet decides what runs again, and when.
      RestartPolicy: { Name: 'no' },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
    },
  }
}

/**
 * Docker's resolver passes a container's questions on to the host's name server, also out of internal
 * networks (CVE-2024-29018), but for servers that are named here: those are asked from inside. Names of
 * replicas resolve; the host's own search list would tell of its network.
 */
function nameServers({ name, resolvers }: ContainerCreate) {
  if (resolvers === undefined) return { Dns: ['127.0.0.1'] }
  const strange = resolvers.find((address) => !isOpenAddress(address))
  if (resolvers.length > 0 && strange === undefined)
    return { Dns: [...resolvers], DnsSearch: ['.'] }
  throw new CommuneError('invalid-input', `${name}: “${strange ?? ''}” is no public name server`)
}

/** Said in full, although most of it is Docker's default: a default of tomorrow must not open a door. */
const NO_PRIVILEGES = {
  Privileged: false,
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges:true'],
  IpcMode: 'private',
  CgroupnsMode: 'private',
  PidMode: '',
  UTSMode: '',
  UsernsMode: '',
  CgroupParent: '',
  Binds: [],
  Mounts: [],
  VolumesFrom: [],
  Devices: [],
  DeviceRequests: [],
  DeviceCgroupRules: [],
  Sysctls: {},
  GroupAdd: [],
  Links: [],
  ExtraHosts: [],
  PortBindings: {},
  PublishAllPorts: false,
  AutoRemove: false,
  OomKillDisable: false,
} satisfies ContainerCreateOptions['HostConfig'] & { CgroupnsMode: string }

function limits(container: ContainerCreate, { isPodman }: EngineTraits) {
  for (const amount of [container.memoryBytes, container.cpuMilli, container.stopGracePeriodMs]) {
    if (!Number.isSafeInteger(amount) || amount < 0) {
      throw new CommuneError('invalid-input', `${container.name}: ${amount} is no usable limit`)
    }
  }
  if (container.memoryBytes === 0 || container.cpuMilli === 0) {
    // Docker reads 0 as "without a limit".
    throw new CommuneError('invalid-input', `${container.name} has no memory or processor limit`)
  }
  return {
    Memory: container.memoryBytes,
    MemorySwap: container.memoryBytes,
    NanoCpus: container.cpuMilli * 1_000_000,
    PidsLimit: PIDS_LIMIT,
    ShmSize: Math.min(SHARED_MEMORY_BYTES_MAX, container.memoryBytes),
    OomScoreAdj: OOM_SCORE_ADJUSTMENT,
    Ulimits: [
      { Name: 'nofile', Soft: OPEN_FILES_LIMIT, Hard: OPEN_FILES_LIMIT },
      { Name: 'core', Soft: 0, Hard: 0 },
      // Podman asks for more than a million unless told, which a service without CAP_SYS_RESOURCE may
      // not give. It counts per user, over all containers; the limit of a container is PidsLimit.
      ...(isPodman ? [{ Name: 'nproc', Soft: USER_PROCESSES, Hard: USER_PROCESSES }] : []),
    ],
  }
}

/**
 * Docker adds the image's environment to ours. Most of it is what the program needs (PATH, PGDATA);
 * the variables of the dynamic loader are taken out, since they also reach the init process and every
 * probe that is run inside. Whoever needs them sets them in the workload.
 */
function environment(
  wanted: Readonly<Record<string, string>>,
  ofImage: readonly string[],
  { isPodman }: EngineTraits,
): string[] {
  const own = Object.entries(wanted).map(([name, value]) => {
    if (!ENV_NAME.test(name) || value.includes('\0')) {
      throw new CommuneError(
        'invalid-input',
        `${JSON.stringify(name)} can't be an environment variable`,
      )
    }
    return `${name}=${value}`
  })
  const removed = ofImage
    .map((line) => line.split('=', 1)[0] ?? '')
    .filter((name) => name.startsWith('LD_') && !Object.hasOwn(wanted, name))
  // A name without an equals sign removes the variable, but not on Podman; empty it does nothing.
  return [...own, ...removed.map((name) => (isPodman ? `${name}=` : name))].toSorted()
}

/** An image's labels would reach whatever else watches this engine (reverse proxies, updaters). */
function blanked(labels: readonly string[]): Record<string, string> {
  return Object.fromEntries(labels.map((label) => [label, '']))
}

function checkedName(name: string, what: string): string {
  if (NAME.test(name)) return name
  throw new CommuneError('invalid-input', `${JSON.stringify(name)} can't name a ${what}`)
}

function checkedNetwork(network: string): string {
  if (!RESERVED_NETWORKS.has(network)) return checkedName(network, 'network')
  throw new CommuneError('forbidden', `A container of commune never joins the network “${network}”`)
}

function checkedRuntime(runtime: string): string {
  if (RUNTIME.test(runtime)) return runtime
  throw new CommuneError('forbidden', `A container of commune never runs in “${runtime}”`)
}

/** Numeric, with a group of its own: with the user alone Docker would take group 0. */
function checkedUser(container: ContainerCreate): string {
  const [, uid, gid = uid] = USER.exec(container.user) ?? []
  if (uid === undefined) {
    throw new CommuneError('invalid-input', `“${container.user}” is no numeric user`, {
      hint: 'write a user id, or a user and a group id: 65532 or 65532:65532',
    })
  }
  if (container.security === 'restricted' && (Number(uid) === 0 || Number(gid) === 0)) {
    throw new CommuneError(
      'forbidden',
      `${container.name}: security: restricted allows no root user`,
    )
  }
  return `${Number(uid)}:${Number(gid)}`
}

function checkedCapabilities(container: ContainerCreate): string[] {
  if (container.security === 'restricted' && !container.readOnly) {
    throw new CommuneError(
      'forbidden',
      `${container.name}: security: restricted means a read-only root`,
    )
  }
  const allowed = CAPABILITIES[container.security]
  const refused = container.capAdd.find((capability) => !allowed.has(capability))
  if (refused === undefined) return [...new Set(container.capAdd)].toSorted()
  const message = `${container.name}: security: ${container.security} does not allow ${refused}`
  throw new CommuneError('forbidden', message)
}

function checkedSignal(name: string): string {
  if (SIGNAL.test(name)) return name
  throw new CommuneError('invalid-input', `${JSON.stringify(name)} is no signal`)
}
