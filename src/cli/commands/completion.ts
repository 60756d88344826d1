import { CommuneError } from '../../model/errors.ts'
import type { CommandContext } from '../command-spec.ts'
import { renderBash } from '../completion/bash.ts'
import { renderFish } from '../completion/fish.ts'
import { NAME_KINDS, SHELLS, type Shell } from '../completion/grammar.ts'
import { listNames } from '../completion/list-names.ts'
import { renderZsh } from '../completion/zsh.ts'
import { EXIT } from '../exit.ts'

interface CompletionOptions {
  readonly names?: string
}

/** Nobody waits longer for a completion. */
const NAMES_TIMEOUT_MS = 3_000

const RENDER: Readonly<Record<Shell, () => string>> = {
  bash: renderBash,
  zsh: renderZsh,
  fish: renderFish,
}

/** Prints the script that makes a shell complete command lines. */
export async function runCompletion(
  context: CommandContext,
  [given]: readonly string[],
  { names }: CompletionOptions,
): Promise<number> {
  if (names !== undefined) return await printNames(context, names)
  const shell = SHELLS.find((name) => name === given)
  if (shell === undefined) {
    const message =
      given === undefined ? 'For which shell?' : `"${given}" is no shell that is known here.`
    throw new CommuneError('usage', message, {
      hint: `Give one of ${SHELLS.join(', ')}: commune completion bash`,
    })
  }
  context.io.out(RENDER[shell]())
  return EXIT.done
}

/** What a shell asks while somebody types: it is quick, and without an answer silent. */
async function printNames({ io, drivers }: CommandContext, given: string): Promise<number> {
  const kind = NAME_KINDS.find((name) => name === given)
  if (kind === undefined) return EXIT.done
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(NAMES_TIMEOUT_MS)])
  const silent = { ...io, note: () => undefined, isInteractive: false, signal }
  try {
    const names = await listNames({ io: silent, drivers }, kind)
    io.out(names.map((name) => `${name}\n`).join(''))
  } catch {
    // Offline, not logged in, too slow: then there are no names to offer.
  }
  return EXIT.done
}
