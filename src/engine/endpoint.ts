import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { DockerOptions } from 'dockerode'
import { CommuneError } from '../model/errors.ts'

/** Where an engine listens, and how people call that place. */
export interface EngineEndpoint {
  readonly options: DockerOptions
  readonly address: string
}

export const DEFAULT_SOCKET = '/var/run/docker.sock'

const TLS_PORT = 2376
const PLAIN_PORT = 2375
const HINT = 'use unix:///path/to/docker.sock or tcp://host:port'

/**
 * Understands DOCKER_HOST as Docker's own command does, `ssh://` excepted. A Podman socket is given
 * as `unix://…/podman.sock`. Fails with code `usage`.
 */
export function parseDockerHost(
  dockerHost: string | undefined,
  environment: Readonly<Record<string, string | undefined>> = {},
): EngineEndpoint {
  if (dockerHost === undefined || dockerHost === '') return unixEndpoint(DEFAULT_SOCKET)
  if (dockerHost.startsWith('/')) return unixEndpoint(dockerHost)
  const url = URL.parse(dockerHost)
  switch (url?.protocol) {
    case 'unix:':
      return unixEndpoint(dockerHost.slice('unix://'.length) || DEFAULT_SOCKET)
    case 'tcp:':
    case 'http:':
    case 'https:':
      return tcpEndpoint(url, environment)
    case 'ssh:':
      throw new CommuneError('usage', `commune does not speak ssh to an engine (${dockerHost})`, {
        hint: 'forward the socket (ssh -L /tmp/docker.sock:/var/run/docker.sock HOST) and set DOCKER_HOST=unix:///tmp/docker.sock',
      })
    default:
      throw new CommuneError('usage', `${dockerHost} is no address of an engine`, { hint: HINT })
  }
}

function unixEndpoint(socketPath: string): EngineEndpoint {
  return { options: { socketPath }, address: socketPath }
}

function tcpEndpoint(
  url: URL,
  environment: Readonly<Record<string, string | undefined>>,
): EngineEndpoint {
  const tls = url.protocol === 'https:' || Boolean(environment['DOCKER_TLS_VERIFY'])
  const port = url.port === '' ? (tls ? TLS_PORT : PLAIN_PORT) : Number(url.port)
  if (url.hostname === '') {
    throw new CommuneError('usage', `${url.href} names no host`, { hint: HINT })
  }
  const options: DockerOptions = {
    host: url.hostname,
    port,
    protocol: tls ? 'https' : 'http',
    ...(tls ? certificates(environment['DOCKER_CERT_PATH']) : {}),
  }
  return { options, address: `tcp://${url.hostname}:${port}` }
}

function certificates(folder: string | undefined): DockerOptions {
  if (folder === undefined || folder === '') return {}
  const read = (name: string) => {
    try {
      return readFileSync(join(folder, name))
    } catch (cause) {
      throw new CommuneError('io', `${join(folder, name)} can't be read`, {
        hint: 'DOCKER_CERT_PATH names the folder that holds ca.pem, cert.pem and key.pem',
        cause,
      })
    }
  }
  return { ca: read('ca.pem'), cert: read('cert.pem'), key: read('key.pem') }
}
