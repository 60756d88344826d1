import type { Did } from '../model/records.ts'
import type { FairShare } from '../selection/score.ts'
import type { ClusterLaw } from './cluster-law.ts'

/** The ledger, with no credit for those whose standing puts them behind everybody else. */
export function lastInLine(share: FairShare, law: Pick<ClusterLaw, 'isLastInLine'>): FairShare {
  return {
    get ledgerDay() {
      return share.ledgerDay
    },
    balanceOf: (owner: Did) => share.balanceOf(owner),
    creditOf: (owner: Did) => (law.isLastInLine(owner) ? 0 : share.creditOf(owner)),
  }
}
