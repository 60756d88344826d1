import type { Collection } from '../../src/model/nsid.ts'
import {
  EVENTS_PER_WORKLOAD_MAX,
  type EventQuery,
  type Journal,
  type JournalEvent,
  type JournalRecord,
  type NewEvent,
} from '../../src/ports/journal.ts'

/** A journal that outlives the program that writes it, as long as somebody holds on to it. */
export class VirtualJournal implements Journal {
  /** Nothing more can be written. */
  isFull = false
  readonly #records = new Map<string, JournalRecord>()
  readonly #settings = new Map<string, string>()
  /** By workload, the oldest first; the empty text stands for the machine. */
  readonly #events = new Map<string, JournalEvent[]>()
  #seq = 0

  records(): readonly JournalRecord[] {
    return [...this.#records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
  }

  saveRecord(record: JournalRecord): void {
    this.#checkRoom()
    this.#records.set(`${record.collection}/${record.rkey}`, structuredClone(record))
  }

  removeRecord(collection: Collection, rkey: string): void {
    this.#checkRoom()
    this.#records.delete(`${collection}/${rkey}`)
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name)
  }

  saveSetting(name: string, value: string | undefined): void {
    this.#checkRoom()
    if (value === undefined) this.#settings.delete(name)
    else this.#settings.set(name, value)
  }

  appendEvent(event: NewEvent): void {
    this.#checkRoom()
    const key = event.workload ?? ''
    const same = this.#events.get(key) ?? []
    same.push({ ...event, seq: ++this.#seq })
    if (same.length > EVENTS_PER_WORKLOAD_MAX) same.shift()
    this.#events.set(key, same)
  }

  events({ workload, kind, sinceMs, beforeSeq, limit }: EventQuery): readonly JournalEvent[] {
    const keys = workload === undefined ? [...this.#events.keys()] : [workload, '']
    return keys
      .flatMap((key) => this.#events.get(key) ?? [])
      .filter((event) => kind === undefined || event.kind === kind)
      .filter(({ atMs }) => sinceMs === undefined || atMs >= sinceMs)
      .filter(({ seq }) => beforeSeq === undefined || seq < beforeSeq)
      .toSorted((a, b) => b.seq - a.seq)
      .slice(0, limit)
  }

  #checkRoom(): void {
    if (this.isFull) throw new Error('database or disk is full')
  }
}
