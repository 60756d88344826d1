import { agreementOf } from '../../src/governance/agreement.ts'
import { ballotsOf, repoOf } from '../../src/governance/ballots.ts'
import { decide, type Decided } from '../../src/governance/decide.ts'
import { ledgerTerms } from '../../src/governance/ledger-terms.ts'
import { memberState, type MemberState } from '../../src/governance/member-state.ts'
import { neighboursOf, rostersOf } from '../../src/governance/roster.ts'
import { communeBooks } from '../../src/ledger/books.ts'
import { closedDayOf } from '../../src/ledger/ledger-day.ts'
import { ledgerOf } from '../../src/ledger/ledger.ts'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import type { BidRecord, DecisionRecord, Did, ProposalRecord } from '../../src/model/records.ts'
import { parseWorkloadUri, workloadUri } from '../../src/model/workload-uri.ts'
import type { RecordView } from '../../src/ports/records.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import type { Stage } from './stage.ts'
import type { Standings } from './standing-judgement.ts'
import { TrueView } from './true-view.ts'

/** Records by which it may change what binds whom. */
const OF_THE_LAW: ReadonlySet<string> = new Set([
  COLLECTION.proposal,
  COLLECTION.vote,
  COLLECTION.decision,
  COLLECTION.cluster,
  COLLECTION.meshlet,
  COLLECTION.meshletOwner,
  COLLECTION.clusterPolicy,
  COLLECTION.usage,
  COLLECTION.acknowledgement,
  COLLECTION.dispute,
  COLLECTION.answer,
  COLLECTION.sponsor,
])
const CLUSTER = 'default'
/** What changes with time alone is known to a machine by then. */
const KNOWN_MS = 120_000

/** What is not as it should be in what the members agreed on, once all is quiet. */
export function judgeLaw(stage: Stage): string[] {
  const { world, hostile } = stage
  const nowMs = world.clock.wallMs()
  return [...world.machines.values()]
    .filter(({ name, running }) => running && !hostile.has(name))
    .flatMap((machine) => [
      ...judgeAgreement(machine, stage, nowMs),
      ...judgeLedger(machine, nowMs),
      ...judgeBound(world, machine, nowMs),
    ])
}

/** All who read the same come to the same result, and all read all of it; the order changes nothing. */
function judgeAgreement(
  { name, config, running }: VirtualMachine,
  { world }: Stage,
  nowMs: number,
): string[] {
  if (!running) return []
  // Machines of owners who are not listed here are not read by everybody: their claims concern nobody.
  const listed = new Set([config.ownerDid, ...(config.clusters.get(CLUSTER) ?? [])])
  const given = new Set(
    [...world.machines.values()]
      .filter((one) => !listed.has(one.config.ownerDid))
      .map(({ did }) => did),
  )
  const said = (view: RecordView) => {
    const { disputes, ...rest } = agreementOf(view, config.ownerDid, nowMs)
    const left = disputes.filter(({ value }) => !given.has(repoOf(value.claim.uri)))
    return JSON.stringify({ ...rest, disputes: left })
  }
  const isSame = said(running.view) === said(new TrueView(world.repos))
  const faults = isSame ? [] : [`other law: ${name} sees another one`]
  const ballots = ballotsOf(running.view, neighboursOf(running.view, config.ownerDid))
  const turned = {
    sponsorships: ballots.sponsorships.toReversed(),
    proposals: ballots.proposals.toReversed(),
    votes: ballots.votes.toReversed(),
    attestations: ballots.attestations.toReversed(),
  }
  const results = [ballots, turned].map((one) => decide(one, nowMs).map(resultOf))
  if (JSON.stringify(results[0]) !== JSON.stringify(results[1]))
    faults.push(`order decides the vote: ${name} gets another result the other way round`)
  return faults
}

function resultOf({ proposal, state, decidedAtMs, equivocators, attestedBy, tally }: Decided) {
  const { yes, no, abstain } = tally
  return [
    proposal.uri,
    proposal.cid,
    state,
    decidedAtMs,
    equivocators,
    attestedBy,
    yes,
    no,
    abstain,
  ]
}

/** What one gave another one took. */
function judgeLedger({ name, config, running }: VirtualMachine, nowMs: number): string[] {
  if (!running) return []
  const { view } = running
  const day = closedDayOf(nowMs)
  const { members } = communeBooks(view, config.ownerDid)
  const { accounts } = ledgerOf({ day, members, ...ledgerTerms(view, config.ownerDid, day) })
  const sum = accounts.reduce((total, { balance }) => total + balance, 0n)
  return sum === 0n ? [] : [`ledger: what ${name} reads sums up to ${sum}`]
}

/** Nobody is bound by the votes of those whom she does not know, and who is expelled runs nothing. */
function judgeBound(world: VirtualCommune, machine: VirtualMachine, nowMs: number): string[] {
  const { name, config, engine, running } = machine
  if (!running) return []
  const { view } = running
  const decided = decide(ballotsOf(view, neighboursOf(view, config.ownerDid)), nowMs)
  const roster = rosterOf(view, config.ownerDid)
  const owners = [...new Set([...world.machines.values()].map((one) => one.config.ownerDid))]
  return owners.toSorted().flatMap((subject) => {
    const state = roster && memberState(decided, roster, subject, nowMs)
    if (!roster || !state || !isOut(state) || subject === config.ownerDid) return []
    const { tally, attestedBy, proposal } = state.decision
    const known = new Set([config.ownerDid, ...roster.members])
    const agreed = [...yesOf(state.decision), ...attestedBy].filter((did) => known.has(did))
    const faults: string[] = []
    if (agreed.length === 0 || !tally.voters.includes(config.ownerDid))
      faults.push(`strangers decide: ${name} is bound by ${proposal.uri}`)
    const listed = (config.clusters.get(CLUSTER) ?? []).includes(subject)
    const isHere = engine.containers.some(
      (one) => parseWorkloadUri(one.options.labels[LABEL.workload] ?? '')?.owner === subject,
    )
    if (listed && state.kind === 'expelled' && isHere)
      faults.push(`expelled: ${name} still runs work of ${subject}`)
    return faults
  })
}

/**
 * Complains when a machine offers to run what was published by somebody whom it knew to be suspended or
 * expelled before, while nothing has happened since that could have changed it.
 */
export function watchPlacements(world: VirtualCommune, standings: Standings): void {
  /** Machines that knew that its owner is out when a workload was published, by its uri. */
  const outAtFirst = new Map<string, ReadonlySet<Did>>()
  const seen = new Set<string>()
  world.repos.onCommit((repo, { changes }) => {
    if (changes.some(({ collection }) => OF_THE_LAW.has(collection))) outAtFirst.clear()
    for (const { collection, rkey, record } of changes) {
      if (collection === COLLECTION.workload && record) {
        const uri = workloadUri(repo.did, rkey)
        if (!seen.has(uri))
          outAtFirst.set(uri, new Set(whoTakesNothingNew(world, repo.did, standings)))
        seen.add(uri)
      }
      if (collection !== COLLECTION.bid || !record) continue
      const bid = record.value as BidRecord
      const owner = parseWorkloadUri(bid.workload)?.owner
      const machine = world.machineOf(repo.did)
      if (!owner || !machine || !(bid.slots > 0) || world.hostile.has(machine.name)) continue
      if (!outAtFirst.get(bid.workload)?.has(repo.did)) continue
      if (!takesNothingNew(machine, owner, { world, standings })) continue
      const at = `${Math.round(world.clock.monotonicMs())} ms`
      world.violations.push(`${at}: new placement: ${machine.name} offers to run ${bid.workload}`)
    }
  })
}

/** When somebody was first proposed to be put out, milliseconds of the world; by her DID. */
export function watchProposals(world: VirtualCommune): ReadonlyMap<Did, number> {
  const firstAtMs = new Map<Did, number>()
  world.repos.onCommit((_, { changes }) => {
    for (const { collection, record } of changes) {
      if (!record) continue
      const { subject } = record.value as Partial<ProposalRecord>
      const { content } = record.value as Partial<DecisionRecord>
      const about = collection === COLLECTION.proposal ? subject : content?.subject
      if (about !== undefined && !firstAtMs.has(about))
        firstAtMs.set(about, world.clock.monotonicMs())
    }
  })
  return firstAtMs
}

function whoTakesNothingNew(
  world: VirtualCommune,
  owner: Did,
  standings: Standings,
): readonly Did[] {
  return [...world.machines.values()]
    .filter((machine) => takesNothingNew(machine, owner, { world, standings }))
    .map(({ did }) => did)
}

/** She is out, or has stood so for longer than a machine may not know of it. */
function takesNothingNew(
  machine: VirtualMachine,
  owner: Did,
  { world, standings }: { readonly world: VirtualCommune; readonly standings: Standings },
): boolean {
  if (knowsThatSheIsOut(machine, owner, world)) return true
  const sinceMs = standings.keptOutSinceMs(machine, owner)
  return sinceMs !== undefined && world.clock.monotonicMs() - sinceMs >= KNOWN_MS
}

/** Whether what this machine has read takes an owner whom it lists the right to anything new. */
export function knowsThatSheIsOut(
  { config, running }: VirtualMachine,
  owner: Did,
  { clock }: VirtualCommune,
): boolean {
  if (!running || owner === config.ownerDid) return false
  if (!(config.clusters.get(CLUSTER) ?? []).includes(owner)) return false
  const { view } = running
  const roster = rosterOf(view, config.ownerDid)
  if (roster === undefined) return false
  const nowMs = clock.wallMs()
  const decided = decide(ballotsOf(view, neighboursOf(view, config.ownerDid)), nowMs)
  return isOut(memberState(decided, roster, owner, nowMs))
}

function rosterOf(view: RecordView, owner: Did) {
  return rostersOf(view, owner).find(({ cluster }) => cluster === CLUSTER)
}

function yesOf({ tally }: Decided): readonly Did[] {
  return tally.counted.filter(({ choice }) => choice === 'yes').map(({ voter }) => voter)
}

function isOut(state: MemberState): state is MemberState & { kind: 'suspended' | 'expelled' } {
  return state.kind === 'suspended' || state.kind === 'expelled'
}
