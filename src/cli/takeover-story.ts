import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import type { Did, MeshletStatusRecord, SuspicionRecord } from '../model/records.ts'
import { electorateOf, votesNeeded } from '../selection/electorate.ts'
import { select, slotsOf } from '../selection/select.ts'
import { suspicionsInForce } from '../selection/suspicions.ts'
import { formatAge } from './age.ts'
import { evidenceOf, type Evidence } from './evidence.ts'
import type { Reading } from './reading.ts'
import { printable } from './table.ts'
import type { WorkloadView } from './workload-view.ts'

/** Why work moved away from machines that are silent, by the records. */
export interface TakeoverStory {
  /** Voters who decide who is down, and how many of them have to agree. */
  readonly voters: number
  readonly votesNeeded: number
  /** By DID. */
  readonly suspects: readonly SuspectStory[]
  /** Machines that were chosen only because somebody else is down. */
  readonly moved: readonly {
    readonly meshlet: Did
    readonly name: string
    readonly slots: number
    readonly insteadOf: readonly string[]
  }[]
}

export interface SuspectStory {
  readonly meshlet: Did
  readonly name: string
  readonly down: boolean
  readonly suspicions: readonly {
    readonly writer: Did
    readonly name: string
    /** ISO 8601: when the suspect was last heard there. */
    readonly since?: string
    readonly epoch: number
    readonly evidence: Evidence
  }[]
  /** The suspect's last word: it names none of the suspicions above, and has no newer epoch. */
  readonly lastWord?: {
    readonly epoch: number
    /** ISO 8601 */
    readonly time: string
    readonly evidence: Evidence
  }
}

/** Gathers it from the records that everybody can read. */
export function takeoverStory(reading: Reading, workload: WorkloadView): TakeoverStory {
  const { candidates } = workload.candidates
  const inForce = suspicionsInForce(
    reading.view,
    candidates.map(({ meshletDid }) => meshletDid),
  )
  const suspects = [...new Set(inForce.map(({ suspect }) => suspect))].toSorted()
  const voters = electorateOf(candidates).length
  const isOneEnough = workload.record.placement?.atMostOne !== true
  return {
    voters,
    votesNeeded: votesNeeded(voters, isOneEnough),
    suspects: suspects.map((suspect) => ({
      meshlet: suspect,
      name: reading.names.meshlet(suspect),
      down: workload.suspects.down.has(suspect),
      suspicions: inForce
        .filter((one) => one.suspect === suspect)
        .map(({ writer, epoch, cid }) => suspicionStory(reading, { writer, suspect, epoch, cid })),
      ...lastWordOf(reading, suspect),
    })),
    moved: movedBy(reading, workload),
  }
}

function suspicionStory(
  { view, names }: Reading,
  { writer, suspect, epoch, cid }: { writer: Did; suspect: Did; epoch: number; cid: string },
): SuspectStory['suspicions'][number] {
  const rkey = recordKeyFor(suspect)
  const since = view.get<SuspicionRecord>(writer, COLLECTION.suspicion, rkey)?.value.since
  return {
    writer,
    name: names.meshlet(writer),
    ...(since === undefined ? {} : { since }),
    epoch,
    evidence: { uri: `at://${writer}/${COLLECTION.suspicion}/${rkey}`, cid },
  }
}

function lastWordOf({ view }: Reading, did: Did): Pick<SuspectStory, 'lastWord'> {
  const status = view.get<MeshletStatusRecord>(did, COLLECTION.meshletStatus, 'self')?.value
  const [evidence] = evidenceOf(view, did, COLLECTION.meshletStatus, 'self')
  if (status === undefined || evidence === undefined) return {}
  const { epoch, updatedAt, createdAt } = status
  return { lastWord: { epoch, time: updatedAt ?? createdAt, evidence } }
}

/** The choice as it is, against the one that there would be if all were up. */
function movedBy({ names }: Reading, workload: WorkloadView): TakeoverStory['moved'] {
  const { selectInput, choice, suspects } = workload
  if (suspects.down.size === 0) return []
  const before = select({ ...selectInput, down: new Set() })
  const insteadOf = before.winners
    .filter(({ meshletDid }) => suspects.down.has(meshletDid))
    .map(({ meshletDid }) => names.meshlet(meshletDid))
  return choice.winners
    .map(({ meshletDid, slots }) => ({
      meshlet: meshletDid,
      name: names.meshlet(meshletDid),
      slots: slots - slotsOf(before, meshletDid),
      insteadOf,
    }))
    .filter(({ slots }) => slots > 0)
}

/** For people; empty when nobody is suspected. Each line ends with a newline. */
export function takeoverText(story: TakeoverStory, nowMs: number): string {
  const lines = story.suspects.flatMap((suspect) => [
    suspect.down
      ? `${suspect.name} is down: ${story.votesNeeded} of ${story.voters} votes are needed, and`
      : `${suspect.name} is suspected by too few: ${story.votesNeeded} of ${story.voters} votes are needed, and only`,
    ...suspect.suspicions.map(
      ({ name, since, epoch, evidence }) =>
        `  ${name} has not heard it for ${formatAge(since, nowMs) ?? 'some time'} (epoch ${epoch}; ${evidence.uri})`,
    ),
    `  ${answerText(suspect, nowMs)}`,
  ])
  const moves = story.moved.map(
    ({ name, slots, insteadOf }) =>
      `${name} runs ${slots} ${slots === 1 ? 'replica' : 'replicas'} in the stead of ${insteadOf.join(', ')}`,
  )
  return [...lines, ...moves].map((line) => `${printable(line)}\n`).join('')
}

function answerText({ lastWord }: SuspectStory, nowMs: number): string {
  if (lastWord === undefined) return 'its answer is missing: it has published no status'
  const ago = formatAge(lastWord.time, nowMs) ?? '?'
  return `its answer is missing: its last status is ${ago} old, of epoch ${lastWord.epoch}, and answers none of them`
}
