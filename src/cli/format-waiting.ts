import { MACHINE_DAY } from '../ledger/rate.ts'
import type { WaitingClaim } from '../ledger/waiting-claims.ts'
import type { Reading } from './reading.ts'
import { formatTable, printable } from './table.ts'

/** Claims on which the owner has not said anything, with what speaks against each. */
export function formatWaiting(claims: readonly WaitingClaim[], names: Reading['names']): string {
  const rows = claims.flatMap(({ day, meshletDid, usage, entries }) =>
    entries.map(({ workload, amount, doubt }) => [
      ...[day, names.meshlet(meshletDid), workload.split('/').at(-1) ?? workload],
      ...[(amount / MACHINE_DAY).toFixed(3), doubt ?? '', usage.uri],
    ]),
  )
  const cells = rows.map((row) => row.map((cell) => printable(cell)))
  return formatTable(['day', 'machine', 'workload', 'claimed', 'doubt', 'claim'], cells)
}

/** The sum of claims, in machine-days. */
export function machineDays(claims: readonly WaitingClaim[]): string {
  const amounts = claims.flatMap(({ entries }) => entries.map(({ amount }) => amount))
  return (amounts.reduce((sum, amount) => sum + amount, 0) / MACHINE_DAY).toFixed(3)
}
