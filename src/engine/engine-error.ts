import { CommuneError, messageOf } from '../model/errors.ts'

const MESSAGE_LENGTH_MAX = 500

/** What a failed request can carry: a system error's code, or the engine's status and answer. */
interface RequestFailure {
  readonly code?: unknown
  readonly statusCode?: unknown
  readonly json?: unknown
}

/** The HTTP status with which the engine refused, or undefined when it never answered. */
export function statusOf(error: unknown): number | undefined {
  const status = (error as RequestFailure | undefined)?.statusCode
  return typeof status === 'number' ? status : undefined
}

/** What the engine says went wrong, for people: one short line without control characters. */
export function engineMessage(error: unknown): string {
  return plainWords(engineText(error))
}

/** The same word for word, for who looks in it for what kind of failure it is. */
export function engineText(error: unknown): string {
  const answer = (error as RequestFailure | undefined)?.json
  const said = (answer as { message?: unknown } | undefined)?.message
  return oneLine(typeof said === 'string' ? said : messageOf(error))
}

/**
 * Without what the client and Go's network library put around the words: status lines, the whole
 * address of a request, and addresses in the engine's own network, which are nobody else's business.
 */
export function plainWords(text: string): string {
  return text
    .replace(/^\(HTTP code \d+\) [a-z ]+ - /, '')
    .replace(/\b(?:Get|Head|Post|Put) "?https?:\/\/([^/"\s]+)[^"\s]*"?: /g, '$1: ')
    .replace(/\bdial tcp: lookup \S+(?: on [\d.:[\]a-f]+)?: /g, '')
    .replace(/\bdial (?:tcp|udp)(?: [\d.:[\]a-f]+)?: /g, '')
}

/** Text from outside (engine, registry, container) made fit for one line of a log or a terminal. */
export function oneLine(text: string): string {
  const clean = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim()
  return clean.length > MESSAGE_LENGTH_MAX ? `${clean.slice(0, MESSAGE_LENGTH_MAX)}…` : clean
}

/**
 * Turns whatever a request threw into a CommuneError: `engine-unreachable` when no answer came,
 * `engine` when the engine refused or failed.
 */
export function toEngineError(error: unknown, doing: string, address: string): CommuneError {
  if (error instanceof CommuneError) return error
  const status = statusOf(error)
  if (status !== undefined) {
    return new CommuneError('engine', `The engine failed at ${doing}: ${engineMessage(error)}`, {
      retry: status >= 500,
      cause: error,
    })
  }
  return new CommuneError('engine-unreachable', unreachableMessage(error, doing, address), {
    retry: true,
    hint: unreachableHint(codeOf(error)),
    cause: error,
  })
}

/** The engine took longer than `timeoutMs`. */
export function engineTimeout(doing: string, address: string, timeoutMs: number): CommuneError {
  const message = `The engine at ${address} did not finish ${doing} within ${timeoutMs / 1000} s`
  return new CommuneError('engine-unreachable', message, {
    retry: true,
    hint: 'look at the engine’s own log; a hanging engine usually needs a restart',
  })
}

function codeOf(error: unknown): string {
  const code = (error as RequestFailure | undefined)?.code
  return typeof code === 'string' ? code : ''
}

function unreachableMessage(error: unknown, doing: string, address: string): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `No container engine listens at ${address}`
    case 'EACCES':
    case 'EPERM':
      return `This user may not talk to the container engine at ${address}`
    case 'ECONNREFUSED':
      return `The container engine at ${address} is not running: it refuses the connection`
    case 'ECONNRESET':
    case 'EPIPE':
    case 'ERR_STREAM_PREMATURE_CLOSE':
      return `The engine at ${address} closed the connection during ${doing}`
    case '':
      return `The engine at ${address} gave no usable answer to ${doing}: ${oneLine(messageOf(error))}`
    default:
      return `The container engine at ${address} can't be reached (${codeOf(error)})`
  }
}

function unreachableHint(code: string): string {
  switch (code) {
    case 'ENOENT':
      return 'start Docker or Podman, or set DOCKER_HOST; from a checkout, scripts/engine.sh start brings one'
    case 'EACCES':
    case 'EPERM':
      return 'run as root or as a member of the group that owns the socket (often docker)'
    case 'ECONNREFUSED':
      return 'start the engine: systemctl start docker, or from a checkout scripts/engine.sh start'
    default:
      return 'see whether the engine runs (docker info)'
  }
}

/** The container is not there. */
export function gone(id: string, cause?: unknown): CommuneError {
  return new CommuneError('not-found', `Container ${id} does not exist`, { cause })
}
