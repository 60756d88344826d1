import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import type { Did, WorkloadRecord, WorkloadStatusRecord } from '../../src/model/records.ts'
import { specHash } from '../../src/model/spec-hash.ts'
import { parseWorkloadUri } from '../../src/model/workload-uri.ts'
import type { EngineContainer } from '../../src/ports/engine.ts'
import { slotsOf, type Choice } from '../../src/selection/select.ts'
import type { VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import { choiceBy } from './choice-by.ts'

const STOPS: ReadonlySet<string> = new Set(['stopContainer', 'killContainer', 'removeContainer'])
/** As the schema of workload files says. */
const HEALTHY_AFTER_MS = 10_000
const UNAVAILABLE_MAX = 1

/** A replica of which the old container was stopped before a new one had proved itself. */
interface Gap {
  readonly uri: string
  readonly machine: VirtualMachine
  readonly replica: number
}

/**
 * Complains when a roll-out takes more replicas away than it promised: an old container may end when
 * its successor beside it has run for `healthyAfter`, or else only while fewer than `maxUnavailable`
 * others are missing for the same reason. What is missing because something went wrong is no fault of
 * the roll-out: machines that do not run, that count as down, or that say nothing hold nobody up.
 */
export function watchRollouts(world: VirtualCommune): void {
  let gaps: readonly Gap[] = []
  world.trace.onAction((machine, call, subject) => {
    if (!STOPS.has(call) || world.hostile.has(machine.name)) return
    const old = machine.engine.containers.find(({ id }) => id === subject)?.describe()
    const stop = old && replacementOf(machine, old)
    if (!stop || hasSuccessor(world, machine, old) || isBesideOlder(world, machine, old)) return
    const gap = { uri: stop.uri, machine, replica: stop.replica }
    const isSame = (one: Gap) => one.machine === machine && one.replica === gap.replica
    gaps = gaps.filter((one) => one.uri !== gap.uri || isOpen(world, one, machine, stop.choice))
    const others = gaps.filter((one) => one.uri === gap.uri && !isSame(one))
    gaps = [...gaps.filter((one) => one.uri !== gap.uri), ...others, gap]
    const limit = stop.record.update?.maxUnavailable ?? UNAVAILABLE_MAX
    if (others.length < limit) return
    const at = `${Math.round(world.clock.monotonicMs())} ms`
    const missing = others.map((one) => `${one.machine.name}#${one.replica}`).join(', ')
    world.violations.push(
      `${at}: below what was promised: ${machine.name} ends ${old.name} while ${missing || 'nobody else'} is being replaced`,
    )
  })
}

/** What a machine believes of a container that it replaces; undefined when it ends for another reason. */
function replacementOf(machine: VirtualMachine, old: EngineContainer) {
  const uri = old.labels[LABEL.workload] ?? ''
  const parsed = parseWorkloadUri(uri)
  const meshlet = machine.running
  if (old.state !== 'running' || !parsed || !meshlet || meshlet.duty.state !== 'active')
    return undefined
  const record = meshlet.view.get<WorkloadRecord>(
    parsed.owner,
    COLLECTION.workload,
    parsed.name,
  )?.value
  if (!record || record.placement?.atMostOne || record.placement?.onPartition === 'stop')
    return undefined
  if (old.labels[LABEL.spec] === specHash(record)) return undefined
  const replica = Number(old.labels[LABEL.replica])
  const { choice } = choiceBy(meshlet.view, parsed.owner, record, true)
  const isChosen = replica < slotsOf(choice, machine.did)
  if (!isChosen || meshlet.settings.isPaused(uri) || meshlet.settings.isRefused(uri))
    return undefined
  return { uri, replica, record, choice }
}

/** It never came to serve: an older container of the replica, which does, runs on. */
function isBesideOlder(
  world: VirtualCommune,
  { engine }: VirtualMachine,
  old: EngineContainer,
): boolean {
  if (hasProved(world, old)) return false
  return engine.containers
    .map((container) => container.describe())
    .some(
      (one) =>
        one.state === 'running' &&
        (one.startedAtMs ?? 0) < (old.startedAtMs ?? 0) &&
        one.labels[LABEL.workload] === old.labels[LABEL.workload] &&
        one.labels[LABEL.replica] === old.labels[LABEL.replica],
    )
}

/** Another container of the replica has run beside it for long enough. */
function hasSuccessor(
  world: VirtualCommune,
  { engine }: VirtualMachine,
  { id, labels }: EngineContainer,
): boolean {
  return engine.containers
    .map((container) => container.describe())
    .some(
      (one) =>
        one.id !== id &&
        one.labels[LABEL.workload] === labels[LABEL.workload] &&
        one.labels[LABEL.replica] === labels[LABEL.replica] &&
        hasProved(world, one),
    )
}

function hasProved(world: VirtualCommune, { state, startedAtMs }: EngineContainer): boolean {
  return state === 'running' && world.clock.wallMs() - (startedAtMs ?? 0) >= HEALTHY_AFTER_MS
}

/** Whether the replica is still missing, and for no other reason than its replacement. */
function isOpen(
  world: VirtualCommune,
  { uri, machine, replica }: Gap,
  seenBy: VirtualMachine,
  choice: Choice,
): boolean {
  const isAway = !machine.running || machine.isFrozen || world.hostile.has(machine.name)
  if (isAway || slotsOf(choice, machine.did) <= replica) return false
  if (machine !== seenBy && !saysSomething(seenBy, machine.did, uri)) return false
  return !machine.engine.containers
    .map((container) => container.describe())
    .some(
      (one) =>
        one.labels[LABEL.workload] === uri &&
        one.labels[LABEL.replica] === String(replica) &&
        hasProved(world, one),
    )
}

function saysSomething(seenBy: VirtualMachine, did: Did, uri: string): boolean {
  const rkey = recordKeyFor(uri)
  return (
    seenBy.running?.view.get<WorkloadStatusRecord>(did, COLLECTION.workloadStatus, rkey) !==
    undefined
  )
}
