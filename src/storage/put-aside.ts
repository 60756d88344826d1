import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs'
import path from 'node:path'
import type { Log } from '../ports/log.ts'

export interface PutAsideOptions {
  readonly file: string
  /** Why it can't be used, for people. */
  readonly reason: string
  readonly log: Log
  /** Milliseconds since 1970, for the new name. */
  readonly nowMs: number
}

/** So many files of one name are kept aside: what fails again and again must not fill the disk. */
const KEPT_MAX = 3
/** What SQLite keeps beside a database. */
const COMPANIONS = ['-wal', '-shm']

/**
 * Gives a file that can't be used another name, `FILE.broken-TIME`, so that a new one can be begun and
 * the old one looked at. Throws when it can't be renamed.
 */
export function putAside({ file, reason, log, nowMs }: PutAsideOptions): void {
  const aside = `${file}.broken-${nowMs}`
  for (const suffix of ['', ...COMPANIONS])
    if (existsSync(file + suffix)) renameSync(file + suffix, aside + suffix)
  removeOldest(file)
  log.warn('a file of the state folder can’t be used; it was put aside, and is made anew', {
    file,
    aside,
    reason,
  })
}

function removeOldest(file: string): void {
  const folder = path.dirname(file)
  const prefix = `${path.basename(file)}.broken-`
  const timeOf = (name: string) => Number(/^\d+/.exec(name.slice(prefix.length))?.[0] ?? 0)
  const aside = readdirSync(folder).filter((name) => name.startsWith(prefix))
  const times = [...new Set(aside.map(timeOf))].toSorted((a, b) => b - a)
  const old = new Set(times.slice(KEPT_MAX))
  for (const name of aside)
    if (old.has(timeOf(name))) rmSync(path.join(folder, name), { force: true, recursive: true })
}
