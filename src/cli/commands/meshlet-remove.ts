import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { listLinks } from '../link-meshlet.ts'
import { openLogin } from '../open-login.ts'

/** Deletes the owner's half of the link. */
export async function runMeshletRemove(
  context: CommandContext,
  [name = '']: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  const { io } = context
  await using login = await openLogin(context, options)
  const { session } = login
  const known = await listLinks(session, io.signal)
  if (!known.has(name)) {
    const names = [...known.keys()].join(', ')
    throw new CommuneError('not-found', `${session.handle} has no machine "${name}".`, {
      hint: names === '' ? '"commune meshlet add DID" declares one.' : `There are: ${names}.`,
    })
  }
  await session.writer.apply([{ action: 'delete', collection: COLLECTION.meshlet, rkey: name }], {
    signal: io.signal,
  })
  io.out(
    `${name} is no machine of ${session.handle} any more; what runs there for others drains.\n`,
  )
  return EXIT.done
}
