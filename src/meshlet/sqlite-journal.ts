import { DatabaseSync } from 'node:sqlite'
import type { Collection } from '../model/nsid.ts'
import {
  EVENTS_MAX,
  EVENTS_PER_WORKLOAD_MAX,
  type EventQuery,
  type Journal,
  type JournalEvent,
  type JournalRecord,
  type NewEvent,
} from '../ports/journal.ts'

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists records (
    collection text not null, rkey text not null, cid text not null, value text not null,
    primary key (collection, rkey)
  );
  create table if not exists settings (name text primary key, value text not null);
  create table if not exists events (
    seq integer primary key autoincrement, at_ms integer not null, kind text not null,
    workload text not null, event text not null
  );
  create index if not exists events_of on events (workload, seq);
`

/** The journal in an SQLite file; `:memory:` forgets everything. Throws when the file can't be used. */
export function openJournal(file: string): Journal & Disposable {
  const db = new DatabaseSync(file)
  db.exec(SCHEMA)
  const put = db.prepare('insert or replace into records values (?, ?, ?, ?)')
  const drop = db.prepare('delete from records where collection = ? and rkey = ?')
  const all = db.prepare('select * from records order by collection, rkey')
  const get = db.prepare('select value from settings where name = ?')
  const set = db.prepare('insert or replace into settings values (?, ?)')
  const unset = db.prepare('delete from settings where name = ?')
  return {
    records: () => all.all().map(toRecord),
    saveRecord: ({ collection, rkey, cid, value }) =>
      void put.run(collection, rkey, cid, JSON.stringify(value)),
    removeRecord: (collection, rkey) => void drop.run(collection, rkey),
    setting: (name) => get.get(name)?.['value'] as string | undefined,
    saveSetting: (name, value) =>
      void (value === undefined ? unset.run(name) : set.run(name, value)),
    ...eventsIn(db),
    [Symbol.dispose]: () => db.close(),
  }
}

/** The events, each whole as JSON beside what is searched for. */
function eventsIn(db: DatabaseSync): Pick<Journal, 'appendEvent' | 'events'> {
  const add = db.prepare('insert into events (at_ms, kind, workload, event) values (?, ?, ?, ?)')
  const trim = db.prepare('delete from events where seq <= ?')
  const trimOne = db.prepare(
    `delete from events where workload = ?1 and seq <= (
       select seq from events where workload = ?1 order by seq desc limit 1 offset ?2)`,
  )
  const find = db.prepare(
    `select seq, event from events
     where (:workload is null or workload in (:workload, '')) and (:kind is null or kind = :kind)
       and at_ms >= :since and seq < :before order by seq desc limit :limit`,
  )
  return {
    appendEvent(event: NewEvent) {
      const workload = event.workload ?? ''
      const { lastInsertRowid } = add.run(event.atMs, event.kind, workload, JSON.stringify(event))
      trimOne.run(workload, EVENTS_PER_WORKLOAD_MAX)
      trim.run(Number(lastInsertRowid) - EVENTS_MAX)
    },
    events: ({ workload, kind, sinceMs, beforeSeq, limit }: EventQuery) =>
      find
        .all({
          workload: workload ?? null,
          kind: kind ?? null,
          since: sinceMs ?? 0,
          before: beforeSeq ?? Number.MAX_SAFE_INTEGER,
          limit,
        })
        .map((row) => ({
          ...(JSON.parse(String(row['event'])) as NewEvent),
          seq: Number(row['seq']),
        })) satisfies JournalEvent[],
  }
}

function toRecord(row: Record<string, unknown>): JournalRecord {
  return {
    collection: row['collection'] as Collection,
    rkey: String(row['rkey']),
    cid: String(row['cid']),
    value: JSON.parse(String(row['value'])),
  }
}
