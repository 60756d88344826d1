import { BidDoubts, type BidDoubtsOptions } from './bid-doubts.ts'
import { LedgerClerk, type LedgerClerkOptions } from './ledger-clerk.ts'

/** All that this machine does for the ledger; nothing that runs depends on it. */
export interface Bookkeeping {
  /** Called about once a minute. */
  look(): void
}

export function bookkeeping(options: LedgerClerkOptions & BidDoubtsOptions): Bookkeeping {
  const clerk = new LedgerClerk(options)
  const doubts = new BidDoubts(options)
  return {
    look() {
      clerk.look()
      doubts.look()
    },
  }
}
