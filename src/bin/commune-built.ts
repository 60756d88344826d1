#!/usr/bin/env node
// What `commune.ts` is for the sources, for the built program: it loads its parts with compiled code.
import { EXIT } from '../cli/exit.ts'
import type * as Main from './commune-main.ts'
import { CompiledParts } from './compiled-parts.ts'

/** The name of a command; what else stands there has no compiled code of its own. */
const COMMAND = /^[a-z]{1,24}$/
const NO_COMMAND = 'help'

const { statSync } = process.getBuiltinModule('node:fs')
const { fileURLToPath } = process.getBuiltinModule('node:url')

const built = fileURLToPath(new URL('../', import.meta.url))
const [word = ''] = process.argv.slice(2)
const command = COMMAND.test(word) ? word : NO_COMMAND
const parts = new CompiledParts({ command, kept: mayKeep() ? `${built}compiled` : undefined })
const { runCommandLine } = parts.load(`${built}bin/commune-main.cjs`) as typeof Main
const ran = await runCommandLine()
// What failed at the start compiled other things, and what is no command would leave files of any name.
const isUsual = process.exitCode === EXIT.done || process.exitCode === EXIT.failed
if (isUsual && (ran ?? NO_COMMAND) === command) parts.keep()

/**
 * Only the owner of the program's folder keeps something, in that folder: who could put something else
 * there could change the program itself, and nobody leaves files that the owner can't remove.
 */
function mayKeep(): boolean {
  if (process.env['NODE_DISABLE_COMPILE_CACHE'] === '1') return false
  return statSync(built).uid === process.getuid?.()
}
