import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printData } from '../output.ts'

interface WhoamiOptions extends ConnectionOptions {
  readonly output?: string
}

/** Opens the session, so that what it says is true and not only configured. */
export async function runWhoami(
  context: CommandContext,
  _args: readonly string[],
  options: WhoamiOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  await using login = await openLogin(context, options)
  const { session } = login
  const who = { did: session.did, handle: session.handle, service: session.pdsUrl }
  switch (format) {
    case 'json':
    case 'yaml':
      printData(io, format, who)
      break
    case 'name':
      io.out(`${who.did}\n`)
      break
    case 'table':
    case 'wide':
      io.out(`${who.handle}  ${who.did}  ${who.service}\n`)
      break
  }
  return EXIT.done
}
