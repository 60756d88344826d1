import type { Did } from '../model/records.ts'
import type { FairShare } from '../selection/score.ts'
import type { Ledger } from './ledger.ts'
import { MACHINE_DAY } from './rate.ts'
import { WEIGHT_BITS } from './weight.ts'

/** Scores count in thousandths of a machine-day. */
const SCORE_UNIT = BigInt(MACHINE_DAY / 1_000)

/** A ledger as scores and waiting lines use it. Who is no member is even, and has no credit. */
export function fairShareOf(ledger: Ledger): FairShare {
  const accounts = new Map(ledger.accounts.map((account) => [account.ownerDid, account]))
  const weighted = SCORE_UNIT << WEIGHT_BITS
  return {
    ledgerDay: ledger.day,
    balanceOf: (owner: Did) => Number((accounts.get(owner)?.balance ?? 0n) / weighted),
    creditOf: (owner: Did) => Number((accounts.get(owner)?.credit ?? 0n) / SCORE_UNIT),
  }
}
