import { explainMembers, type MemberRow } from '../cluster/explain-members.ts'
import { agreementOf, decisionsAbout, describeState } from '../governance/agreement.ts'
import { standingsOf, type MemberStanding } from '../governance/member-standing.ts'
import type { Did } from '../model/records.ts'
import type { RecordView } from '../ports/records.ts'
import type { GetInput } from './commands/get.ts'
import { labelText, readLabels } from './labels.ts'
import { printList, type Column } from './output.ts'

/** What her clusters decided about a member, and how she stands in them. */
interface Governed {
  readonly decisions: readonly { readonly cluster: string; readonly state: string }[]
  readonly standing: readonly MemberStanding[]
}

/** Who works with the owner, who does not, and why. */
export async function printMembers({
  io,
  reading,
  format,
  name,
  options,
}: GetInput): Promise<void> {
  const { view, owner, names } = reading
  const governed = governedBy(view, owner, io.clock.wallMs())
  const rows = explainMembers(view, { ownerDid: owner })
  const items = rows.filter(
    ({ ownerDid }) => name === undefined || name === ownerDid || names.account(ownerDid) === name,
  )
  const owners = [...new Set(items.map(({ ownerDid }) => ownerDid))]
  const labels = await readLabels(io, {
    options,
    identity: reading.identity,
    accounts: owners,
  })
  const columns: readonly Column<MemberRow>[] = [
    { header: 'owner', cell: ({ ownerDid }) => names.account(ownerDid) },
    {
      header: 'meshlet',
      cell: ({ meshletDid }) => (meshletDid === undefined ? undefined : names.meshlet(meshletDid)),
    },
    { header: 'works with you', cell: ({ verdict }) => verdict },
    { header: 'standing', cell: ({ ownerDid }) => standingText(governed(ownerDid)) },
    {
      header: 'standing because',
      wide: true,
      cell: ({ ownerDid }) =>
        governed(ownerDid)
          .standing.map(({ cluster, why }) => `${cluster}: ${why}`)
          .join('; '),
    },
    ...(labels.size === 0
      ? []
      : [
          {
            header: 'labels',
            cell: ({ ownerDid }: MemberRow) => labels.get(ownerDid)?.map(labelText).join(', '),
          },
        ]),
    { header: 'why', cell: ({ reason }) => reason },
    { header: 'owner did', wide: true, cell: ({ ownerDid }) => ownerDid },
    { header: 'meshlet did', wide: true, cell: ({ meshletDid }) => meshletDid },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ ownerDid, meshletDid }) => meshletDid ?? ownerDid,
    dataOf: (row) => ({
      ...row,
      ...governed(row.ownerDid),
      ...(labels.has(row.ownerDid) ? { labels: labels.get(row.ownerDid) } : {}),
    }),
    empty: 'Nobody is known yet.',
  })
}

function governedBy(view: RecordView, owner: Did, nowMs: number): (did: Did) => Governed {
  const agreement = agreementOf(view, owner, nowMs)
  const standings = standingsOf(view, owner, agreement, nowMs)
  return (did) => ({
    decisions: decisionsAbout(agreement, did, nowMs).map(({ cluster, state }) => ({
      cluster,
      state: describeState(state),
    })),
    standing: standings?.get(did) ?? [],
  })
}

/** What was decided goes before what the ledger says. */
function standingText({ decisions, standing }: Governed): string {
  const out = decisions.filter(({ state }) => !QUIET.has(state))
  if (out.length > 0) return out.map(({ cluster, state }) => `${state} (${cluster})`).join(', ')
  const worst = standing.at(-1)
  return worst === undefined ? 'good' : worst.standing
}

const QUIET: ReadonlySet<string> = new Set(['admitted', 'reinstated', 'suspension over'])
