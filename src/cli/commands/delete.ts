import { CommuneError } from '../../model/errors.ts'
import { COLLECTION } from '../../model/nsid.ts'
import type { Did } from '../../model/records.ts'
import type { Write } from '../../ports/records.ts'
import type { ExistingWorkload } from '../../sync/sync-plan.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { confirm } from '../confirm.ts'
import { EXIT } from '../exit.ts'
import { prepareHints } from '../hints.ts'
import { openLogin } from '../open-login.ts'
import { readSnapshot } from '../read-snapshot.ts'
import { openSessionReader, type Reader } from '../reading.ts'
import { runWithdraw } from './work-order.ts'
import { replicasOf, suggestWorkload, workloadViews, type Replica } from '../workload-view.ts'

interface DeleteOptions extends ConnectionOptions {
  readonly yes?: boolean
  readonly dryRun?: boolean
  readonly meshlet?: string
  readonly owner?: string
}

/** Deletes all of the named workloads in one commit, or none of them. */
export async function runDelete(
  context: CommandContext,
  names: readonly string[],
  options: DeleteOptions,
): Promise<number> {
  const { io } = context
  const { meshlet } = options
  if (meshlet !== undefined) return withdraw(context, names, { ...options, meshlet })
  if (options.owner !== undefined)
    throw new CommuneError(
      'usage',
      '--owner goes with --meshlet only: workloads of others are theirs.',
    )
  await using login = await openLogin(context, options)
  const { session, connection } = login
  const snapshot = await readSnapshot(session, io.signal)
  const wanted = [...new Set(names)].map((name) => find(snapshot.existing, name))
  const list = wanted.map(({ name }) => name).join(', ')
  const reader = await openSessionReader(context, session, connection)
  io.note(await whatEnds(reader, wanted))
  if (options.dryRun === true) {
    io.out(`Would delete ${list} of ${session.handle}.\n`)
    return EXIT.done
  }
  const question = `Delete ${list} of ${session.handle}, and end what runs of it?`
  if (!(await confirm(io, question, { yes: options.yes, flag: '--yes' }))) {
    io.note('Nothing was changed.\n')
    return EXIT.failed
  }
  using hints = prepareHints(context, session, reader)
  hints.expect(wanted.map(({ name }) => ({ name, record: undefined })))
  const writes = wanted.map(({ name }): Write => ({
    action: 'delete',
    collection: COLLECTION.workload,
    rkey: name,
  }))
  const swap = snapshot.commit === undefined ? {} : { swapCommit: snapshot.commit }
  const { rev } = await session.writer.apply(writes, { ...swap, signal: io.signal })
  for (const { name } of wanted) io.out(`deleted ${name}\n`)
  io.note('The machines stop it as soon as they see that.\n')
  await hints.send({ rev, names: wanted.map(({ name }) => name) })
  return EXIT.done
}

/** On one machine only: the records stay, and other machines take the places. */
async function withdraw(
  context: CommandContext,
  names: readonly string[],
  options: DeleteOptions & { readonly meshlet: string },
): Promise<number> {
  if (options.dryRun === true)
    throw new CommuneError('usage', '--dry-run does not go with --meshlet.')
  const codes: number[] = []
  for (const name of new Set(names)) codes.push(await runWithdraw(context, [name], options))
  return Math.max(...codes)
}

/** What runs of each, and where; that it can't be found out is said and stops nothing. */
async function whatEnds(reader: Reader, wanted: readonly ExistingWorkload[]): Promise<string> {
  try {
    using reading = await reader.read()
    const views = new Map(
      workloadViews(reading.view, reading.owner).map((view) => [view.name, view]),
    )
    return wanted
      .map(({ name, record }) => {
        const view = views.get(name)
        const replicas = view === undefined ? [] : replicasOf(view)
        const volumes = (record?.volumes?.length ?? 0) > 0 ? '; volumes stay until told' : ''
        return `${name}: ${endingText(replicas, reading.names.meshlet)}${volumes}\n`
      })
      .join('')
  } catch (error) {
    if (!(error instanceof CommuneError)) throw error
    return `What runs of it can't be found out: ${error.message}\n`
  }
}

function endingText(replicas: readonly Replica[], nameOf: (did: Did) => string): string {
  if (replicas.length === 0) return 'nothing of it runs'
  const machines = [...new Set(replicas.map(({ meshletDid }) => nameOf(meshletDid)))]
  const count = `${replicas.length} ${replicas.length === 1 ? 'replica ends' : 'replicas end'}`
  return `${count}, on ${machines.join(', ')}`
}

function find(existing: readonly ExistingWorkload[], name: string): ExistingWorkload {
  const found = existing.find((entry) => entry.name === name)
  if (found === undefined) {
    throw new CommuneError('not-found', `There is no workload "${name}"; nothing was deleted.`, {
      hint: suggestWorkload(
        name,
        existing.map((entry) => entry.name),
      ),
    })
  }
  if (found.record?.protect === true) {
    throw new CommuneError('forbidden', `"${name}" is protected; nothing was deleted.`, {
      hint: 'Publish it once with "protect: false", then delete it.',
    })
  }
  return found
}
