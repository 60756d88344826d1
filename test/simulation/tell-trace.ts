import type { Log, LogFields } from '../../src/ports/log.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'

/** Tells what the meshlets log, without what is of no interest but to whoever writes the code. */
export function traceLog(say: (line: string) => void, fields: LogFields = {}): Log {
  const tell = (message: string, more: LogFields = {}) => {
    const { machine = '', ...rest } = { ...fields, ...more }
    say(`  ${String(machine)} says: ${message} ${JSON.stringify(rest)}`)
  }
  return {
    debug() {},
    info: tell,
    warn: tell,
    error: tell,
    child: (more) => traceLog(say, { ...fields, ...more }),
  }
}

/** Tells every commit and every call that changes an engine. */
export function tellTrace(world: VirtualCommune, say: (line: string) => void): void {
  world.repos.onCommit(({ did }, { rev, changes }) => {
    for (const { collection, rkey, record } of changes) {
      const what = `${collection.split('.').at(-1)}/${rkey}`
      const content = record ? `writes ${what} ${JSON.stringify(record.value)}` : `deletes ${what}`
      say(`  ${did.split(':').at(-1)} at ${rev} ${content}`)
    }
  })
  world.trace.onAction((machine, call, subject) => {
    const name = typeof subject === 'string' ? subject : (subject as { name?: string }).name
    say(`  ${machine.name} calls ${call} ${name}`)
  })
}
