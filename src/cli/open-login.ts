import type { Session } from '../atproto/session.ts'
import { CommuneError } from '../model/errors.ts'
import type { ConnectionOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { resolveConnection, type Connection } from './connection.ts'

export interface OpenLogin extends AsyncDisposable {
  readonly session: Session
  readonly connection: Connection
}

/** The session of whoever is logged in, or of whom flags and environment name. */
export async function openLogin(
  { io, drivers }: CommandContext,
  options: ConnectionOptions,
): Promise<OpenLogin> {
  const connection = await resolveConnection(io, options)
  const { password, ...rest } = connection
  try {
    const session = await drivers.openSession({ ...rest, password: password ?? '' })
    return {
      session,
      connection,
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    }
  } catch (error) {
    throw password === undefined ? loginEnded(error, connection) : error
  }
}

/**
 * The same for a command that can do with less: undefined, and said on stderr, when nobody is logged
 * in or the login is of no use.
 */
export async function openLoginIfAny(
  context: CommandContext,
  options: ConnectionOptions,
  without: string,
): Promise<OpenLogin | undefined> {
  try {
    return await openLogin(context, options)
  } catch (error) {
    if (!(error instanceof CommuneError)) throw error
    context.io.note(`${without}: ${error.message}\n`)
    return undefined
  }
}

/** Without a password a session that is of no use can't be opened again: say that, and what to do. */
function loginEnded(error: unknown, { identifier }: Connection): unknown {
  if (!(error instanceof CommuneError)) return error
  const hint = 'Run "commune login" again, or set COMMUNE_PASSWORD.'
  switch (error.code) {
    case 'unauthorized':
      return new CommuneError('unauthorized', `The login of ${identifier} has ended.`, {
        hint,
        cause: error,
      })
    case 'io':
      return new CommuneError('io', `The login of ${identifier} can't be used: ${error.message}`, {
        hint,
        cause: error,
      })
    default:
      return error
  }
}
