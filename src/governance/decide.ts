import { compareText } from '../model/canonical.ts'
import type { Did } from '../model/records.ts'
import { attestedOutcomes, refKey, type Attested } from './attested.ts'
import type { Attestation, Ballots, Proposal, Sponsorship, Vote } from './ballots.ts'
import { faultOfProposal } from './proposal-faults.ts'
import { seenOtherwise, type SeenOtherwise } from './seen-otherwise.ts'
import { tally, votersOf, type Tally } from './tally.ts'

export interface Decided {
  readonly proposal: Proposal
  readonly tally: Tally
  /**
   * - `open`, `passed`, `failed`: as the votes say, or as most voters have attested;
   * - `frozen`: it passed, and so did another one that contradicts it;
   * - `invalid`: it does not count, whatever the votes say.
   */
  readonly state: 'open' | 'passed' | 'failed' | 'frozen' | 'invalid'
  /** A sentence for people. */
  readonly why: string
  readonly decidedAtMs?: number
  /** What it contradicts, and who promised both sides the same. */
  readonly competesWith: readonly string[]
  readonly equivocators: readonly Did[]
  /**
   * Voters who have put the result on record, when they are more than half of all: deleted votes
   * change it no more. Else empty.
   */
  readonly attestedBy: readonly Did[]
  /** Where members have another history on record than the one that was read. */
  readonly seenOtherwise: readonly SeenOtherwise[]
}

/** Links that are followed from one decision to the one before. */
const CHAIN_MAX = 256

/**
 * What became of every proposal, by address and version. A pure function of the records and the time: the order in
 * which they came, and who reads them, change nothing.
 */
export function decide(ballots: Ballots, nowMs: number): readonly Decided[] {
  return new Assembly(ballots, nowMs).all()
}

/** Works out decisions one after the other, each with the one that it follows. */
class Assembly {
  readonly #proposals = new Map<string, Proposal>()
  readonly #attested: ReadonlyMap<string, Attested>
  readonly #votesOn: ReadonlyMap<string, readonly Vote[]>
  readonly #sponsorsOf: ReadonlyMap<Did, readonly Sponsorship[]>
  readonly #recordedOf: ReadonlyMap<string, readonly Attestation[]>
  readonly #done = new Map<string, Decided>()
  readonly #nowMs: number

  constructor({ proposals, votes, attestations, sponsorships }: Ballots, nowMs: number) {
    this.#nowMs = nowMs
    this.#votesOn = Map.groupBy(votes, ({ value }) => value.proposal.uri)
    this.#recordedOf = Map.groupBy(attestations, ({ value }) => refKey(value.proposal))
    this.#sponsorsOf = Map.groupBy(sponsorships, ({ newcomer }) => newcomer)
    this.#attested = attestedOutcomes(attestations)
    // What most voters have on record stays, also if its author changes or deletes it.
    const lasting = [...this.#attested.values()].map(({ proposal }) => proposal)
    for (const one of [...lasting, ...proposals]) this.#proposals.set(refKey(one), one)
  }

  all(): readonly Decided[] {
    const keys = [...this.#proposals.keys()].toSorted(compareText)
    return keys.flatMap((key) => this.#decided(key, 0) ?? [])
  }

  #decided(key: string, depth: number): Decided | undefined {
    const known = this.#done.get(key)
    if (known !== undefined || depth > CHAIN_MAX) return known
    const proposal = this.#proposals.get(key)
    if (proposal === undefined) return undefined
    const fault = faultOfProposal(proposal) ?? this.#faultOfLink(proposal, depth)
    if (fault === undefined) this.#decideSiblings(proposal)
    else this.#settle({ ...this.#plain(proposal), state: 'invalid', why: `it ${fault}` })
    return this.#done.get(key)
  }

  /** Why it does not follow from what was decided before. */
  #faultOfLink(
    { author, value }: Pick<Proposal, 'author' | 'value'>,
    depth: number,
  ): string | undefined {
    if (value.previous === undefined) return undefined
    const before = this.#decided(refKey(value.previous), depth + 1)
    if (before === undefined) return 'follows a decision that is not known'
    if (before.state !== 'passed' && before.state !== 'frozen')
      return 'follows something that was never decided'
    const { subject, cluster } = before.proposal.value
    const isSame = subject === value.subject && cluster === value.cluster
    if (!isSame) return 'follows a decision about something else'
    return haveMostInCommon(before.proposal, { author, value })
      ? undefined
      : 'follows a decision of which most voters were others'
  }

  /** All that follow the same decision about the same member are settled together. */
  #decideSiblings(one: Proposal): void {
    const key = siblingKey(one)
    const siblings = [...this.#proposals.values()]
      .filter((other) => siblingKey(other) === key && faultOfProposal(other) === undefined)
      .toSorted((a, b) => compareText(a.uri, b.uri))
    const first = siblings.map((proposal) => this.#plain(proposal))
    const [current, stale] = partition(first, (entry) => !isStale(entry, first))
    for (const entry of stale) {
      const why = 'it names a decision before it that was not the last one any more'
      this.#settle({ ...entry, state: 'invalid', why })
    }
    const torn = equivocations(current)
    const settled = current.map((entry) => this.#withVoided(entry, torn))
    for (const entry of freeze(settled)) this.#settle(entry)
  }

  #settle(entry: Decided): void {
    const { proposal, state, tally: count } = entry
    const recorded = this.#recordedOf.get(refKey(proposal)) ?? []
    const found = seenOtherwise({
      attestations: recorded.filter(({ by }) => count.voters.includes(by)),
      votes: this.#votesOn.get(proposal.uri) ?? [],
      outcome: state === 'passed' || state === 'failed' ? state : undefined,
    })
    this.#done.set(refKey(proposal), { ...entry, seenOtherwise: found })
  }

  #plain(proposal: Proposal, voided?: ReadonlySet<Did>): Decided {
    const count = tally(proposal, this.#votesOn.get(proposal.uri) ?? [], {
      nowMs: this.#nowMs,
      sponsorships: this.#sponsorsOf.get(proposal.value.subject) ?? [],
      ...(voided && { voided }),
    })
    const attested = this.#attested.get(refKey(proposal))
    const own = this.#ownResult(proposal, count)
    const equivocators = count.ignored
      .filter(({ reason }) => reason === 'equivocation')
      .map(({ vote }) => vote.voter)
    return {
      proposal,
      tally: count,
      ...(attested === undefined
        ? own
        : {
            state: attested.outcome,
            why: `${attested.by.length} of ${count.voters.length} voters have it on record`,
            decidedAtMs: attested.decidedAtMs,
          }),
      competesWith: [],
      equivocators: [...new Set(equivocators)].toSorted(compareText),
      attestedBy: attested?.by ?? [],
      seenOtherwise: [],
    }
  }

  /** A frozen matter is thawed by all voters together only. */
  #ownResult(
    { value }: Proposal,
    { result, why, decidedAtMs, yes, voters }: Tally,
  ): Pick<Decided, 'state' | 'why' | 'decidedAtMs'> {
    const followsFrozen =
      value.previous !== undefined && this.#done.get(refKey(value.previous))?.state === 'frozen'
    if (followsFrozen && result === 'passed' && yes < voters.length) {
      const missing = `${yes} of ${voters.length} say yes; to end a freeze all have to`
      const isOpen = this.#nowMs < Date.parse(value.closesAt)
      return { state: isOpen ? 'open' : 'failed', why: missing }
    }
    return { state: result, why, ...(decidedAtMs === undefined ? {} : { decidedAtMs }) }
  }

  #withVoided(entry: Decided, torn: ReadonlyMap<string, ReadonlySet<Did>>): Decided {
    const voided = torn.get(refKey(entry.proposal))
    return voided === undefined ? entry : this.#plain(entry.proposal, voided)
  }
}

/** More than two thirds of all voters: nobody takes over a chain of decisions by bringing her own. */
function haveMostInCommon(
  a: Pick<Proposal, 'author' | 'value'>,
  b: Pick<Proposal, 'author' | 'value'>,
): boolean {
  const votersOfA = votersOf(a)
  const all = new Set([...votersOfA, ...votersOf(b)])
  const inCommon = votersOf(b).filter((did) => votersOfA.includes(did))
  return inCommon.length * 3 > all.size * 2
}

function siblingKey({ value }: Proposal): string {
  // A dispute is about one claim; nothing else about its subject competes with it.
  const { cluster, subject, previous, action, claim } = value
  const matter = action === 'uphold' ? `claim ${claim?.uri}` : 'membership'
  const electorate = [...new Set(value.electorate)].toSorted(compareText).join(' ')
  const roster = previous === undefined ? electorate : refKey(previous)
  return [cluster, subject, matter, roster].join('\n')
}

/** Made after one of the others was decided, without naming it. */
function isStale({ proposal, attestedBy }: Decided, siblings: readonly Decided[]): boolean {
  if (attestedBy.length > 0) return false
  const madeAtMs = Date.parse(proposal.value.createdAt)
  return siblings.some(
    (other) =>
      other.state === 'passed' &&
      refKey(other.proposal) !== refKey(proposal) &&
      other.decidedAtMs !== undefined &&
      madeAtMs > other.decidedAtMs,
  )
}

/** Voters who said yes to two that contradict each other while both were open, by proposal. */
function equivocations(siblings: readonly Decided[]): ReadonlyMap<string, ReadonlySet<Did>> {
  const found = new Map<string, Set<Did>>()
  for (const a of siblings)
    for (const b of siblings) {
      if (!contradict(a, b) || !overlap(a.proposal, b.proposal)) continue
      const yesToB = new Set(yesVoters(b))
      const both = yesVoters(a).filter((did) => yesToB.has(did))
      if (both.length === 0) continue
      const key = refKey(a.proposal)
      const known = found.get(key) ?? new Set<Did>()
      found.set(key, new Set([...known, ...both]))
    }
  return found
}

function yesVoters({ tally: { counted } }: Decided): readonly Did[] {
  return counted.filter(({ choice }) => choice === 'yes').map(({ voter }) => voter)
}

function contradict(a: Decided, b: Decided): boolean {
  return a.proposal.value.action !== b.proposal.value.action
}

function overlap(a: Proposal, b: Proposal): boolean {
  const [from, to] = [a.value.createdAt, a.value.closesAt].map((time) => Date.parse(time))
  const [otherFrom, otherTo] = [b.value.createdAt, b.value.closesAt].map((time) => Date.parse(time))
  return (from ?? 0) <= (otherTo ?? 0) && (otherFrom ?? 0) <= (to ?? 0)
}

/** Of decisions that contradict each other none holds; choosing one could be arranged for. */
function freeze(siblings: readonly Decided[]): readonly Decided[] {
  const passed = siblings.filter(({ state }) => state === 'passed')
  return siblings.map((entry) => {
    if (entry.state !== 'passed') return entry
    const rivals = passed.filter((other) => contradict(entry, other))
    if (rivals.length === 0) return entry
    const competesWith = rivals.map(({ proposal }) => proposal.uri)
    const why = `it passed, and so did ${rivals.map(({ proposal }) => proposal.value.action).join(', ')}: neither holds until all voters agree on one`
    return { ...entry, state: 'frozen', why, competesWith }
  })
}

function partition<T>(
  items: readonly T[],
  test: (item: T) => boolean,
): readonly [readonly T[], readonly T[]] {
  return [items.filter(test), items.filter((item) => !test(item))]
}
