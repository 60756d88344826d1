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
  readonly #records = new Map<string, JournalRecord>()
  readonly #settings = new Map<string, string>()
  #events: readonly JournalEvent[] = []
  #seq = 0

  records(): readonly JournalRecord[] {
    return [...this.#records].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, record]) => record)
  }

  saveRecord(record: JournalRecord): void {
    this.#records.set(`${record.collection}/${record.rkey}`, structuredClone(record))
  }

  removeRecord(collection: Collection, rkey: string): void {
    this.#records.delete(`${collection}/${rkey}`)
  }

  setting(name: string): string | undefined {
    return this.#settings.get(name)
  }

  saveSetting(name: string, value: string | undefined): void {
    if (value === undefined) this.#settings.delete(name)
    else this.#settings.set(name, value)
  }

  appendEvent(event: NewEvent): void {
    const of = (one: NewEvent) => one.workload ?? ''
    const same = this.#events.filter((one) => of(one) === of(event))
    const oldest = same.length >= EVENTS_PER_WORKLOAD_MAX ? same[0] : undefined
    this.#events = [
      ...this.#events.filter((one) => one !== oldest),
      { ...structuredClone(event), seq: ++this.#seq },
    ]
  }

  events({ workload, kind, sinceMs, beforeSeq, limit }: EventQuery): readonly JournalEvent[] {
    return this.#events
      .filter((event) => workload === undefined || (event.workload ?? workload) === workload)
      .filter((event) => kind === undefined || event.kind === kind)
      .filter(({ atMs }) => sinceMs === undefined || atMs >= sinceMs)
      .filter(({ seq }) => beforeSeq === undefined || seq < beforeSeq)
      .toReversed()
      .slice(0, limit)
  }
}
