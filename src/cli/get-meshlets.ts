import { candidates } from '../cluster/membership.ts'
import { ownedMeshlets } from '../cluster/owned-meshlets.ts'
import { membersOf } from '../cluster/recognition.ts'
import { formatDuration } from '../model/duration.ts'
import { CommuneError } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import { formatBytes, formatCpu } from '../model/quantity.ts'
import type { Did, MeshletStatusRecord, Resources } from '../model/records.ts'
import { formatAge } from './age.ts'
import type { GetInput } from './commands/get.ts'
import { askForHealth, type Health } from './machine-health.ts'
import { offerClaims, type OfferClaim } from './offer-claims.ts'
import { printList, type Column } from './output.ts'
import { accusationText, suspectsOf, type Accusation } from './suspects.ts'
import { nearest } from '../spec/suggest.ts'

interface Machine {
  readonly did: Did
  readonly ownerDid: Did
  readonly candidate: boolean
  readonly status: MeshletStatusRecord | undefined
  readonly down: boolean
  readonly suspectedBy: readonly Accusation[]
  /** Offers of it that claim another balance than the ledger. */
  readonly doubtedOffers: readonly OfferClaim[]
}

/** The owner's machines and those of her members. */
export async function printMeshlets(input: GetInput): Promise<void> {
  const { io, reading, format, name } = input
  const { view, owner, names } = reading
  const all = machinesOf(reading, io.clock.wallMs())
  const items = name === undefined ? all : all.filter(({ did }) => names.isCalled(did, name))
  if (name !== undefined && items.length === 0) {
    throw new CommuneError('not-found', `There is no meshlet "${name}".`, {
      hint: suggestMeshlet(name),
    })
  }
  const healths = await healthsOf(input, items)
  const columns: readonly Column<Machine>[] = [
    { header: 'name', cell: ({ did }) => names.meshlet(did) },
    { header: 'state', cell: stateOf },
    { header: 'takes my work', cell: ({ candidate }) => (candidate ? 'yes' : 'no') },
    { header: 'cpu free', cell: ({ status }) => amounts(status, 'cpuMilli', formatCpu) },
    { header: 'memory free', cell: ({ status }) => amounts(status, 'memoryBytes', formatBytes) },
    { header: 'updated', cell: ({ status }) => age(status) },
    { header: 'note', cell: noteOf },
    { header: 'version', wide: true, cell: ({ status }) => status?.softwareVersion },
    { header: 'problems', wide: true, cell: ({ did }) => problemsText(healths.get(did)) },
    { header: 'writes left', wide: true, cell: ({ did }) => writesText(healths.get(did)) },
    { header: 'endpoint', wide: true, cell: ({ status }) => status?.endpoint },
    { header: 'labels', wide: true, cell: ({ status }) => labelsText(status) },
    { header: 'did', wide: true, cell: ({ did }) => did },
    { header: 'owner', wide: true, cell: ({ ownerDid }) => names.account(ownerDid) },
  ]
  printList(io, format, {
    items,
    columns,
    nameOf: ({ did }) => did,
    dataOf: (item) => ({ name: names.meshlet(item.did), ...item, health: healths.get(item.did) }),
    empty: `${names.account(owner)} has no meshlet yet; "commune meshlet add DID" declares one.`,
  })

  function suggestMeshlet(meant: string): string {
    const hosts = all.map(({ did }) => names.meshlet(did).replace(/^.*\//, ''))
    const near = nearest(meant, hosts)
    if (near !== undefined) return `Did you mean ${near}?`
    return '"commune get meshlets" lists those that there are.'
  }
  function stateOf({ did, status, down }: Machine): string {
    if (down) return 'down'
    return status?.state ?? (view.repoProblem(did) === undefined ? 'silent' : 'unreadable')
  }
  function noteOf({ did, status, suspectedBy, doubtedOffers }: Machine): string | undefined {
    const silent = accusationText(suspectedBy, names.shortMeshlet, io.clock.wallMs())
    const notes = [silent ?? view.repoProblem(did) ?? status?.stateReason, doubtText(doubtedOffers)]
    return notes.filter((note) => note !== undefined).join('; ') || undefined
  }
  function age(status: MeshletStatusRecord | undefined): string | undefined {
    return formatAge(status?.updatedAt ?? status?.createdAt, io.clock.wallMs())
  }
}

/** A table says what records say; more of it asks the machines as well. */
async function healthsOf(
  { context, options, reading, format }: GetInput,
  machines: readonly Machine[],
): Promise<ReadonlyMap<Did, Health>> {
  if (format === 'table' || format === 'name' || machines.length === 0) return new Map()
  const down = new Set(machines.filter((machine) => machine.down).map(({ did }) => did))
  return askForHealth(context, options, { reading, dids: machines.map(({ did }) => did), down })
}

/** What needs attention there, by its own word; a dash when it can't be asked. */
function problemsText(health: Health | undefined): string | undefined {
  if (health === undefined) return undefined
  return health.problems?.join('; ') || 'none'
}

/** Points that the machine may write at once, in the hour and in the day; a dash when it can't be asked. */
function writesText(health: Health | undefined): string | undefined {
  const budget = health?.writeBudget
  if (budget === undefined) return undefined
  const { hour, day, pausedMs = 0 } = budget
  const left = `${hour.pointsLeft} of ${hour.pointsMax}/h, ${day.pointsLeft} of ${day.pointsMax}/d`
  return pausedMs > 0 ? `none for ${formatDuration(pausedMs)} (${left})` : left
}

/** The records are told by `commune balance --verify`, and with `-o json`. */
function doubtText(offers: readonly OfferClaim[]): string | undefined {
  if (offers.length === 0) return undefined
  const what = offers.length === 1 ? '1 offer claims' : `${offers.length} offers claim`
  return `${what} another balance than the ledger`
}

function machinesOf({ view, owner }: GetInput['reading'], nowMs: number): readonly Machine[] {
  const known = candidates(view, owner)
  const { down, accusations } = suspectsOf(view, known, false)
  const taking = new Set(
    known.filter(({ verdict }) => verdict === 'yes').map(({ meshletDid }) => meshletDid),
  )
  const machines = [owner, ...membersOf(view, owner)].flatMap((member) =>
    ownedMeshlets(view, member),
  )
  const own = machines.filter(({ verdict }) => verdict === 'yes')
  const doubted = offerClaims({ view }, own, nowMs).filter(
    ({ claim }) => claim.kind === 'different',
  )
  const doubts = Map.groupBy(doubted, ({ meshletDid }) => meshletDid)
  return machines.map(({ ownerDid, meshletDid }) => ({
    did: meshletDid,
    ownerDid,
    candidate: taking.has(meshletDid),
    status: view.get<MeshletStatusRecord>(meshletDid, COLLECTION.meshletStatus, 'self')?.value,
    down: down.has(meshletDid),
    suspectedBy: accusations.get(meshletDid) ?? [],
    doubtedOffers: doubts.get(meshletDid) ?? [],
  }))
}

function amounts(
  status: MeshletStatusRecord | undefined,
  field: keyof Omit<Resources, '$type'>,
  format: (amount: number) => string,
): string | undefined {
  const total = status?.capacity[field]
  if (total === undefined) return undefined
  const free = status?.available?.[field]
  return free === undefined ? format(total) : `${format(free)} of ${format(total)}`
}

function labelsText(status: MeshletStatusRecord | undefined): string | undefined {
  return status?.labels?.map(({ name, value }) => `${name}=${value}`).join(',')
}
