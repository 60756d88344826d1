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
  if (!io.isInteractive) requireSettings(io, settings)
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
  io.note(
    `Logged in as ${session.handle} (${session.did}) at ${session.pdsUrl}.\n` +
      'Next: commune get workloads, or commune sync FOLDER --dry-run\n',
  )
  return EXIT.done
}

/** Without a terminal nothing is asked, so that all that is missing is named at once. */
function requireSettings(io: Io, settings: ReturnType<typeof settingsOf>): void {
  const missing = [
    settings.service === undefined ? '--service' : undefined,
    settings.identifier === undefined ? '--identifier' : undefined,
    io.env['COMMUNE_PASSWORD'] ? undefined : 'COMMUNE_PASSWORD in the environment',
  ].filter((name) => name !== undefined)
  if (missing.length === 0) return
  throw new CommuneError('usage', 'There is no terminal to ask at.', {
    hint: `Give ${joinAnd(missing)}.`,
  })
}

function joinAnd(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}

async function demand(io: Io, question: string, flag: string, hidden = false): Promise<string> {
  const answer = (await io.ask(question, { hidden })).trim()
  if (answer !== '') return answer
  throw new CommuneError('usage', 'Nothing was entered.', { hint: `Give ${flag}.` })
}
