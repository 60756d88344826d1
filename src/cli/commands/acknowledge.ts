import { waitingClaims, type WaitingClaim } from '../../ledger/waiting-claims.ts'
import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { AcknowledgementRecord, Did, UsageRecord } from '../../model/records.ts'
import { parseWorkloadUri } from '../../model/workload-uri.ts'
import type { Write } from '../../ports/records.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit.ts'
import { formatWaiting, machineDays } from '../format-waiting.ts'
import { openGoverning, strongRef, timeOf, type Governing } from '../governing.ts'

interface AcknowledgeOptions extends ConnectionOptions {
  readonly nothing?: boolean
  readonly all?: boolean
  readonly yes?: boolean
}

/** A PDS takes 200. */
const WRITES_A_COMMIT = 100

type Entries = AcknowledgementRecord['entries']

/** The owner's own word on what a machine claims to have held for her; it goes before her machines'. */
export async function runAcknowledge(
  context: CommandContext,
  [claim]: readonly string[],
  options: AcknowledgeOptions,
): Promise<number> {
  if (options.all === true && (claim !== undefined || options.nothing === true))
    throw new CommuneError('usage', '--all goes with neither a claim nor --nothing.', {
      hint: 'Give --all alone, or the address of one claim.',
    })
  if (claim === undefined && options.nothing === true)
    throw new CommuneError('usage', 'Nothing of which claim?', {
      hint: '"commune acknowledge" lists those that wait for your word.',
    })
  await using governing = await openGoverning(context, options)
  if (claim !== undefined)
    return acknowledgeOne(context, governing, claim, options.nothing === true)
  return acknowledgeWaiting(context, governing, options)
}

async function acknowledgeOne(
  { io }: CommandContext,
  governing: Governing,
  claim: string,
  isNothing: boolean,
): Promise<number> {
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
  const said = isNothing ? entries.map((entry) => ({ ...entry, amount: 0 })) : entries
  await governing.write([writeOf(usage, said, nowMs)])
  io.out(`acknowledged ${isNothing ? 'nothing' : `${said.length}`} of ${rkey}\n`)
  return EXIT.done
}

/** Shows what waits for her word; with `--all` says yes to all against which nothing speaks. */
async function acknowledgeWaiting(
  { io }: CommandContext,
  governing: Governing,
  { all, yes }: AcknowledgeOptions,
): Promise<number> {
  const { session, reading, nowMs } = governing
  const claims = waitingClaims(reading.view, session.did, nowMs)
  if (claims.length === 0) {
    io.note('No claim waits for your word.\n')
    return EXIT.done
  }
  io.out(formatWaiting(claims, reading.names))
  const sound = claims.filter(({ entries }) => entries.every(({ doubt }) => doubt === undefined))
  if (all !== true) {
    io.note('Say yes to those without a doubt with --all, and to one with its address.\n')
    return EXIT.done
  }
  const doubted = claims.length - sound.length
  if (doubted > 0)
    io.note(`${doubted} left out, with a doubt: acknowledge or dispute by address.\n`)
  if (sound.length === 0) return EXIT.done
  const question = `Acknowledge ${countOf(sound)}, ${machineDays(sound)} machine-days?`
  if (!(await confirm(io, question, { yes, flag: '--yes' }))) {
    io.note('Nothing was written.\n')
    return EXIT.failed
  }
  const writes = sound.map(({ usage, entries }) => writeOf(usage, [...entries], nowMs))
  for (let from = 0; from < writes.length; from += WRITES_A_COMMIT)
    await governing.write(writes.slice(from, from + WRITES_A_COMMIT))
  io.out(`acknowledged ${countOf(sound)}\n`)
  io.note('What was closed before today counts from the next ledger on.\n')
  return EXIT.done
}

function writeOf(usage: WaitingClaim['usage'], entries: Entries, nowMs: number): Write {
  const value: AcknowledgementRecord = {
    $type: COLLECTION.acknowledgement,
    usage,
    entries: entries.map(({ workload, amount, seconds }) => ({
      ...{ workload, amount },
      ...(seconds !== undefined && { seconds }),
    })),
    createdAt: timeOf(nowMs),
  }
  const [collection, rkey] = [COLLECTION.acknowledgement, recordKeyFor(usage.uri)]
  return { action: 'put', collection, rkey, value }
}

function countOf(claims: readonly WaitingClaim[]): string {
  return claims.length === 1 ? '1 claim' : `${claims.length} claims`
}
