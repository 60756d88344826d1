import { homedir } from 'node:os'
import path from 'node:path'
import type { Did } from '../model/records.ts'

/** Where a meshlet remembers things when nobody says, by the XDG base directory specification. */
export function defaultStateDir(did: Did): string {
  const base = process.env['XDG_STATE_HOME'] ?? path.join(homedir(), '.local', 'state')
  return path.join(base, 'meshlet', did.replaceAll(':', '_').replaceAll('%', '_'))
}
