import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/**
 * Lets Node keep what it compiles beside the built program, so that the next command need not compile
 * it again. Only the owner of the program's folder keeps something, in that folder: who could put
 * something else there could change the program itself, and nobody leaves files that the owner can't
 * remove. Where nothing can be written, nothing is kept. NODE_DISABLE_COMPILE_CACHE=1 turns it off.
 *
 * @param program address of a module of the program; sources keep nothing
 */
export function keepCompiledCode(program: string): void {
  if (!program.endsWith('.js')) return
  const built = fileURLToPath(new URL('../', program))
  if (statSync(built).uid !== process.getuid?.()) return
  // Importing this module as others are makes Node load more than a small command needs.
  process.getBuiltinModule('node:module').enableCompileCache(`${built}compiled`)
}
