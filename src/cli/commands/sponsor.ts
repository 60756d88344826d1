import { MACHINE_DAY } from '../../ledger/rate.ts'
import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { SponsorRecord } from '../../model/records.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { findOwner, openGoverning, timeOf } from '../governing.ts'

interface SponsorOptions extends ConnectionOptions {
  readonly credit?: string
}

/** Machine-days that one record can hold. */
const CREDIT_MAX = 100_000

/** Lends some of one's own credit line to a member; 0 takes the loan back. */
export async function runSponsor(
  context: CommandContext,
  [who = '']: readonly string[],
  options: SponsorOptions,
): Promise<number> {
  const { io } = context
  const machineDays = creditOf(options.credit)
  await using governing = await openGoverning(context, options)
  const { session, reading, nowMs } = governing
  const newcomer = await findOwner(governing, who, io.signal)
  if (newcomer === session.did)
    throw new CommuneError('usage', 'You can’t lend to yourself.', {
      hint: 'Name the member who is to get the credit.',
    })
  const [collection, rkey] = [COLLECTION.sponsor, recordKeyFor(newcomer)]
  const before = reading.view.get<SponsorRecord>(session.did, collection, rkey)
  if (machineDays === 0) {
    if (before !== undefined) await governing.write([{ action: 'delete', collection, rkey }])
    io.out(before === undefined ? 'nothing was lent\n' : 'taken back\n')
    return EXIT.done
  }
  const credit = Math.round(machineDays * MACHINE_DAY)
  if (before?.value.credit === credit) {
    io.out('lent already\n')
    return EXIT.done
  }
  const createdAt = timeOf(nowMs)
  const value: SponsorRecord = { $type: collection, newcomer, credit, createdAt }
  await governing.write([{ action: 'put', collection, rkey, value }])
  io.out(`lent ${machineDays}\n`)
  io.note('It counts from the ledger of today on, and as far as your own line covers it.\n')
  return EXIT.done
}

function creditOf(text: string | undefined): number {
  const value = Number(text ?? Number.NaN)
  if (text?.trim() !== '' && value >= 0 && value <= CREDIT_MAX) return value
  throw new CommuneError('usage', `--credit ${text ?? ''} is no amount.`.replace('  ', ' '), {
    hint: 'Give machine-days, such as --credit 2.5; 0 takes the loan back.',
  })
}
