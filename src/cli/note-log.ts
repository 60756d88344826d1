import type { Log, LogFields } from '../ports/log.ts'
import { isDebug, type Io } from './io.ts'

/** A log on stderr for parts that commands start; only `COMMUNE_DEBUG` shows what is not trouble. */
export function noteLog(io: Io, bound: LogFields = {}): Log {
  const write = (level: string, message: string, fields: LogFields = {}) => {
    const all = Object.entries({ ...bound, ...fields }).map(
      ([name, value]) => ` ${name}=${show(value)}`,
    )
    io.note(`${level}: ${message}${all.join('')}\n`)
  }
  const quiet = !isDebug(io.env)
  return {
    debug: (message, fields) => quiet || write('debug', message, fields),
    info: (message, fields) => quiet || write('info', message, fields),
    warn: (message, fields) => write('warning', message, fields),
    error: (message, fields) => write('error', message, fields),
    child: (fields) => noteLog(io, { ...bound, ...fields }),
  }
}

function show(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}
