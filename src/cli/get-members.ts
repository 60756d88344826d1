import { explainMembers, type MemberRow } from '../cluster/explain-members.ts'
import type { GetInput } from './commands/get.ts'
import { printList, type Column } from './output.ts'

/** Who works with the owner, who does not, and why. */
export function printMembers({ io, reading, format, name }: GetInput): void {
  const { view, owner, names } = reading
  const rows = explainMembers(view, { ownerDid: owner })
  const items = rows.filter(
    ({ ownerDid }) => name === undefined || name === ownerDid || names.account(ownerDid) === name,
  )
  const columns: readonly Column<MemberRow>[] = [
    { header: 'owner', cell: ({ ownerDid }) => names.account(ownerDid) },
    {
      header: 'meshlet',
      cell: ({ meshletDid }) => (meshletDid === undefined ? undefined : names.meshlet(meshletDid)),
    },
    { header: 'works with you', cell: ({ verdict }) => verdict },
    { header: 'why', cell: ({ reason }) => reason },
    { header: 'owner did', wide: true, cell: ({ ownerDid }) => ownerDid },
    { header: 'meshlet did', wide: true, cell: ({ meshletDid }) => meshletDid },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ ownerDid, meshletDid }) => meshletDid ?? ownerDid,
    empty: 'Nobody is known yet.',
  })
}
