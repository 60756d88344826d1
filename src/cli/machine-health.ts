import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import type { MeshletOutput } from '../xrpc/client.ts'
import { askMachine } from './ask-machine.ts'
import type { ReadingOptions } from './command-options.ts'
import type { CommandContext } from './command-spec.ts'
import { openLoginIfAny } from './open-login.ts'
import type { Reading } from './reading.ts'

export type Health = MeshletOutput<typeof METHOD.getHealth>

/** A list does not wait long for what is only an addition to it. */
const TIMEOUT_MS = 3_000

/** What can't be read from records: asked of each machine, as far as it lets one ask. */
export async function askForHealth(
  context: CommandContext,
  options: ReadingOptions,
  about: {
    readonly reading: Reading
    readonly dids: readonly Did[]
    readonly down: ReadonlySet<Did>
  },
): Promise<ReadonlyMap<Did, Health>> {
  const { io } = context
  const { reading, dids, down } = about
  await using login = await openLoginIfAny(context, options, 'The machines are not asked')
  if (login === undefined) return new Map()
  const { allowPrivateAddresses } = login.connection
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const answers = await Promise.all(
    dids.map(async (did) => {
      const answer = await askMachine(io, { session: login.session, reading, down }, did, {
        method: 'getHealth',
        timeoutMs: TIMEOUT_MS,
        what: 'how it is',
        rule: 'only those who share a commune with it may ask how it is',
        call: (address) => client.call({ ...address, method: METHOD.getHealth }),
      })
      return [did, answer] as const
    }),
  )
  return new Map(
    answers.flatMap(([did, answer]) =>
      answer.kind === 'answer' ? [[did, answer.body] as const] : [],
    ),
  )
}
