import { connectionError } from '../atproto/connection-error.ts'
import { messageOf, CommuneError } from '../model/errors.ts'
import type { Engine } from '../ports/engine.ts'
import type { ConnectionOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { DEFAULT_PLC_URL, parseUrl, settingsOf } from './connection.ts'
import { configPaths, readLogin } from './config-file.ts'
import { openLogin } from './open-login.ts'

/** What a check found, and how to mend it. */
export interface Finding {
  readonly check: string
  readonly state: 'ok' | 'warn' | 'fail'
  readonly message: string
  readonly fix?: string
}

export interface DoctorInput {
  readonly context: CommandContext
  readonly options: ConnectionOptions
  readonly nodeVersion: string
}

const NODE_MAJOR_MIN = 24
const TIMEOUT_MS = 10_000
/** Service tokens live for a minute, so that more than this makes machines refuse each other. */
const CLOCK_OFFSET_MS_MAX = 10_000

/** Every check, in the order in which problems explain each other. */
export async function runChecks(input: DoctorInput): Promise<readonly Finding[]> {
  const [pds, plc, engine] = await Promise.all([
    checkPds(input),
    checkPlc(input),
    checkEngine(input),
  ])
  return [checkNode(input.nodeVersion), ...pds, await checkLogin(input), plc, ...engine]
}

export function checkNode(version: string): Finding {
  const major = Number(version.replace(/^v/, '').split('.')[0])
  if (major >= NODE_MAJOR_MIN) return { check: 'Node', state: 'ok', message: version }
  return {
    check: 'Node',
    state: 'fail',
    message: `${version} is too old`,
    fix: `Install Node ${NODE_MAJOR_MIN} or later.`,
  }
}

async function settings({ context, options }: DoctorInput) {
  const given = settingsOf(context.io, options)
  const login = await readLogin(configPaths(context.io.env))
  return {
    service: given.service ?? login?.service,
    plcUrl: given.plcUrl ?? login?.plcUrl ?? DEFAULT_PLC_URL,
  }
}

async function checkPds(input: DoctorInput): Promise<readonly Finding[]> {
  const check = 'PDS'
  const { context } = input
  try {
    const { service } = await settings(input)
    if (service === undefined) {
      const fix = 'Run "commune login", or set COMMUNE_SERVICE.'
      return [{ check, state: 'fail', message: 'none is configured', fix }]
    }
    const url = `${parseUrl(service, 'The service')}/xrpc/com.atproto.server.describeServer`
    const { response, sentMs, receivedMs } = await timedGet(context, url)
    const answer = (await response.json().catch(() => undefined)) as { did?: unknown } | undefined
    if (!response.ok || typeof answer?.did !== 'string') {
      const fix = 'Check the address of the service.'
      return [{ check, state: 'fail', message: `${service} does not answer like a PDS`, fix }]
    }
    const ok: Finding = { check, state: 'ok', message: `${service} answers` }
    return [ok, checkClock(response.headers.get('date'), (sentMs + receivedMs) / 2)]
  } catch (error) {
    return [failed(check, error, 'Check COMMUNE_SERVICE and the network.')]
  }
}

/** The `Date` header has whole seconds, so that an offset is known to about one of them. */
export function checkClock(date: string | null, atMs: number): Finding {
  const check = 'Clock'
  const theirs = Date.parse(date ?? '')
  if (Number.isNaN(theirs))
    return { check, state: 'warn', message: 'the PDS does not say the time' }
  const offsetMs = Math.round(atMs - theirs - 500)
  if (Math.abs(offsetMs) <= CLOCK_OFFSET_MS_MAX) {
    return { check, state: 'ok', message: 'agrees with the PDS' }
  }
  const seconds = Math.round(Math.abs(offsetMs) / 1000)
  return {
    check,
    state: 'fail',
    message: `${seconds} s ${offsetMs > 0 ? 'ahead of' : 'behind'} the PDS`,
    fix: 'Turn on time synchronisation, for instance systemd-timesyncd or chrony.',
  }
}

async function checkLogin({ context, options }: DoctorInput): Promise<Finding> {
  const check = 'Login'
  try {
    await using login = await openLogin(context, options)
    // A kept session is only opened by the first call, so that one is made.
    const { session } = login
    await session.getServiceAuth({ aud: session.did, lxm: 'com.atproto.sync.getLatestCommit' })
    return { check, state: 'ok', message: `${session.handle} (${session.did})` }
  } catch (error) {
    return failed(check, error, 'Run "commune login".')
  }
}

async function checkPlc(input: DoctorInput): Promise<Finding> {
  const check = 'PLC directory'
  try {
    const { plcUrl } = await settings(input)
    const { response } = await timedGet(
      input.context,
      `${parseUrl(plcUrl, 'The directory')}/_health`,
    )
    await response.body?.cancel()
    if (response.ok) return { check, state: 'ok', message: `${plcUrl} answers` }
    const message = `${plcUrl} answers with status ${response.status}`
    return { check, state: 'warn', message, fix: 'Check COMMUNE_PLC_URL.' }
  } catch (error) {
    return failed(check, error, 'Check COMMUNE_PLC_URL and the network.')
  }
}

/** Only who runs a meshlet here needs an engine, so that its absence is no failure. */
async function checkEngine({ context }: DoctorInput): Promise<readonly Finding[]> {
  const check = 'Container engine'
  let engine: Engine | undefined
  try {
    engine = await context.drivers.createDockerEngine({
      dockerHost: context.io.env['DOCKER_HOST'],
      environment: context.io.env,
    })
    const info = await engine.info(AbortSignal.timeout(TIMEOUT_MS))
    const found: Finding[] = [
      {
        check,
        state: 'ok',
        message: `${info.name} ${info.version}, ${info.os}/${info.architecture}`,
      },
      info.hasInit
        ? { check: 'Init process', state: 'ok', message: 'available' }
        : {
            check: 'Init process',
            state: 'warn',
            message: 'the engine has no docker-init',
            fix: 'Install tini (docker-init): otherwise processes that an application leaves behind stay.',
          },
      info.portsProblem === undefined
        ? { check: 'Ports', state: 'ok', message: 'can be forwarded and probed' }
        : {
            check: 'Ports',
            state: 'warn',
            message: info.portsProblem,
            fix: 'Run the meshlet as root or with CAP_SYS_ADMIN and CAP_SYS_PTRACE, on the machine of the engine.',
          },
    ]
    return found
  } catch (error) {
    const finding = failed(check, error, 'Start Docker, or set DOCKER_HOST.')
    return [
      {
        ...finding,
        state: 'warn',
        message: `${finding.message} (only a meshlet on this machine needs it)`,
      },
    ]
  } finally {
    await engine?.close()
  }
}

async function timedGet({ io }: CommandContext, url: string) {
  const sentMs = io.clock.wallMs()
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)])
  const response = await fetch(url, { signal }).catch((error: unknown) => {
    // Each check has a hint of its own.
    const { code, message } = connectionError(error, new URL(url).origin)
    throw new CommuneError(code, message, { cause: error })
  })
  return { response, sentMs, receivedMs: io.clock.wallMs() }
}

function failed(check: string, error: unknown, fix: string): Finding {
  if (error instanceof CommuneError) {
    const hint = error.hint ?? fix
    const sentence = `${hint.slice(0, 1).toUpperCase()}${hint.slice(1)}`
    return { check, state: 'fail', message: error.message, fix: sentence }
  }
  return { check, state: 'fail', message: messageOf(error), fix }
}
