import { idOf } from './record-id.ts'
import { agreementOf } from '../governance/agreement.ts'
import type { Decided } from '../governance/decide.ts'
import { bearsOn } from '../governance/member-state.ts'
import { utcMinute } from '../model/utc-minute.ts'
import type { GetInput } from './commands/get.ts'
import { recordsCalled } from './find-record.ts'
import { printList, type Column } from './output.ts'
import type { Reading } from './reading.ts'

/** A proposal with what only its reader can tell. */
interface Row extends Decided {
  readonly id: string
  readonly uri: string
  /** Whether it binds the owner who looks. */
  readonly binds: boolean
}

/** What was proposed to the owners around, and what became of it. */
export function printProposals({ io, reading, format, name }: GetInput): void {
  const { names } = reading
  const all = proposalRows(reading, io.clock.wallMs())
  const items = name === undefined ? all : recordsCalled(all, name)
  const columns: readonly Column<Row>[] = [
    { header: 'proposal', cell: ({ id }) => id },
    { header: 'cluster', cell: ({ proposal }) => proposal.value.cluster },
    { header: 'action', cell: ({ proposal }) => proposal.value.action },
    { header: 'about', cell: ({ proposal }) => names.account(proposal.value.subject) },
    { header: 'state', cell: ({ state }) => state },
    { header: 'yes', cell: ({ tally }) => `${tally.yes}/${tally.voters.length}` },
    { header: 'no', cell: ({ tally }) => String(tally.no) },
    { header: 'closes', cell: ({ proposal }) => utcMinute(proposal.value.closesAt) },
    { header: 'proposed by', wide: true, cell: ({ proposal }) => names.account(proposal.author) },
    { header: 'binds you', wide: true, cell: ({ binds }) => (binds ? 'yes' : 'no') },
    {
      header: 'on record with',
      wide: true,
      cell: ({ attestedBy }) => names.accounts(attestedBy),
    },
    {
      header: 'voted twice',
      wide: true,
      cell: ({ equivocators }) => names.accounts(equivocators),
    },
    {
      header: 'seen otherwise',
      wide: true,
      cell: ({ seenOtherwise }) =>
        names.accounts(seenOtherwise.map(({ voter, by }) => voter ?? by)),
    },
    { header: 'why', cell: ({ why }) => why },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ id }) => id,
    dataOf: proposalData,
    empty: 'Nothing has been proposed.',
  })
}

/** All proposals that can be read, the latest first. */
export function proposalRows({ view, owner }: Reading, nowMs: number): readonly Row[] {
  const { decided, clusters } = agreementOf(view, owner, nowMs)
  return decided
    .map((one) => ({
      ...one,
      id: idOf(one.proposal.uri),
      uri: one.proposal.uri,
      binds: clusters.some(({ roster }) => bearsOn(one, roster)),
    }))
    .toSorted((a, b) => (a.proposal.value.createdAt < b.proposal.value.createdAt ? 1 : -1))
}

/** For programs. */
export function proposalData(row: Row): object {
  const { id, proposal, state, why, tally, binds, competesWith, equivocators } = row
  const { attestedBy } = row
  const { voters, counted, ignored, yes, no, abstain, quorum } = tally
  return {
    id,
    uri: proposal.uri,
    cid: proposal.cid,
    author: proposal.author,
    ...proposal.value,
    state,
    why,
    binds,
    tally: { voters, yes, no, abstain, quorum },
    votes: counted.map(({ voter, choice, uri }) => ({ voter, choice, uri })),
    ignored: ignored.map(({ vote, reason }) => ({ voter: vote.voter, reason, uri: vote.uri })),
    competesWith,
    equivocators,
    attestedBy,
    seenOtherwise: row.seenOtherwise,
  }
}
