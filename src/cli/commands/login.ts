import { CommuneError } from '../../model/errors.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { configPaths, makeConfigFolder, removeLogin, writeLogin } from '../config-file.ts'
import { parseUrl, settingsOf } from '../connection.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'

/** Opens a session and keeps it. The password itself is never written down. */
export async function runLogin(
  { io, drivers }: CommandContext,
  _args: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  const settings = settingsOf(io, options)
  const service = parseUrl(
    settings.service ?? (await demand(io, 'PDS (https://…): ', '--service')),
    'The service',
  )
  const identifier = settings.identifier ?? (await demand(io, 'Handle or DID: ', '--identifier'))
  const password =
    io.env['COMMUNE_PASSWORD'] || (await demand(io, 'App password: ', 'COMMUNE_PASSWORD', true))
  const plc =
    settings.plcUrl === undefined ? {} : { plcUrl: parseUrl(settings.plcUrl, 'The PLC directory') }
  const login = { service, identifier: identifier.replace(/^@/, ''), ...plc }

  const paths = configPaths(io.env)
  await makeConfigFolder(paths)
  // A session of another account must not be taken for the new one.
  await removeLogin(paths)
  await using session = await drivers.openSession({
    ...login,
    password,
    sessionFile: paths.session,
  })
  await writeLogin(paths, login)
  io.note(`Logged in as ${session.handle} (${session.did}) at ${session.pdsUrl}.\n`)
  return EXIT.done
}

async function demand(io: Io, question: string, flag: string, hidden = false): Promise<string> {
  if (!io.isInteractive) {
    throw new CommuneError('usage', 'There is no terminal to ask at.', { hint: `Give ${flag}.` })
  }
  const answer = (await io.ask(question, { hidden })).trim()
  if (answer === '')
    throw new CommuneError('usage', 'Nothing was entered.', { hint: `Give ${flag}.` })
  return answer
}
