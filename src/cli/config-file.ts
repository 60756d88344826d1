import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Io } from './io.ts'

/** What `commune login` remembers beside the session. Holds no secret. */
export interface Login {
  readonly service: string
  readonly identifier: string
  readonly plcUrl?: string
}

export interface ConfigPaths {
  readonly folder: string
  readonly login: string
  /** Tokens of the session; readable by its owner only. */
  readonly session: string
}

/** Where the XDG base directory specification puts them. */
export function configPaths(env: Io['env']): ConfigPaths {
  const base = env['XDG_CONFIG_HOME']
  const folder = join(base ? base : join(env['HOME'] ?? homedir(), '.config'), 'commune')
  return { folder, login: join(folder, 'login.json'), session: join(folder, 'session.json') }
}

/** Undefined when nobody logged in. Fails with code `io` when the file can't be read or is damaged. */
export async function readLogin(paths: ConfigPaths): Promise<Login | undefined> {
  let text: string
  try {
    text = await readFile(paths.login, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommuneError('io', `${paths.login} can't be read: ${messageOf(error)}`, {
      cause: error,
    })
  }
  const login = parseLogin(text)
  if (login !== undefined) return login
  throw new CommuneError('io', `${paths.login} is damaged.`, {
    hint: 'Log in again: commune login',
  })
}

/** Written beside and renamed, so that an interruption leaves the old file or the new one. */
export async function writeLogin(paths: ConfigPaths, login: Login): Promise<void> {
  await makeConfigFolder(paths)
  const draft = `${paths.login}.new`
  await writeFile(draft, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600 })
  await rename(draft, paths.login)
}

export async function makeConfigFolder(paths: ConfigPaths): Promise<void> {
  await mkdir(paths.folder, { recursive: true, mode: 0o700 })
}

/** Forgetting what is not there is no error. */
export async function removeLogin(paths: ConfigPaths): Promise<void> {
  await rm(paths.session, { force: true })
  await rm(paths.login, { force: true })
}

function parseLogin(text: string): Login | undefined {
  try {
    const value = JSON.parse(text) as Partial<Login> | null
    if (typeof value?.service !== 'string' || typeof value.identifier !== 'string') return undefined
    const { service, identifier, plcUrl } = value
    return { service, identifier, ...(typeof plcUrl === 'string' ? { plcUrl } : {}) }
  } catch {
    return undefined
  }
}
