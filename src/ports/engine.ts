import type { WallState } from './walls.ts'

/** Most processes and threads of any container. */
export const PIDS_LIMIT = 256

/** A container engine, seen as little as commune needs of it. */
export interface Engine {
  info(signal?: AbortSignal): Promise<EngineInfo>
  /** Every container that carries the label, running or not. */
  listContainers(meshletDid: string, signal?: AbortSignal): Promise<readonly EngineContainer[]>
  /** The container with this name, id or beginning of an id, whoever made it; undefined when there is none. */
  findContainer(nameOrId: string, signal?: AbortSignal): Promise<EngineContainer | undefined>
  /** The local image, or undefined when it has not been pulled. */
  inspectImage(reference: string, signal?: AbortSignal): Promise<EngineImage | undefined>
  /** Pulls by digest. Fails with code `image-not-found`, `image-denied`, `registry-unreachable` or `engine`. */
  pullImage(reference: string, options?: PullOptions): Promise<EngineImage>
  /** Removing what is gone is no error. Fails with `engine` while a container uses it. */
  removeImage(reference: string, signal?: AbortSignal): Promise<void>
  /** Where images and containers are kept; undefined where that can't be found out. */
  diskSpace(signal?: AbortSignal): Promise<DiskSpace | undefined>
  /**
   * Makes the network of a workload unless it exists; returns its name. One with a way to the internet
   * fails with `unsupported` where the firewall rules are known not to be in force.
   */
  ensureNetwork(network: NetworkCreate, signal?: AbortSignal): Promise<string>
  listNetworks(meshletDid: string, signal?: AbortSignal): Promise<readonly EngineNetwork[]>
  removeNetwork(name: string, signal?: AbortSignal): Promise<void>
  /**
   * Makes the container without starting it; returns its id. Its network may still be on its way
   * (`ensureNetwork`), but has to be there before the start. A name that is taken fails with
   * `name-taken`.
   */
  createContainer(container: ContainerCreate, signal?: AbortSignal): Promise<string>
  startContainer(id: string, signal?: AbortSignal): Promise<void>
  /** Sends the stop signal, and kills after `graceMs`. Stopping what is stopped or gone is no error. */
  stopContainer(id: string, graceMs: number, signal?: AbortSignal): Promise<void>
  /** Sends a signal at once, SIGKILL unless told. What is stopped or gone is no error. */
  killContainer(id: string, unixSignal?: string, signal?: AbortSignal): Promise<void>
  /** Removes it by force. Removing what is gone is no error. */
  removeContainer(id: string, signal?: AbortSignal): Promise<void>
  logs(id: string, options: LogOptions): AsyncIterable<EngineLogLine>
  stats(id: string, signal?: AbortSignal): Promise<EngineStats>
  exec(
    id: string,
    command: readonly string[],
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<ExecResult>
  /**
   * Runs a command inside, as the container's own user, and passes on what it is given and what it
   * writes, no faster than that is taken. The last output is its end. When the signal is aborted, or
   * nobody takes its output any more, it is killed with all that it started. Fails with `not-found`,
   * `engine`, or `unsupported` where this program could not end it.
   */
  interact(id: string, options: InteractOptions): AsyncIterable<InteractOutput>
  /**
   * Makes a TCP port of a container answer on the machine's loopback, through the container's own
   * network namespace. Fails with `unsupported` where this program may not enter it.
   */
  forward(options: ForwardOptions): Promise<Forward>
  /** Asks a container once how it is, from inside its own network namespace; never rejects for a sick one. */
  probe(id: string, probe: Probe, timeoutMs: number, signal?: AbortSignal): Promise<ProbeResult>
  /**
   * Makes a throw-away container just as a workload's and tries from inside its network what no workload
   * may reach. What can't be tried on this machine is an answer too; rejects when the engine fails.
   */
  tryWalls(trial: WallTrial, signal?: AbortSignal): Promise<WallReport>
  /** Whether the firewall rules around networks with a way to the internet stand; needs no engine. */
  firewall(signal?: AbortSignal): Promise<WallState>
  /** Something happened to a container of ours. Ends when the engine goes away; the caller starts again. */
  events(meshletDid: string, signal: AbortSignal): AsyncIterable<EngineEvent>
  /** Ends the forwards and closes all connections; the containers stay. */
  close(): Promise<void>
}

export interface EngineInfo {
  readonly name: string
  readonly version: string
  readonly apiVersion: string
  readonly os: string
  /** Go's name: amd64, arm64, … */
  readonly architecture: string
  readonly cpus: number
  readonly memoryBytes: number
  readonly runtimes: readonly string[]
  /** gVisor, where the engine knows a runtime of that kind. */
  readonly gvisor?: GvisorRuntime
  readonly hasInit: boolean
  /** Why ports can't be forwarded and probed here, for people; absent when they can. */
  readonly portsProblem?: string
  /** What it says of the machine's walls and limits, where it does. */
  readonly host?: EngineHost
}

/** A kernel in a program of its own, between a container and the machine’s kernel. */
export interface GvisorRuntime {
  /** What the engine calls it. */
  readonly runtime: string
  /** Why ports of its containers can’t be forwarded and probed, for people; absent when they can. */
  readonly portsProblem?: string
}

/** Walls and limits between a machine and its containers, as the engine tells. */
export interface EngineHost {
  /** Version of the program that starts containers, with the distribution's suffix. */
  readonly runc?: string
  readonly seccomp: boolean
  readonly accessControl: 'AppArmor' | 'SELinux' | undefined
  /** Root in a container is somebody without rights outside. */
  readonly userNamespaces: boolean
  /** Limits that the kernel can't enforce. */
  readonly limitsMissing: readonly ('memory' | 'swap' | 'pids' | 'CPU')[]
  readonly cgroupVersion?: string
  /** Where images and containers are kept. */
  readonly dataFolder?: string
}

export type ContainerState =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead'

export interface EngineContainer {
  readonly id: string
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly state: ContainerState
  /** The reference that it was made from. */
  readonly image: string
  readonly createdAtMs: number
  readonly startedAtMs?: number
  readonly finishedAtMs?: number
  readonly exitCode?: number
  readonly oomKilled: boolean
  readonly error?: string
  /** Options in force, to be compared with those wanted. */
  readonly memoryBytes: number
  readonly nanoCpus: number
  /** What the engine calls the program that it runs in. */
  readonly runtime?: string
}

export interface EngineImage {
  readonly id: string
  /** `sha256:…` of the manifest, where the engine knows it. */
  readonly digest?: string
  /** Unpacked, on the disk. */
  readonly sizeBytes: number
  readonly architecture: string
  readonly os: string
  /** It has a name beside its digest. Whoever pulls by digest gives none, so somebody else did. */
  readonly isTagged?: boolean
}

/** Room where an engine keeps images and containers. */
export interface DiskSpace {
  readonly freeBytes: number
  readonly totalBytes: number
}

export interface RegistryAuth {
  readonly username: string
  readonly password: string
  readonly serverAddress: string
}

export interface PullOptions {
  readonly auth?: RegistryAuth
  /** Called at each sign of life, also while what has come is unpacked. */
  readonly onProgress?: (progress: {
    readonly doneBytes: number
    readonly totalBytes: number
  }) => void
  readonly signal?: AbortSignal
}

export interface NetworkCreate {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  readonly egress: 'none' | 'internet'
}

export interface EngineNetwork {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
}

/** Everything that commune says about a container; the driver adds the hardening and nothing else. */
export interface ContainerCreate {
  readonly name: string
  readonly image: string
  readonly labels: Readonly<Record<string, string>>
  readonly network: string
  readonly security: 'restricted' | 'baseline'
  /** By the engine’s name for it, one of gVisor’s; the engine’s default when absent. */
  readonly runtime?: string
  /** Numeric `uid` or `uid:gid`. */
  readonly user: string
  readonly entrypoint?: readonly string[]
  readonly command?: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly workingDir?: string
  readonly stopSignal?: string
  readonly stopGracePeriodMs: number
  readonly readOnly: boolean
  readonly capAdd: readonly string[]
  /** `/path` or `/path:options` as in Compose. */
  readonly tmpfs: readonly string[]
  readonly memoryBytes: number
  readonly cpuMilli: number
  readonly hostname?: string
  /** Public name servers, for a network with a way to the internet; without them no name is resolved. */
  readonly resolvers?: readonly string[]
}

export interface LogOptions {
  readonly tail?: number
  readonly sinceMs?: number
  readonly follow?: boolean
  readonly signal?: AbortSignal
}

export interface EngineLogLine {
  readonly stream: 'stdout' | 'stderr'
  readonly timeMs: number
  readonly line: string
}

export interface EngineStats {
  readonly memoryLimitBytes: number
  readonly memoryBytes: number
  readonly pidsLimit: number
  readonly pids: number
  /** Processor time since the start. */
  readonly cpuNanos: number
  /** Over all its networks, since the start. */
  readonly receivedBytes: number
  readonly sentBytes: number
}

export interface ExecResult {
  /** Undefined when it timed out. */
  readonly exitCode?: number
  readonly output: string
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

export interface InteractOptions {
  readonly command: readonly string[]
  /** It gets a terminal of this size. */
  readonly terminal?: TerminalSize | undefined
  /** What it reads; its end is the end of its standard input. */
  readonly input: AsyncIterable<InteractInput>
  readonly signal: AbortSignal
}

export type InteractInput =
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'resize'; readonly size: TerminalSize }

export type InteractOutput =
  | { readonly kind: 'data'; readonly stream: 'stdout' | 'stderr'; readonly data: Uint8Array }
  | { readonly kind: 'end'; readonly exitCode?: number | undefined }

export interface ForwardOptions {
  readonly containerId: string
  /** Port inside the container. */
  readonly port: number
  /** Port on 127.0.0.1 to listen on; the next free one when it is taken. */
  readonly preferredPort: number
}

export interface Forward {
  /** Port on 127.0.0.1 that was taken. */
  readonly port: number
  /**
   * New connections lead to the same port of that container; open ones stay where they are. Fails with
   * `not-found` when it does not run.
   */
  moveTo(containerId: string): Promise<void>
  close(): Promise<void>
}

export type Probe =
  | { readonly kind: 'http'; readonly port: number; readonly path: string }
  | { readonly kind: 'tcp'; readonly port: number }

export type ProbeResult = { readonly ok: true } | { readonly ok: false; readonly message: string }

/** A trial of the walls around containers. */
export interface WallTrial {
  readonly meshletDid: string
  /** The kind of network that is tried. */
  readonly egress: 'none' | 'internet'
  /** TCP ports of the machine where this program listens. */
  readonly ownPorts: readonly number[]
}

export type WallReport =
  /** Nothing of so many places could be reached. */
  | { readonly kind: 'standing'; readonly tried: number }
  /** What could be reached, a sentence each. */
  | { readonly kind: 'open'; readonly tried: number; readonly open: readonly string[] }
  /** It can't be tried here. */
  | { readonly kind: 'unproven'; readonly why: string }

export interface EngineEvent {
  readonly containerId: string
  readonly action: string
  readonly labels: Readonly<Record<string, string>>
}
