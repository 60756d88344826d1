import { CommuneError } from '../../model/errors.ts'
import { isDnsLabel, suggestDnsLabel } from '../../model/name.ts'
import { isDid } from '../../model/workload-uri.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { linkMeshlet } from '../link-meshlet.ts'
import { openLogin } from '../open-login.ts'

interface MeshletAddOptions extends ConnectionOptions {
  readonly name?: string
}

/** Writes the owner's half of the link; the machine's own half is written by the machine. */
export async function runMeshletAdd(
  context: CommandContext,
  [did = '']: readonly string[],
  options: MeshletAddOptions,
): Promise<number> {
  const { io } = context
  if (!isDid(did)) {
    throw new CommuneError('usage', `"${did}" is no DID.`, {
      hint: 'A meshlet is named by its DID, such as did:plc:… or did:web:box.example.org.',
    })
  }
  const name = options.name ?? suggestDnsLabel(did.replace(/^did:[a-z]+:/, '')) ?? 'meshlet'
  if (!isDnsLabel(name)) {
    throw new CommuneError('usage', `"${name}" can't be the name of a machine.`, {
      hint: `Use lower-case letters, digits and hyphens, for instance --name ${suggestDnsLabel(name) ?? 'box'}`,
    })
  }
  await using login = await openLogin(context, options)
  const { session } = login
  const outcome = await linkMeshlet(session, {
    name,
    did,
    now: io.clock.wallMs(),
    signal: io.signal,
  })
  io.out(
    outcome === 'unchanged'
      ? `${name} is ${did} already.\n`
      : `${name} (${did}) is now declared a machine of ${session.handle}.\n`,
  )
  io.note(
    `Its other half is the machine's: start it with  meshlet --did=${did} --owner=${session.did}\n`,
  )
  return EXIT.done
}
