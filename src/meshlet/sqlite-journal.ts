import { DatabaseSync } from 'node:sqlite'
import type { Collection } from '../model/nsid.ts'
import type { Journal, JournalRecord } from '../ports/journal.ts'

const SCHEMA = `
  pragma journal_mode = wal;
  pragma synchronous = full;
  create table if not exists records (
    collection text not null, rkey text not null, cid text not null, value text not null,
    primary key (collection, rkey)
  );
  create table if not exists settings (name text primary key, value text not null);
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
    [Symbol.dispose]: () => db.close(),
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
