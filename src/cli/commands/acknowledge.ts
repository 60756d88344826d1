import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { AcknowledgementRecord, Did, UsageRecord } from '../../model/records.ts'
import { parseWorkloadUri } from '../../model/workload-uri.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openGoverning, strongRef, timeOf } from '../governing.ts'

interface AcknowledgeOptions extends ConnectionOptions {
  readonly nothing?: boolean
}

/** The owner's own word on what a machine claims to have held for her; it goes before her machines'. */
export async function runAcknowledge(
  context: CommandContext,
  [claim = '']: readonly string[],
  options: AcknowledgeOptions,
): Promise<number> {
  const { io } = context
  await using governing = await openGoverning(context, options)
  const { session, reading, nowMs } = governing
  const usage = strongRef(reading, claim)
  const [, , did = '', collection = '', rkey = ''] = usage.uri.split('/')
  if (collection !== COLLECTION.usage)
    throw new CommuneError('usage', `${claim} is no claim.`, {
      hint: 'Give the address of a usage record: "commune balance --explain" lists them.',
    })
  const record = reading.view.get<UsageRecord>(did as Did, COLLECTION.usage, rkey)
  const entries = (record?.value.entries ?? []).filter(
    ({ workload }) => parseWorkloadUri(workload)?.owner === session.did,
  )
  if (entries.length === 0)
    throw new CommuneError('usage', 'The claim names no workload of yours.', {
      hint: '"commune balance --explain" lists those that do.',
    })
  const said =
    options.nothing === true ? entries.map((entry) => ({ ...entry, amount: 0 })) : entries
  const value: AcknowledgementRecord = {
    $type: COLLECTION.acknowledgement,
    usage,
    entries: [...said],
    createdAt: timeOf(nowMs),
  }
  const key = recordKeyFor(usage.uri)
  await governing.write([
    { action: 'put', collection: COLLECTION.acknowledgement, rkey: key, value },
  ])
  io.out(`acknowledged ${options.nothing === true ? 'nothing' : `${said.length}`} of ${rkey}\n`)
  return EXIT.done
}
