import { CommuneError } from '../model/errors.ts'
import type { ConnectionOptions } from './command-options.ts'
import { configPaths, readLogin, type Login } from './config-file.ts'
import type { Io } from './io.ts'

export const DEFAULT_PLC_URL = 'https://plc.directory'

/** Which account on which PDS, and how to prove it. */
export interface Connection {
  readonly service: string
  readonly identifier: string
  readonly plcUrl: string
  /** From the environment only: flags are seen by everybody on the machine. */
  readonly password?: string
  /** Kept session; absent when the password came from the environment, so that CI leaves no trace. */
  readonly sessionFile?: string
  /** PDS, PLC directory and meshlets may be on this machine or in this network. */
  readonly allowPrivateAddresses: boolean
}

/** What to use: flags, then the environment, then `commune login`. Fails with code `unauthorized`. */
export async function resolveConnection(io: Io, options: ConnectionOptions): Promise<Connection> {
  const given = settingsOf(io, options)
  const paths = configPaths(io.env)
  const password = filled(io.env['COMMUNE_PASSWORD'])
  const complete = given.service !== undefined && given.identifier !== undefined
  const login = complete && password !== undefined ? undefined : await readLogin(paths)
  const service = given.service ?? login?.service
  const identifier = given.identifier ?? login?.identifier
  if (service === undefined || identifier === undefined) throw notLoggedIn(given)
  const plcUrl = given.plcUrl ?? login?.plcUrl ?? DEFAULT_PLC_URL
  const base = {
    service: parseUrl(service, 'The service'),
    identifier: identifier.replace(/^@/, ''),
    plcUrl: parseUrl(plcUrl, 'The PLC directory'),
    allowPrivateAddresses: mayBePrivate(io, service, plcUrl),
  }
  if (password !== undefined) return { ...base, password }
  if (!sameLogin(login, base)) throw noPassword(base.identifier, base.service)
  return { ...base, sessionFile: paths.session }
}

/** What flags and environment say, without what was remembered. */
export function settingsOf(
  io: Io,
  options: ConnectionOptions,
): { service?: string; identifier?: string; plcUrl?: string } {
  const service = options.service ?? filled(io.env['COMMUNE_SERVICE'])
  const identifier = options.identifier ?? filled(io.env['COMMUNE_IDENTIFIER'])
  const plcUrl = options.plcUrl ?? filled(io.env['COMMUNE_PLC_URL'])
  return {
    ...(service === undefined ? {} : { service }),
    ...(identifier === undefined ? {} : { identifier }),
    ...(plcUrl === undefined ? {} : { plcUrl }),
  }
}

/** A URL without its trailing slash. Fails with code `usage`. */
export function parseUrl(text: string, what: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new CommuneError('usage', `${what} "${text}" is no URL.`, {
    hint: 'Write it like https://pds.example.org',
  })
}

/** Whether addresses in records may lead into this network: a PDS on this machine shows that they do. */
export function mayBePrivate(
  { env }: Pick<Io, 'env'>,
  ...configured: readonly (string | undefined)[]
): boolean {
  if (env['COMMUNE_PRIVATE_ADDRESSES'] === 'yes') return true
  return configured.some((url) => url !== undefined && isLoopback(url))
}

function isLoopback(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { hostname } = new URL(url)
  return hostname === 'localhost' || hostname === '[::1]' || hostname.startsWith('127.')
}

function filled(value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : value
}

function sameLogin(login: Login | undefined, base: { service: string; identifier: string }) {
  return (
    login !== undefined &&
    login.service.replace(/\/+$/, '') === base.service &&
    login.identifier === base.identifier
  )
}

function notLoggedIn(given: { service?: string; identifier?: string }): CommuneError {
  const missing = [
    given.service === undefined ? 'COMMUNE_SERVICE' : undefined,
    given.identifier === undefined ? 'COMMUNE_IDENTIFIER' : undefined,
  ].filter((name) => name !== undefined)
  return new CommuneError('unauthorized', 'You are not logged in.', {
    hint: `Run "commune login", or set ${missing.join(' and ')} (and COMMUNE_PASSWORD).`,
  })
}

function noPassword(identifier: string, service: string): CommuneError {
  return new CommuneError('unauthorized', `There is no password for ${identifier} at ${service}.`, {
    hint: 'Set COMMUNE_PASSWORD, or run "commune login".',
  })
}
