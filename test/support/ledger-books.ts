import { recordKeyFor } from '../../src/model/record-key.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type {
  AcknowledgementRecord,
  AtUri,
  Cid,
  Did,
  SponsorRecord,
  UsageRecord,
} from '../../src/model/records.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import type { StoredRecord } from '../../src/ports/records.ts'
import type { MemberBooks } from '../../src/ledger/books.ts'
import { addDays, type LedgerDay } from '../../src/ledger/ledger-day.ts'
import { MACHINE_DAY, REFERENCE_MACHINE } from '../../src/ledger/rate.ts'

type Datetime = UsageRecord['createdAt']

interface Repo {
  readonly usage: Map<string, StoredRecord<UsageRecord>>
  readonly acknowledgements: Map<string, StoredRecord<AcknowledgementRecord>>
  readonly sponsors: Map<string, StoredRecord<SponsorRecord>>
}

export interface ClaimOptions {
  /** Machine-days. */
  readonly amount?: number
  /** Machine-days that are acknowledged; what was claimed when left out, nothing when 0. */
  readonly acknowledged?: number
  readonly app?: string
  readonly writtenAt?: string
  readonly sequence?: number | undefined
  readonly change?: Partial<UsageRecord>
}

/** Books of a commune as its members and their machines would write them; one machine each: `NAME-1`. */
export class LedgerBooks {
  readonly #repos = new Map<Did, Repo>()
  readonly #machines = new Map<Did, Did[]>()
  #cids = 0

  constructor(...owners: readonly string[]) {
    for (const owner of owners) this.addMachine(owner, `${owner}-1`)
  }

  addMachine(owner: string, machine: string): void {
    const did = ledgerDid(owner)
    this.#machines.set(did, [...(this.#machines.get(did) ?? []), ledgerDid(machine)])
  }

  /** A machine held work of the taker on a day, and she acknowledges it. */
  work(giver: string, taker: string, day: LedgerDay, options: ClaimOptions = {}): this {
    const { amount = 1, acknowledged = amount, app = 'web' } = options
    const machine = ledgerDid(giver.includes('-') ? giver : `${giver}-1`)
    const usage = this.#repoOf(machine).usage
    const workload = workloadUri(ledgerDid(taker), app)
    const before = usage.get(day)?.value
    const writtenAt = (options.writtenAt ?? `${addDays(day, 1)}T00:05:00Z`) as Datetime
    const value: UsageRecord = {
      $type: COLLECTION.usage,
      period: day,
      sequence: Date.parse(day) / 86_400_000,
      capacity: { ...REFERENCE_MACHINE, cpuMilli: 1_000 * REFERENCE_MACHINE.cpuMilli },
      entries: [...(before?.entries ?? []), entryOf(workload, amount)],
      createdAt: writtenAt,
      ...('sequence' in options &&
        options.sequence !== undefined && { sequence: options.sequence }),
      ...options.change,
    }
    usage.set(day, { cid: this.#cid(), value })
    const uri = `at://${machine}/${COLLECTION.usage}/${day}` as AtUri
    // A claim that changes while it is put together is acknowledged when it is whole.
    for (const { acknowledgements } of this.#repos.values()) this.#repoint(acknowledgements, uri)
    if (acknowledged > 0) this.acknowledge(taker, uri, [entryOf(workload, acknowledged)], writtenAt)
    return this
  }

  /** Whoever is named writes what she saw of a claim. */
  acknowledge(
    by: string,
    uri: AtUri,
    entries: AcknowledgementRecord['entries'],
    createdAt = '2026-01-01T00:00:00Z',
  ): void {
    const { acknowledgements } = this.#repoOf(ledgerDid(by))
    const key = recordKeyFor(uri)
    const before = acknowledgements.get(key)?.value.entries ?? []
    const usage = { uri, cid: this.cidOf(uri) }
    const value = {
      $type: COLLECTION.acknowledgement,
      usage,
      entries: [...before, ...entries],
      createdAt,
    } as AcknowledgementRecord
    acknowledgements.set(key, { cid: this.#cid(), value })
  }

  sponsor(giver: string, newcomer: string, machineDays: number, day: LedgerDay): this {
    const value = {
      $type: COLLECTION.sponsor,
      newcomer: ledgerDid(newcomer),
      credit: Math.round(machineDays * MACHINE_DAY),
      createdAt: `${day}T12:00:00Z`,
    } as SponsorRecord
    const key = recordKeyFor(ledgerDid(newcomer))
    this.#repoOf(ledgerDid(giver)).sponsors.set(key, { cid: this.#cid(), value })
    return this
  }

  cidOf(uri: AtUri): Cid {
    const [, , did, , rkey] = uri.split('/')
    return this.#repos.get(did as Did)?.usage.get(rkey ?? '')?.cid ?? 'bafynone'
  }

  usageUri(machine: string, day: LedgerDay): AtUri {
    return `at://${ledgerDid(machine)}/${COLLECTION.usage}/${day}` as AtUri
  }

  /** The books of the named members; of all when nobody is named. */
  members(...names: readonly string[]): readonly MemberBooks[] {
    const owners = names.length > 0 ? names.map(ledgerDid) : [...this.#machines.keys()]
    return owners.map((ownerDid) => ({
      ownerDid,
      machines: (this.#machines.get(ownerDid) ?? []).map((meshletDid) => ({
        meshletDid,
        usage: sorted(this.#repoOf(meshletDid).usage),
        acknowledgements: sorted(this.#repoOf(meshletDid).acknowledgements),
      })),
      acknowledgements: sorted(this.#repoOf(ownerDid).acknowledgements),
      sponsors: sorted(this.#repoOf(ownerDid).sponsors),
    }))
  }

  #repoint(records: Map<string, StoredRecord<AcknowledgementRecord>>, uri: AtUri): void {
    const key = recordKeyFor(uri)
    const known = records.get(key)
    if (!known) return
    const usage = { ...known.value.usage, cid: this.cidOf(uri) }
    records.set(key, { ...known, value: { ...known.value, usage } })
  }

  #repoOf(did: Did): Repo {
    const known = this.#repos.get(did)
    if (known) return known
    const repo: Repo = { usage: new Map(), acknowledgements: new Map(), sponsors: new Map() }
    this.#repos.set(did, repo)
    return repo
  }

  #cid(): Cid {
    return `bafy${++this.#cids}`
  }
}

export function ledgerDid(name: string): Did {
  return `did:plc:${name}`
}

/** One entry of a usage or acknowledgement record. */
export function entryOf(workload: AtUri, machineDays: number) {
  return { workload, amount: Math.round(machineDays * MACHINE_DAY), seconds: 86_400 }
}

function sorted<T>(records: ReadonlyMap<string, T>): readonly (readonly [string, T])[] {
  return [...records].toSorted(([a], [b]) => (a < b ? -1 : 1))
}
