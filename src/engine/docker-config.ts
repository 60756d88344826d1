import { spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { loginAddress } from '../model/image-reference.ts'
import type { RegistryAuth } from '../ports/engine.ts'

export interface CredentialOptions {
  /** Folder of config.json; $DOCKER_CONFIG or ~/.docker when absent. */
  readonly folder?: string
  /** For programs that keep credentials. */
  readonly helperTimeoutMs?: number
  readonly environment?: NodeJS.ProcessEnv
  readonly signal?: AbortSignal
}

const HELPER_TIMEOUT_MS = 10_000
const HELPER_OUTPUT_BYTES_MAX = 64 * 1024
const HELPER_NAME = /^[A-Za-z0-9._-]{1,64}$/

/** The parts of Docker's config.json that name credentials (docs.docker.com, "docker login"). */
interface DockerConfig {
  readonly auths?: Readonly<Record<string, AuthEntry | undefined>>
  readonly credHelpers?: Readonly<Record<string, string | undefined>>
  readonly credsStore?: string
}

interface AuthEntry {
  readonly auth?: string
  readonly username?: string
  readonly password?: string
}

/**
 * What `docker login` left behind for a registry, or undefined. Fails with `io` when the file is
 * damaged or the helper program does not work; no secret ever enters a message.
 */
export async function findCredentials(
  registry: string,
  options: CredentialOptions = {},
): Promise<RegistryAuth | undefined> {
  const environment = options.environment ?? process.env
  const folder = options.folder ?? environment['DOCKER_CONFIG'] ?? join(homedir(), '.docker')
  const config = await readConfig(join(folder, 'config.json'))
  if (config === undefined) return undefined
  const keys = keysOf(registry)
  const helper = keys.map((key) => config.credHelpers?.[key]).find(Boolean) ?? config.credsStore
  if (helper) {
    const found = await askHelper(helper, keys[0] ?? registry, environment, options)
    return found && { ...found, serverAddress: keys[0] ?? registry }
  }
  for (const key of keys) {
    const found = fromEntry(config.auths?.[key])
    if (found) return { ...found, serverAddress: key }
  }
  return undefined
}

/** Addresses under which a registry may be filed, the usual one first. */
function keysOf(registry: string): string[] {
  if (registry === 'docker.io') return [loginAddress(registry), 'index.docker.io', 'docker.io']
  return [registry, `https://${registry}`, `https://${registry}/`, `https://${registry}/v2/`]
}

async function readConfig(path: string): Promise<DockerConfig | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new CommuneError('io', `${path} can't be read`, { cause: error })
  }
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    // The parser's own message quotes the text, and the text holds passwords.
    throw new CommuneError('io', `${path} is no JSON`, { hint: 'docker login writes it anew' })
  }
}

function fromEntry(
  entry: AuthEntry | undefined,
): { username: string; password: string } | undefined {
  if (typeof entry?.username === 'string' && typeof entry.password === 'string') {
    return { username: entry.username, password: entry.password }
  }
  if (typeof entry?.auth !== 'string') return undefined
  const text = Buffer.from(entry.auth, 'base64').toString('utf8').replace(/\0+$/, '')
  const colon = text.indexOf(':')
  if (colon < 1) return undefined
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}

/** Speaks the protocol of github.com/docker/docker-credential-helpers: address in, JSON out. */
async function askHelper(
  name: string,
  server: string,
  environment: NodeJS.ProcessEnv,
  options: CredentialOptions,
): Promise<{ username: string; password: string } | undefined> {
  const program = `docker-credential-${name}`
  if (!HELPER_NAME.test(name)) {
    throw new CommuneError('io', 'Docker’s configuration names an impossible credential helper')
  }
  const timeoutMs = options.helperTimeoutMs ?? HELPER_TIMEOUT_MS
  const { code, output } = await runHelper(program, server, environment, timeoutMs, options.signal)
  if (code !== 0) {
    if (/credentials not found/i.test(output)) return undefined
    throw new CommuneError('io', `${program} failed with exit code ${code}`, {
      hint: `try it by hand: echo ${server} | ${program} get`,
    })
  }
  try {
    const answer = JSON.parse(output) as { Username?: unknown; Secret?: unknown }
    const { Username: username, Secret: password } = answer
    if (typeof username === 'string' && typeof password === 'string') return { username, password }
  } catch {
    // Told below, without the output: it may hold the secret.
  }
  throw new CommuneError('io', `${program} gave no usable answer`)
}

function runHelper(
  program: string,
  server: string,
  environment: NodeJS.ProcessEnv,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<{ code: number; output: string }> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted()
    const child = spawn(program, ['get'], { env: environment, stdio: ['pipe', 'pipe', 'ignore'] })
    const output: Buffer[] = []
    let bytes = 0
    const timer = setTimeout(() => {
      child.kill('SIGKILL')
      reject(new CommuneError('timeout', `${program} did not answer within ${timeoutMs / 1000} s`))
    }, timeoutMs)
    const onAbort = () => {
      child.kill('SIGKILL')
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', onAbort, { once: true })
    const settle = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    child.on('error', (cause) => {
      settle()
      reject(new CommuneError('io', `${program} can't be run`, { cause, hint: 'is it in PATH?' }))
    })
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= HELPER_OUTPUT_BYTES_MAX) output.push(chunk)
    })
    child.on('close', (code) => {
      settle()
      resolve({ code: code ?? 1, output: Buffer.concat(output).toString('utf8') })
    })
    // A helper that ends without reading is judged by its exit code.
    child.stdin.on('error', () => {})
    child.stdin.end(server)
  })
}
