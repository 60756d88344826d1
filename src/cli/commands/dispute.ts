import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { AnswerRecord, DisputeRecord } from '../../model/records.ts'
import { nearest } from '../../spec/suggest.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { faultOfBid, isBid } from '../disputed-bid.ts'
import { EXIT } from '../exit.ts'
import { findRecord } from '../find-record.ts'
import { checkText, openGoverning, strongRef, timeOf } from '../governing.ts'

interface DisputeOptions extends ConnectionOptions {
  readonly reason?: string
  readonly evidence?: readonly string[]
}

/** Says that a claim in the ledger is wrong, or what a bid claims of it. */
export async function runDispute(
  context: CommandContext,
  [claim = '']: readonly string[],
  options: DisputeOptions,
): Promise<number> {
  const { io } = context
  const given = checkText(options.reason, '--reason')?.trim() || undefined
  if (given === undefined && !isBid(claim))
    throw new CommuneError('usage', 'Why is it wrong?', { hint: 'Give --reason TEXT.' })
  await using governing = await openGoverning(context, options)
  const { reading, nowMs, agreement, session } = governing
  const ref = strongRef(reading, claim)
  const collection = ref.uri.split('/')[3]
  if (collection !== COLLECTION.usage && !isBid(ref.uri))
    throw new CommuneError('usage', `${claim} is neither a claim nor a bid.`, {
      hint: '"commune balance --explain" lists claims, "commune balance --verify" bids.',
    })
  const shown = isBid(ref.uri) ? faultOfBid(reading.view, ref.uri, nowMs) : undefined
  const reason = given ?? shown ?? ''
  const before = agreement.disputes.find(
    ({ by, value }) => by === session.did && value.claim.uri === ref.uri,
  )
  if (before !== undefined)
    throw new CommuneError('conflict', `You have disputed it already: it is ${before.state}.`, {
      hint: `${before.why}. See "commune get disputes".`,
    })
  const value: DisputeRecord = {
    $type: COLLECTION.dispute,
    claim: ref,
    reason,
    ...(options.evidence === undefined
      ? {}
      : { evidence: options.evidence.map((uri) => strongRef(reading, uri)) }),
    createdAt: timeOf(nowMs),
  }
  const rkey = recordKeyFor(ref.uri)
  await governing.write([{ action: 'put', collection: COLLECTION.dispute, rkey, value }])
  io.out(`disputed ${rkey}\n`)
  io.note(
    shown === undefined
      ? 'From the next ledger on the claim does not count until this is settled.\n'
      : `On record: ${shown}. Anybody can compute that again; no balance changes by it.\n`,
  )
  return EXIT.done
}

const CHOICES = ['contest', 'concede', 'withdraw'] as const

/** What the two sides of a dispute say to it. */
export async function runAnswer(
  context: CommandContext,
  [text = '', word = '']: readonly string[],
  options: DisputeOptions,
): Promise<number> {
  const { io } = context
  const choice = CHOICES.find((known) => known === word)
  if (choice === undefined) {
    const close = nearest(word, [...CHOICES])
    throw new CommuneError('usage', `"${word}" is no answer.`, {
      hint: close === undefined ? `Use one of ${CHOICES.join(', ')}.` : `Did you mean ${close}?`,
    })
  }
  const reason = checkText(options.reason, '--reason')
  await using governing = await openGoverning(context, options)
  const { session, reading, nowMs, agreement } = governing
  const dispute = findRecord(agreement.disputes, text, 'dispute')
  const speaker = choice === 'withdraw' ? dispute.by : dispute.claimant
  if (speaker !== session.did)
    throw new CommuneError(
      'forbidden',
      choice === 'withdraw'
        ? `Only ${reading.names.account(dispute.by)}, who raised it, may withdraw it.`
        : `Only ${reading.names.account(dispute.claimant)}, whose claim it is, may ${choice} it.`,
    )
  const value: AnswerRecord = {
    $type: COLLECTION.answer,
    dispute: { uri: dispute.uri, cid: dispute.cid },
    choice,
    ...(reason === undefined ? {} : { reason }),
    ...(options.evidence === undefined
      ? {}
      : { evidence: options.evidence.map((uri) => strongRef(reading, uri)) }),
    createdAt: timeOf(nowMs),
  }
  const rkey = recordKeyFor(dispute.uri)
  await governing.write([{ action: 'put', collection: COLLECTION.answer, rkey, value }])
  const id = dispute.uri.slice(dispute.uri.lastIndexOf('/') + 1)
  io.out(`answered ${id}: ${choice}\n`)
  if (dispute.settledBy === 'upheld' || dispute.settledBy === 'rejected')
    io.note(`It changes nothing: ${dispute.why}, and that is final.\n`)
  else if (choice === 'contest')
    io.note(`Another member can have it voted on now:  commune propose uphold ${id}\n`)
  return EXIT.done
}
