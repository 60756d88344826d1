import { agreementOf, type AgreedCluster } from '../governance/agreement.ts'
import { repoOf } from '../governance/ballots.ts'
import type { ClusterRules } from '../governance/cluster-rules.ts'
import { creditRules } from '../governance/ledger-terms.ts'
import { MACHINE_DAY } from '../ledger/rate.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { AtUri } from '../model/records.ts'
import { heldByNobody } from '../sync/note-clusters.ts'
import type { GetInput } from './commands/get.ts'
import { printList, type Column } from './output.ts'

/** The clusters of the owner's machines, and the rules that hold in them. */
export function printClusters({ io, reading, format, name }: GetInput): void {
  const { view, owner, names } = reading
  const { clusters } = agreementOf(view, owner, io.clock.wallMs())
  const items = clusters.filter(({ roster }) => name === undefined || name === roster.cluster)
  const columns: readonly Column<AgreedCluster>[] = [
    { header: 'cluster', cell: ({ roster }) => roster.cluster },
    { header: 'members', cell: ({ policy }) => String(policy.of) },
    {
      header: 'rules of',
      cell: ({ policy: { uri } }) =>
        uri === undefined ? 'standard' : names.account(repoOf(uri as AtUri)),
    },
    { header: 'held by', cell: ({ policy }) => names.accounts(policy.by) },
    ...(items.every(({ policy }) => policy.unclear.length === 0)
      ? []
      : [
          {
            header: 'names none that can be read',
            cell: ({ policy }: AgreedCluster) => names.accounts(policy.unclear),
          },
        ]),
    { header: 'why', cell: ({ policy }) => policy.why },
    { header: 'rules', wide: true, cell: ({ policy }) => rulesText(policy.rules) },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ roster }) => roster.cluster,
    dataOf: ({ roster, policy }) => ({
      cluster: roster.cluster,
      members: [roster.owner, ...roster.members].toSorted(),
      ...policy,
    }),
    empty: 'None of the machines has a cluster.',
  })
  for (const [cluster] of view.list(owner, COLLECTION.clusterPolicy)) {
    const note = heldByNobody(owner, cluster, { view, nameOf: names.account })
    if (note !== undefined) io.note(`The rules published for ${cluster}: ${note}.\n`)
  }
}

function rulesText(rules: ClusterRules): string {
  const { rootLine, sponsorLimit, unsponsoredLine } = creditRules(rules)
  const days = (amount: bigint) => Number(amount) / MACHINE_DAY
  const share = (millionths: number) => `${Number((millionths / 10_000).toFixed(1))}%`
  const { minimumContribution, graceDays, lastInLineDays, noPlacementsDays, noticeDays } = rules
  return [
    minimumContribution === 0
      ? 'no minimum'
      : `at least ${share(minimumContribution)} after ${graceDays} days, ` +
        `else steps of ${lastInLineDays}, ${noPlacementsDays} and ${noticeDays} days`,
    `credit ${days(rootLine)}, lends ${days(sponsorLimit)}`,
    ...(rules.sponsorsMin === 0
      ? []
      : [
          `newcomers ${days(unsponsoredLine)} until ${rules.sponsorsMin} ${rules.sponsorsMin === 1 ? 'sponsor' : 'sponsors'}`,
        ]),
    `votes ${share(rules.quorumMillionths)}/${share(rules.majorityMillionths)} in ${rules.voteDays} days`,
    `suspensions ${rules.suspensionDays} days`,
    `disputes ${rules.disputeDays} days`,
  ].join('; ')
}
