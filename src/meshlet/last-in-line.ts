import type { Did } from '../model/records.ts'
import type { FairShare } from '../selection/score.ts'
import type { Clock } from '../ports/clock.ts'
import type { RecordView } from '../ports/records.ts'
import type { ClusterLaw } from './cluster-law.ts'
import type { MeshletConfig } from './config.ts'
import { LedgerShare } from './ledger-share.ts'

export interface LastInLineOptions {
  readonly view: RecordView
  readonly config: Pick<MeshletConfig, 'ownerDid'>
  readonly clock: Clock
  readonly law: Pick<ClusterLaw, 'isLastInLine'>
}

/** The ledger, with no credit for those whose standing puts them behind everybody else. */
export function lastInLine({
  view,
  config,
  clock,
  law,
}: LastInLineOptions): FairShare & Pick<LedgerShare, 'noteChanged'> {
  const share = new LedgerShare(view, config.ownerDid, clock)
  return {
    noteChanged: () => share.noteChanged(),
    get ledgerDay() {
      return share.ledgerDay
    },
    balanceOf: (owner: Did) => share.balanceOf(owner),
    creditOf: (owner: Did) => (law.isLastInLine(owner) ? 0 : share.creditOf(owner)),
  }
}
