import { pino } from 'pino'
import { INVISIBLE } from '../model/invisible.ts'
import type { Log, LogFields } from '../ports/log.ts'

export interface LogOptions {
  /** `text` for people, `json` for programs; `auto` is text on a terminal. */
  readonly format: 'auto' | 'text' | 'json'
  readonly verbose: boolean
  readonly stream: NodeJS.WriteStream
}

type Level = 'debug' | 'info' | 'warn' | 'error'

/** The log of a daemon, on standard error. */
export function createLog(options: LogOptions): Log {
  const isText = options.format === 'text' || (options.format === 'auto' && options.stream.isTTY)
  return isText ? textLog(options, {}) : jsonLog(options)
}

function jsonLog({ verbose, stream }: LogOptions): Log {
  const level = verbose ? 'debug' : 'info'
  const logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, stream)
  return wrap(logger)
}

function wrap(logger: pino.Logger): Log {
  const say =
    (level: Level) =>
    (message: string, fields: LogFields = {}) =>
      logger[level](fields, message)
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => wrap(logger.child(fields)),
  }
}

function textLog(options: LogOptions, bound: LogFields): Log {
  const say =
    (level: Level) =>
    (message: string, fields: LogFields = {}) => {
      if (level === 'debug' && !options.verbose) return
      const time = new Date().toISOString().slice(11, 23)
      const mark = level === 'info' ? '' : `${level.toUpperCase()} `
      const rest = Object.entries({ ...bound, ...fields }).map(
        ([name, value]) => `${name}=${shown(value)}`,
      )
      options.stream.write(
        `${time} ${mark}${[message, ...rest].join('  ').replace(INVISIBLE, '�')}\n`,
      )
    }
  return {
    debug: say('debug'),
    info: say('info'),
    warn: say('warn'),
    error: say('error'),
    child: (fields) => textLog(options, { ...bound, ...fields }),
  }
}

function shown(value: unknown): string {
  return typeof value === 'string' ? value : (JSON.stringify(value) ?? 'undefined')
}
