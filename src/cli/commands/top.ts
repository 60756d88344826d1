import { candidates } from '../../cluster/membership.ts'
import { CommuneError } from '../../model/errors.ts'
import { formatCpu } from '../../model/quantity.ts'
import { parseWorkloadUri } from '../../model/workload-uri.ts'
import type { Did } from '../../model/records.ts'
import { sleep } from '../../ports/clock.ts'
import type { ReadingOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { formatUse, formatUseOf } from '../format-use.ts'
import type { Io } from '../io.ts'
import {
  askForUsage,
  machinesWithWork,
  type MachineUsage,
  type Usage,
  type UsageSource,
} from '../machine-usage.ts'
import { openLogin } from '../open-login.ts'
import { parseOutput, printList, type Column, type OutputFormat } from '../output.ts'
import { openReader, type Reader, type Reading } from '../reading.ts'
import { workloadView } from '../workload-view.ts'

interface TopOptions extends ReadingOptions {
  readonly all?: boolean
  readonly watch?: boolean
}

/** How often `--watch` asks again; machines measure no more often. */
const WATCH_MS = 2_000
/** How long the records are good for while it watches. */
const READING_MS = 20_000
const MESHLETS = 'meshlets'
const CLEAR_SCREEN = '\u001b[H\u001b[J'

/** Asks the machines what the replicas on them use at the moment. */
export async function runTop(
  context: CommandContext,
  [what]: readonly string[],
  options: TopOptions,
): Promise<number> {
  const { io } = context
  const format = parseOutput(options.output)
  await using login = await openLogin(context, options)
  const reader = await openReader(context, options)
  const { allowPrivateAddresses } = reader
  const client = await context.drivers.createMeshletClient({ allowPrivateAddresses })
  const look = (told: Io, reading: Reading): Promise<number> => {
    const source = { session: login.session, client, reading }
    if (what === MESHLETS) return topMeshlets(told, source, format)
    return topReplicas(told, source, { format, name: what, all: options.all ?? false })
  }
  if (options.watch === true) return watch(io, reader, look)
  using reading = await reader.read()
  return look(io, reading)
}

/** Again and again, until it is interrupted; on a terminal always in the same place. */
async function watch(
  io: Io,
  reader: Reader,
  look: (told: Io, reading: Reading) => Promise<number>,
): Promise<number> {
  using read = new LastReading(io, reader)
  while (!io.signal.aborted) {
    let text = ''
    const held = { ...io, out: (more: string) => void (text += more) }
    try {
      await look(held, await read.recent())
    } catch (error) {
      if (io.signal.aborted) break
      if (!(error instanceof CommuneError) || !error.retry) throw error
      io.note(`${error.message}\n`)
    }
    io.out(io.color.out ? `${CLEAR_SCREEN}${text}` : text)
    await sleep(io.clock, WATCH_MS, io.signal).catch(() => undefined)
  }
  return EXIT.interrupted
}

/** Where everything runs changes less often than what it uses, and costs more to read. */
class LastReading implements Disposable {
  readonly #io: Io
  readonly #reader: Reader
  #last: { readonly reading: Reading; readonly atMs: number } | undefined

  constructor(io: Io, reader: Reader) {
    this.#io = io
    this.#reader = reader
  }

  async recent(): Promise<Reading> {
    const nowMs = this.#io.clock.monotonicMs()
    if (this.#last !== undefined && nowMs - this.#last.atMs < READING_MS) return this.#last.reading
    const reading = await this.#reader.read()
    this[Symbol.dispose]()
    this.#last = { reading, atMs: nowMs }
    return reading
  }

  [Symbol.dispose](): void {
    this.#last?.reading[Symbol.dispose]()
    this.#last = undefined
  }
}

interface ReplicaRow {
  readonly workload: string
  readonly owner: Did
  readonly meshlet: Did
  readonly machine: string
  readonly use: Usage['replicas'][number]
}

async function topReplicas(
  io: Io,
  source: UsageSource,
  how: { readonly format: OutputFormat; readonly name: string | undefined; readonly all: boolean },
): Promise<number> {
  const { reading } = source
  const { owner, names, view } = reading
  // A name that is not there is told before anybody is asked.
  const only = how.name === undefined ? undefined : workloadView(view, owner, how.name).name
  const machines = machinesWithWork(reading, how.all ? undefined : owner)
  const answers = await askForUsage(io, source, machines)
  const rows = answers
    .flatMap(({ did, usage }) => (usage === undefined ? [] : rowsOf(did, usage, names.meshlet)))
    .filter((row) => how.all || row.owner === owner)
    .filter(({ workload }) => only === undefined || workload === only)
    .toSorted((a, b) => compare(keyOf(a), keyOf(b)))
  const nameOf = (row: ReplicaRow) =>
    how.all ? `${names.account(row.owner)}/${row.workload}` : row.workload
  const columns: readonly Column<ReplicaRow>[] = [
    { header: 'workload', cell: nameOf },
    { header: 'replica', cell: ({ machine, use }) => `${machine}#${use.index}` },
    { header: 'cpu', cell: ({ use }) => formatUseOf(use.cpuMilli, use.cpuMilliMax, formatCpu) },
    {
      header: 'memory',
      cell: ({ use }) => formatUseOf(use.memoryBytes, use.memoryBytesMax, formatUse),
    },
    { header: 'processes', cell: ({ use }) => formatUseOf(use.pids, use.pidsMax, String) },
    { header: 'received', cell: ({ use }) => formatUseOf(use.receivedBytes, undefined, formatUse) },
    { header: 'sent', cell: ({ use }) => formatUseOf(use.sentBytes, undefined, formatUse) },
    { header: 'did', wide: true, cell: ({ meshlet }) => meshlet },
  ]
  printList(io, how.format, {
    items: rows,
    columns,
    nameOf: (row) => `${nameOf(row)}/${row.machine}#${row.use.index}`,
    dataOf: ({ use, ...row }) => ({ ...row, ...use, workload: row.workload, uri: use.workload }),
    empty: only === undefined ? 'Nothing runs.' : `Nothing of ${only} runs.`,
  })
  return tellSilent(io, answers)
}

function rowsOf(did: Did, usage: Usage, nameOf: (did: Did) => string): readonly ReplicaRow[] {
  return usage.replicas.flatMap((use) => {
    const parsed = parseWorkloadUri(use.workload)
    if (parsed === undefined) return []
    const { name: workload, owner } = parsed
    return [{ workload, owner, meshlet: did, machine: nameOf(did), use }]
  })
}

async function topMeshlets(io: Io, source: UsageSource, format: OutputFormat): Promise<number> {
  const { reading } = source
  const { view, owner, names } = reading
  const dids = new Set([
    ...candidates(view, owner).map(({ meshletDid }) => meshletDid),
    ...machinesWithWork(reading, owner),
  ])
  const answers = await askForUsage(io, source, [...dids].toSorted())
  const items = answers.filter(({ usage }) => usage !== undefined)
  const sum = ({ usage }: MachineUsage, of: (use: Usage['replicas'][number]) => number) =>
    usage?.replicas.reduce((total, use) => total + of(use), 0)
  const columns: readonly Column<MachineUsage>[] = [
    { header: 'name', cell: ({ did }) => names.meshlet(did) },
    { header: 'replicas', cell: ({ usage }) => String(usage?.replicas.length ?? 0) },
    { header: 'cpu', cell: (one) => ofOffer(one, 'cpuMilli', formatCpu) },
    { header: 'cpu reserved', cell: (one) => reserved(one, 'cpuMilli', formatCpu) },
    { header: 'memory', cell: (one) => ofOffer(one, 'memoryBytes', formatUse) },
    { header: 'memory reserved', cell: (one) => reserved(one, 'memoryBytes', formatUse) },
    { header: 'processes', cell: (one) => String(sum(one, ({ pids }) => pids)) },
    { header: 'did', wide: true, cell: ({ did }) => did },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ did }) => did,
    dataOf: ({ did, usage }) => ({
      meshlet: did,
      name: names.meshlet(did),
      measuredAt: usage?.measuredAt,
      offer: usage?.offer,
      available: usage?.available,
      replicas: usage?.replicas,
    }),
    empty: 'No machine says what it uses.',
  })
  return tellSilent(io, answers)

  function ofOffer(
    one: MachineUsage,
    field: 'cpuMilli' | 'memoryBytes',
    show: (amount: number) => string,
  ): string | undefined {
    return formatUseOf(
      sum(one, (use) => use[field] ?? 0),
      one.usage?.offer?.[field],
      show,
    )
  }
}

/** What bids hold, whether it is used or not. */
function reserved(
  { usage }: MachineUsage,
  field: 'cpuMilli' | 'memoryBytes',
  show: (amount: number) => string,
): string | undefined {
  const [offer, available] = [usage?.offer?.[field], usage?.available?.[field]]
  return offer === undefined || available === undefined ? undefined : show(offer - available)
}

function tellSilent(io: Io, answers: readonly MachineUsage[]): number {
  for (const { silence } of answers) if (silence !== undefined) io.note(`${silence}\n`)
  const isAnswered = answers.length === 0 || answers.some(({ usage }) => usage !== undefined)
  return isAnswered ? EXIT.done : EXIT.failed
}

function keyOf({ owner, workload, machine, use }: ReplicaRow): string {
  return [owner, workload, machine, String(use.index).padStart(6, '0')].join(' ')
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
