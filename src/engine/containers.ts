import type { ContainerCreateOptions, ContainerInfo, ContainerInspectInfo } from 'dockerode'
import { CommuneError, messageOf } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import type { ContainerCreate, ContainerState, EngineContainer } from '../ports/engine.ts'
import type { SecurityLevel } from './allowed-container.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { engineMessage, gone, statusOf, toEngineError } from './engine-error.ts'
import { createOptions, type EngineTraits } from './hardening.ts'
import type { ListedContainer, SeenContainers } from './seen-containers.ts'
import { each, parts, soundAnswer, type Shape } from './sound-answer.ts'
import { imageDefaults, imageMissing, type KnownImages } from './images.ts'

/** Podman answers 500 where Docker answers 409; only the text tells what it means. */
const NOT_RUNNING = /is not running|can only kill running containers/
const INIT_MISSING = /container-init binary not found/
const UNKNOWN_RUNTIME = /unknown runtime specified|unknown or invalid runtime name/i
const NO_IMAGE = /no such image/i
const NAME_TAKEN = /name .* is already in use/
/** Docker writes times that never were as the year 1. */
const NEVER_PREFIX = '0001-01-01'
const STATES: ReadonlySet<string> = new Set<ContainerState>([
  'created',
  'running',
  'paused',
  'restarting',
  'removing',
  'exited',
  'dead',
])

/** Every container with the meshlet's label, running or not, by name. */
export async function listContainers(
  client: EngineClient,
  meshletDid: string,
  seen: SeenContainers,
  signal?: AbortSignal,
): Promise<EngineContainer[]> {
  const list = async () => {
    const found = await client.call(
      { doing: 'listing containers', timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
      (docker, abortSignal) =>
        docker.listContainers({
          all: true,
          filters: { label: [`${LABEL.meshletDid}=${meshletDid}`] },
          abortSignal,
        }),
    )
    return soundAnswer(found, LISTED, 'listing containers').map(toListed)
  }
  return seen.describe(meshletDid, list, (id) => findContainer(client, id, signal))
}

/** All that run, whosever they are, as the engine lists them. */
export async function runningContainers(
  client: EngineClient,
  signal?: AbortSignal,
): Promise<ContainerInfo[]> {
  const options = { doing: 'listing containers', timeoutMs: ENGINE_TIMEOUT_MS.read, signal }
  return client.call(options, (docker, abortSignal) => docker.listContainers({ abortSignal }))
}

/** What Docker allows in a name; anything else would become part of the path of the request. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9_.-]*$/

/** The one container that is called so. */
export async function findContainer(
  client: EngineClient,
  nameOrId: string,
  signal?: AbortSignal,
): Promise<EngineContainer | undefined> {
  if (!NAME.test(nameOrId)) return undefined
  const details = await inspectContainer(client, nameOrId, signal)
  return details === undefined ? undefined : toEngineContainer(details)
}

/** What is used of a list of containers. */
const LISTED: Shape = each(parts({ Id: 'text', 'Status?': 'text' }))
/** `Exited (137) 5 minutes ago`: all but the code is said by the state, or changes with time alone. */
const EXIT_CODE = /\((\d+)\)/
/** What is used of a container's description. */
const INSPECTED: Shape = parts({
  Id: 'text',
  Name: 'text',
  'Created?': 'text',
  State: parts({
    Status: 'text',
    'Running?': 'flag',
    'Pid?': 'number',
    'ExitCode?': 'number',
    'OOMKilled?': 'flag',
    'Error?': 'text',
    'StartedAt?': 'text',
    'FinishedAt?': 'text',
  }),
  Config: parts({ 'Image?': 'text', 'Labels?': 'texts' }),
  HostConfig: parts({ 'Memory?': 'number', 'NanoCpus?': 'number', 'PidsLimit?': 'number' }),
  'NetworkSettings?': parts({ 'Networks?': parts({}) }),
})

/** What the engine knows of a container; undefined when it is gone. */
export async function inspectContainer(
  client: EngineClient,
  id: string,
  signal?: AbortSignal,
): Promise<ContainerInspectInfo | undefined> {
  const doing = `looking at container ${id}`
  return client.call<ContainerInspectInfo | undefined>(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
    async (docker, abortSignal) =>
      soundAnswer(await docker.getContainer(id).inspect({ abortSignal }), INSPECTED, doing),
    (error) => {
      if (statusOf(error) === 404) return undefined
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** Fails with `image-not-found`, `name-taken`, `invalid-input`, `forbidden` or `engine`. */
export async function createContainer(
  client: EngineClient,
  container: ContainerCreate,
  { engine, known }: { readonly engine: EngineTraits; readonly known: KnownImages },
  signal?: AbortSignal,
): Promise<string> {
  const image = await imageDefaults(client, container.image, known, signal)
  const create = (traits: EngineTraits) =>
    createFrom(client, createOptions(container, image, traits), container.security, signal)
  const id = await create(engine).catch((error: unknown) => {
    if (!engine.hasInit || !INIT_MISSING.test(messageOf(error))) throw error
    return create({ ...engine, hasInit: false })
  })
  if (container.runtime !== undefined) await requireRuntime(client, id, container.runtime, signal)
  return id
}

/** Some engines take the field and ignore it: then the container would share the machine’s kernel. */
async function requireRuntime(
  client: EngineClient,
  id: string,
  runtime: string,
  signal?: AbortSignal,
): Promise<void> {
  const details = await inspectContainer(client, id, signal)
  if (details === undefined || details.HostConfig.Runtime === runtime) return
  await removeContainer(client, id, signal)
  throw noRuntime(runtime, `the engine gave it ${details.HostConfig.Runtime ?? 'another'} instead`)
}

function noRuntime(runtime: string, why: string, cause?: unknown): CommuneError {
  return new CommuneError('unsupported', `No container can be made in ${runtime}: ${why}`, {
    cause,
    hint: 'meshlet doctor says which runtimes the engine knows',
  })
}

async function createFrom(
  client: EngineClient,
  { name, ...body }: ContainerCreateOptions,
  level: SecurityLevel,
  signal?: AbortSignal,
): Promise<string> {
  const doing = `creating container ${name}`
  return client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      // The client would otherwise repeat the whole body, environment included, in the URL.
      const request = { _query: { name }, _body: body, level, abortSignal }
      return (await docker.createContainer(request)).id
    },
    (error) => {
      if (statusOf(error) === 409 || NAME_TAKEN.test(engineMessage(error))) {
        throw new CommuneError('name-taken', `A container named ${name} exists already`, {
          cause: error,
        })
      }
      if (UNKNOWN_RUNTIME.test(engineMessage(error)))
        throw noRuntime(body.HostConfig?.Runtime ?? '', 'the engine does not know it', error)
      if (statusOf(error) === 404 && NO_IMAGE.test(engineMessage(error)))
        throw imageMissing(body.Image ?? '', error)
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** Starting what runs is no error. Fails with `not-found` when it is gone. */
export async function startContainer(
  client: EngineClient,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `starting container ${id}`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      await docker.getContainer(id).start({ abortSignal })
    },
    (error) => {
      if (statusOf(error) === 304) return
      if (statusOf(error) === 404) throw gone(id, error)
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** Stop signal, `graceMs` (rounded up to seconds: Docker knows no less), then SIGKILL. */
export async function stopContainer(
  client: EngineClient,
  id: string,
  graceMs: number,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `stopping container ${id}`
  await client.call(
    { doing, timeoutMs: graceMs + ENGINE_TIMEOUT_MS.stopMargin, signal },
    async (docker, abortSignal) => {
      await docker.getContainer(id).stop({ t: Math.ceil(graceMs / 1000), abortSignal })
    },
    (error) => {
      if (statusOf(error) !== 304 && statusOf(error) !== 404) {
        throw toEngineError(error, doing, client.address)
      }
    },
  )
}

export async function killContainer(
  client: EngineClient,
  id: string,
  unixSignal: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `killing container ${id}`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      await docker.getContainer(id).kill({ signal: unixSignal, abortSignal })
    },
    (error) => {
      const notRunning = statusOf(error) === 409 || NOT_RUNNING.test(engineMessage(error))
      if (!notRunning && statusOf(error) !== 404) throw toEngineError(error, doing, client.address)
    },
  )
}

/** By force, with its anonymous volumes. Removing what is gone, or about to be, is no error. */
export async function removeContainer(
  client: EngineClient,
  id: string,
  signal?: AbortSignal,
): Promise<void> {
  const doing = `removing container ${id}`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    async (docker, abortSignal) => {
      await docker.getContainer(id).remove({ force: true, v: true, abortSignal })
    },
    (error) => {
      if (statusOf(error) === 404) return
      if (statusOf(error) === 409 && /already in progress/.test(engineMessage(error))) return
      throw toEngineError(error, doing, client.address)
    },
  )
}

function toListed(found: ContainerInfo): ListedContainer {
  const { Id: id, Names, Image, Created, State, Status, Labels } = found
  const exitCode = EXIT_CODE.exec(Status ?? '')?.[1]
  return { id, line: JSON.stringify([Names, Image, Created, State, exitCode, Labels]) }
}

function toEngineContainer(details: ContainerInspectInfo): EngineContainer {
  const { State: state, Config: config, HostConfig: host } = details
  const startedAtMs = timeMs(state.StartedAt)
  const finishedAtMs = timeMs(state.FinishedAt)
  const ended = state.Status === 'exited' || state.Status === 'dead'
  return {
    id: details.Id,
    name: details.Name.replace(/^\//, ''),
    labels: config.Labels ?? {},
    state: STATES.has(state.Status) ? (state.Status as ContainerState) : 'dead',
    image: config.Image,
    createdAtMs: timeMs(details.Created) ?? 0,
    ...(startedAtMs === undefined ? {} : { startedAtMs }),
    ...(finishedAtMs === undefined ? {} : { finishedAtMs }),
    ...(ended ? { exitCode: state.ExitCode } : {}),
    oomKilled: state.OOMKilled,
    ...(state.Error === '' ? {} : { error: state.Error }),
    memoryBytes: host.Memory ?? 0,
    nanoCpus: host.NanoCpus ?? 0,
    ...(host.Runtime === undefined ? {} : { runtime: host.Runtime }),
  }
}

function timeMs(text: string | undefined): number | undefined {
  if (text === undefined || text.startsWith(NEVER_PREFIX)) return undefined
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? undefined : ms
}
