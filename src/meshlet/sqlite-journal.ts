import type { DatabaseSync } from 'node:sqlite'
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
import type { Log } from '../ports/log.ts'
import { openDatabase } from '../storage/open-database.ts'
import { Settings } from './settings.ts'

/** Raise it with every change of the tables: a journal of another version counts as lost. */
const SCHEMA_VERSION = 1

const PRAGMAS = 'pragma journal_mode = wal; pragma synchronous = full'

const SCHEMA = `
  create table if not exists records (
    collection text not null, rkey text not null, cid text not null, value text not null,
    primary key (collection, rkey)
  );
  create table if not exists settings (name text primary key, value text not null);
  create table if not exists events (
    seq integer primary key autoincrement, at_ms integer not null, kind text not null,
    workload text not null, event text not null
  );
  create index if not exists events_of on events (workload, seq)
`

const ALL = 'select * from records order by collection, rkey'

export interface JournalOptions {
  /** Path of the file; `:memory:` forgets everything. */
  readonly file: string
  readonly log: Log
  /** Milliseconds since 1970, for the name of a file that is put aside. */
  readonly nowMs: number
}

/**
 * The journal in an SQLite file. One that can't be used is put aside and a new one is begun: what it
 * knew is had again from records and engine, at the price of a new epoch. Fails with code `io` when
 * even that can't be done.
 */
export function openJournal(options: JournalOptions): Journal & Disposable {
  const db = openDatabase({
    ...options,
    pragmas: PRAGMAS,
    schema: SCHEMA,
    version: SCHEMA_VERSION,
    check,
  })
  const put = db.prepare('insert or replace into records values (?, ?, ?, ?)')
  const drop = db.prepare('delete from records where collection = ? and rkey = ?')
  const all = db.prepare(ALL)
  // Several are asked for at each look at each workload, and nobody else writes the file.
  const settings = new Map(db.prepare('select name, value from settings').all().map(toSetting))
  const set = db.prepare('insert or replace into settings values (?, ?)')
  const unset = db.prepare('delete from settings where name = ?')
  return {
    records: () => all.all().map(toRecord),
    saveRecord: ({ collection, rkey, cid, value }) =>
      void put.run(collection, rkey, cid, JSON.stringify(value)),
    removeRecord: (collection, rkey) => void drop.run(collection, rkey),
    setting: (name) => settings.get(name),
    saveSetting(name, value) {
      if (value === undefined) {
        unset.run(name)
        settings.delete(name)
      } else {
        set.run(name, value)
        settings.set(name, value)
      }
    },
    ...eventsIn(db),
    [Symbol.dispose]: () => db.close(),
  }
}

/** What is read at the start has to make sense, or the program would end at each start. */
function check(db: DatabaseSync): void {
  db.prepare(ALL).all().map(toRecord)
  eventsIn(db)
  const get = db.prepare('select value from settings where name = ?')
  const settings = new Settings({
    setting: (name) => get.get(name)?.['value'] as string | undefined,
    saveSetting: () => undefined,
  })
  const { epoch = 1, held, images } = settings
  if (settings.duty && typeof settings.duty.state !== 'string')
    throw new Error('it does not say what the machine does with work')
  if (!Number.isSafeInteger(epoch)) throw new Error('its epoch is no number')
  if (!Array.isArray(images)) throw new Error('it does not say which images were pulled')
  if (!areTexts(held)) throw new Error('it does not say which containers were here')
  const lists = db.prepare("select value from settings where name like 'restart %'").all()
  if (!lists.every(({ value }) => areTexts(JSON.parse(String(value)))))
    throw new Error('it does not say what is to be started again')
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string')
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

function toSetting(row: Record<string, unknown>): readonly [name: string, value: string] {
  return [String(row['name']), String(row['value'])]
}

function toRecord(row: Record<string, unknown>): JournalRecord {
  return {
    collection: row['collection'] as Collection,
    rkey: String(row['rkey']),
    cid: String(row['cid']),
    value: JSON.parse(String(row['value'])),
  }
}
