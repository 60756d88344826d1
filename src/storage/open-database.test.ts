import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Log } from '../ports/log.ts'
import { openDatabase, type DatabaseOptions } from './open-database.ts'

let folder: string
let file: string
let warnings: Record<string, unknown>[]
let nowMs: number

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'commune-database-'))
  file = path.join(folder, 'things.sqlite')
  warnings = []
  nowMs = 1
})

afterEach(() => {
  rmSync(folder, { recursive: true })
})

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: (_, fields) => warnings.push(fields ?? {}),
  error: () => undefined,
  child: () => log,
}

function open(change: Partial<DatabaseOptions> = {}): DatabaseSync {
  return openDatabase({
    file,
    pragmas: 'pragma journal_mode = wal',
    schema: 'create table thing (name text, number integer)',
    version: 2,
    log,
    nowMs,
    ...change,
  })
}

/** Rows in a database that is opened and closed again. */
function count(change: Partial<DatabaseOptions> = {}): number {
  const database = open(change)
  const row = database.prepare('select count(*) as n from thing').get()
  database.close()
  return Number(row?.['n'])
}

/** A file of a hundred pages or so. */
function fill(): void {
  const database = open()
  const insert = database.prepare('insert into thing values (?, ?)')
  for (let i = 0; i < 100; i++) insert.run('x'.repeat(4_000), i)
  database.close()
}

/** What can happen to a file. */
const DAMAGES: readonly (readonly [string, () => void])[] = [
  [
    'holds something else',
    () => writeFileSync(file, 'this is no database, whatever its name says'),
  ],
  ['lost its second half', () => truncateSync(file, readFileSync(file).length / 2)],
  ['has garbage in the middle', () => spoil(40_000, 60_000)],
  ['has garbage for its header', () => spoil(0, 100)],
  ['is of a newer version', () => alter('pragma user_version = 3')],
  ['has other tables', () => alter('pragma user_version = 0')],
  [
    'is a folder',
    () => {
      rmSync(file)
      mkdirSync(file)
    },
  ],
]

test.each(DAMAGES)('a file that %s is put aside, and a new one begun', (_, damage) => {
  fill()
  expect(count()).toBe(100)
  damage()
  nowMs = 5
  expect(count()).toBe(0)
  expect(readdirSync(folder)).toContain('things.sqlite.broken-5')
  expect(warnings).toMatchObject([{ file, aside: `${file}.broken-5` }])
  expect(count()).toBe(0)
  expect(warnings).toHaveLength(1)
})

test('a file whose content makes no sense is put aside', () => {
  fill()
  const check = (database: DatabaseSync) => {
    const row = database.prepare('select max(number) as most from thing').get()
    if (Number(row?.['most']) > 50) throw new Error('there are too many of them')
  }
  expect(count({ check })).toBe(0)
  expect(warnings).toMatchObject([{ reason: 'there are too many of them' }])
})

test('what is not this user’s is put aside; a folder that is not is said', () => {
  fill()
  chmodSync(folder, 0o777)
  chmodSync(file, 0o444)
  as(65_534, () => expect(count()).toBe(0))
  expect(warnings).toHaveLength(1)
  chmodSync(folder, 0o555)
  as(65_533, () => expect(() => open()).toThrow(expect.objectContaining({ code: 'io' })))
})

test('three of one name are kept aside, the newest', () => {
  for (nowMs = 8; nowMs < 13; nowMs++) {
    writeFileSync(file, 'no database')
    count()
  }
  const aside = readdirSync(folder).filter((name) => name.includes('broken'))
  expect(aside.toSorted()).toEqual([
    'things.sqlite.broken-10',
    'things.sqlite.broken-11',
    'things.sqlite.broken-12',
  ])
})

test('a file that somebody else holds is no damaged one', () => {
  fill()
  const other = new DatabaseSync(file)
  other.exec('begin immediate')
  expect(() => open()).toThrow(/locked/)
  other.close()
  expect(count()).toBe(100)
  expect(warnings).toEqual([])
})

function spoil(from: number, to: number): void {
  const bytes = readFileSync(file)
  bytes.fill(0xa5, from, to)
  writeFileSync(file, bytes)
}

function alter(sql: string): void {
  const database = new DatabaseSync(file)
  database.exec(sql)
  database.close()
}

/** Root may read and write everything; as somebody else, where that is possible, permissions count. */
function as(user: number, act: () => void): void {
  const { geteuid, seteuid } = process
  const isRoot = geteuid?.() === 0
  if (isRoot) seteuid?.(user)
  try {
    act()
  } finally {
    if (isRoot) seteuid?.(0)
  }
}
