import type { CommandContext } from '../command-spec.ts'
import { configPaths, readLogin, removeLogin } from '../config-file.ts'
import { EXIT } from '../exit.ts'

/** Forgets the session on this machine. Being logged out already is no error. */
export async function runLogout({ io }: CommandContext): Promise<number> {
  const paths = configPaths(io.env)
  const login = await readLogin(paths).catch(() => undefined)
  await removeLogin(paths)
  io.note(login === undefined ? 'Nobody was logged in.\n' : `Logged out ${login.identifier}.\n`)
  return EXIT.done
}
