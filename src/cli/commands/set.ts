import type { Session } from '../../atproto/session.ts'
import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import { recordKeyFor } from '../../model/record-key.ts'
import type { SetRecord } from '../../model/records.ts'
import { nearest } from '../../spec/suggest.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printList } from '../output.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { readSuspensions, type Suspension } from '../suspensions.ts'

const REASON_LENGTH_MAX = 1024

interface ListOptions extends ConnectionOptions {
  readonly output?: string
}

interface SuspendOptions extends ConnectionOptions {
  readonly reason?: string
}

/** A set, and what is known of it. */
interface SetRow {
  readonly set: string
  readonly workloads: number
  readonly suspended?: Suspension
}

/** Lists the sets that published something or are suspended. */
export async function runSetList(
  context: CommandContext,
  _args: readonly string[],
  options: ListOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  await using login = await openLogin(context, options)
  printList(io, format, {
    items: await readSets(login.session, io.signal),
    columns: [
      { header: 'set', cell: ({ set }) => set },
      { header: 'workloads', cell: ({ workloads }) => String(workloads) },
      { header: 'state', cell: ({ suspended }) => (suspended ? 'suspended' : 'active') },
      { header: 'since', wide: true, cell: ({ suspended }) => suspended?.since },
      { header: 'reason', cell: ({ suspended }) => suspended?.reason },
    ],
    nameOf: ({ set }) => set,
    empty: 'No set has published anything.',
  })
  return EXIT.done
}

/** Writes the record that every sync of the set looks for. */
export async function runSetSuspend(
  context: CommandContext,
  [name = '']: readonly string[],
  options: SuspendOptions,
): Promise<number> {
  const { io } = context
  const { reason } = options
  if (reason !== undefined && reason.length > REASON_LENGTH_MAX) {
    throw new CommuneError('usage', `A reason has at most ${REASON_LENGTH_MAX} characters.`)
  }
  await using login = await openLogin(context, options)
  const { session } = login
  const row = find(await readSets(session, io.signal), name)
  const value: SetRecord = {
    $type: COLLECTION.set,
    set: name,
    ...(reason === undefined ? {} : { reason }),
    createdAt: new Date(io.clock.wallMs()).toISOString() as SetRecord['createdAt'],
  }
  const write = {
    action: 'put',
    collection: COLLECTION.set,
    rkey: recordKeyFor(name),
    value,
  } as const
  await session.writer.apply([write], { signal: io.signal })
  io.out(`suspended ${name}\n`)
  const count = row.workloads === 1 ? 'its workload goes' : `its ${row.workloads} workloads go`
  io.note(`No sync publishes it until "commune set resume ${name}"; ${count} on as published.\n`)
  return EXIT.done
}

/** Deletes that record. */
export async function runSetResume(
  context: CommandContext,
  [name = '']: readonly string[],
  options: ConnectionOptions,
): Promise<number> {
  const { io } = context
  await using login = await openLogin(context, options)
  const { session } = login
  const row = find(await readSets(session, io.signal), name)
  if (row.suspended === undefined) {
    io.out(`${name} is not suspended\n`)
    return EXIT.done
  }
  const write = { action: 'delete', collection: COLLECTION.set, rkey: recordKeyFor(name) } as const
  await session.writer.apply([write], { signal: io.signal })
  io.out(`resumed ${name}\n`)
  io.note('The next sync publishes what has changed meanwhile.\n')
  return EXIT.done
}

async function readSets(session: Session, signal: AbortSignal): Promise<readonly SetRow[]> {
  const { existing } = await readSnapshot(session, signal)
  const suspensions = await readSuspensions(session, signal)
  const names = new Set([
    ...existing.flatMap(({ set }) => (set === undefined ? [] : [set])),
    ...suspensions.map(({ set }) => set),
  ])
  return [...names].toSorted().map((set) => {
    const suspended = suspensions.find((one) => one.set === set)
    return {
      set,
      workloads: existing.filter((entry) => entry.set === set).length,
      ...(suspended === undefined ? {} : { suspended }),
    }
  })
}

/** A set that published nothing is a slip of the pen more often than a precaution. */
function find(rows: readonly SetRow[], name: string): SetRow {
  const row = rows.find(({ set }) => set === name)
  if (row !== undefined) return row
  const names = rows.map(({ set }) => set)
  const close = nearest(name, names)
  const known =
    names.length === 0 ? 'No set has published anything yet.' : `There are: ${names.join(', ')}.`
  throw new CommuneError('not-found', `There is no set "${name}".`, {
    hint: close === undefined ? known : `Did you mean ${close}?`,
  })
}
