import { COLLECTION } from '../model/nsid.ts'
import type { AcknowledgementRecord, AtUri, Did } from '../model/records.ts'
import type { StoredRecord } from '../ports/records.ts'
import type { Listed, MemberBooks } from './books.ts'
import { timeFault, type Claim, type Reference } from './claims.ts'
import type { LedgerDay } from './ledger-day.ts'

type Stored = StoredRecord<AcknowledgementRecord>

/** An acknowledgement and where it stands. */
export interface Acknowledged {
  readonly reference: Reference
  readonly value: AcknowledgementRecord
}

/** What one member acknowledged, by the record key of acknowledgements. */
export class MemberAcknowledgements {
  readonly #own: ReadonlyMap<string, Stored>
  readonly #machines: readonly { did: Did; byKey: ReadonlyMap<string, Stored> }[]
  readonly #ownerDid: Did

  constructor(books: MemberBooks, ledgerDay: LedgerDay) {
    this.#ownerDid = books.ownerDid
    this.#own = byKey(books.acknowledgements, ledgerDay)
    this.#machines = books.machines.map(({ meshletDid, acknowledgements }) => ({
      did: meshletDid,
      byKey: byKey(acknowledgements, ledgerDay),
    }))
  }

  /**
   * What she says of a workload in a claim: her own record if she wrote one, else the most that one of
   * her machines saw. `changed` when all that she says is of another version of the claim.
   */
  of(claim: Claim, workload: string): { amount: number; by: Reference } | 'changed' | undefined {
    const own = this.#own.get(claim.key)
    const found = own
      ? [{ did: this.#ownerDid, record: own }]
      : this.#machines.flatMap(({ did, byKey: known }) => {
          const record = known.get(claim.key)
          return record ? [{ did, record }] : []
        })
    const named = found.filter(({ record }) => record.value.usage.uri === claim.usage.uri)
    if (named.length === 0) return undefined
    const same = named.filter(({ record }) => record.value.usage.cid === claim.usage.cid)
    if (same.length === 0) return 'changed'
    const [most] = same
      .flatMap(({ did, record }) => {
        const amount = amountFor(record.value, workload)
        if (amount === undefined) return []
        const uri = `at://${did}/${COLLECTION.acknowledgement}/${claim.key}` as AtUri
        return [{ amount, by: { uri, cid: record.cid } }]
      })
      .toSorted((a, b) => b.amount - a.amount)
    return most
  }

  /** All of them, by repo and key. */
  all(): readonly Acknowledged[] {
    const repos = [{ did: this.#ownerDid, byKey: this.#own }, ...this.#machines]
    return repos.flatMap(({ did, byKey: known }) =>
      [...known].map(([rkey, { cid, value }]) => {
        const uri = `at://${did}/${COLLECTION.acknowledgement}/${rkey}` as AtUri
        return { reference: { uri, cid }, value }
      }),
    )
  }
}

/** Of several entries for one workload the smallest counts; what is no whole number, not at all. */
function amountFor({ entries }: AcknowledgementRecord, workload: string): number | undefined {
  const amounts = entries
    .filter((entry) => entry.workload === workload)
    .map(({ amount }) => (Number.isSafeInteger(amount) && amount > 0 ? amount : 0))
  return amounts.length === 0 ? undefined : Math.min(...amounts)
}

function byKey(
  records: Listed<AcknowledgementRecord>,
  ledgerDay: LedgerDay,
): ReadonlyMap<string, Stored> {
  return new Map(records.filter(([, { value }]) => !timeFault(value.createdAt, ledgerDay)))
}
