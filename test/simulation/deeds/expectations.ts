import { COLLECTION, type Collection } from '../../../src/model/nsid.ts'
import type { WorkloadRecord } from '../../../src/model/records.ts'
import { parseWorkloadUri } from '../../../src/model/workload-uri.ts'
import type { ContainerCreate } from '../../../src/ports/engine.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { workloadOf } from '../../support/virtual-machine.ts'
import { deed, type AnyDeed } from '../deed.ts'
import type { Stage } from '../stage.ts'

/** What runs is looked at this often while something is expected of it. */
const LOOK_MS = 50
/** Calls that end what runs. */
const STOPS: ReadonlySet<string> = new Set(['stopContainer', 'killContainer', 'removeContainer'])

interface Running {
  readonly name: string
  readonly least?: number
  readonly most?: number
  /** Only what runs on this machine is counted. */
  readonly on?: string
  readonly forMs: number
}

interface Writes {
  readonly machine: string
  readonly collection: keyof typeof COLLECTION
  readonly least?: number
  readonly most?: number
  readonly forMs: number
}

interface Calls {
  readonly machine: string
  readonly call: string
  readonly most: number
  readonly forMs: number
}

/** What a scenario knows of its own course. Never drawn: a story of chance knows no such thing. */
export const EXPECTATIONS: Readonly<Record<string, AnyDeed>> = {
  'so many run': expectation<Running>((stage, { name, least = 0, most = 99, on, forMs }) => {
    const { world } = stage
    const untilMs = world.clock.monotonicMs() + forMs
    const look = () => {
      const places = world.placesOf(name).filter((place) => on === undefined || place === on)
      if (places.length < least || places.length > most)
        return complain(stage, `so many run: ${name} runs on [${places.join(', ')}]`)
      if (world.clock.monotonicMs() < untilMs) world.clock.schedule(LOOK_MS, look)
    }
    look()
    return `from now on ${least} to ${most} of ${name} run${on === undefined ? '' : ` on ${on}`} for ${forMs / 1000} s`
  }),
  'nothing stops': expectation<{ readonly forMs: number }>((stage, { forMs }) => {
    const { world } = stage
    const untilMs = world.clock.monotonicMs() + forMs
    world.trace.onAction(({ name }, call) => {
      if (STOPS.has(call) && world.clock.monotonicMs() < untilMs)
        complain(stage, `nothing stops: ${name} calls ${call}`)
    })
    return `nothing is stopped for ${forMs / 1000} s`
  }),
  'nothing moves': expectation<{ readonly forMs: number }>((stage, { forMs }) => {
    const { world } = stage
    const untilMs = world.clock.monotonicMs() + forMs
    world.trace.onAction(({ name }, call, subject) => {
      if (world.clock.monotonicMs() >= untilMs) return
      if (STOPS.has(call)) complain(stage, `nothing moves: ${name} calls ${call}`)
      if (call === 'createContainer' && isComplete(stage, subject as ContainerCreate))
        complain(stage, `nothing moves: ${name} makes one more of what is complete`)
    })
    return `nothing moves for ${forMs / 1000} s`
  }),
  'so many writes': expectation<Writes>(
    (stage, { machine, collection, least = 0, most = 999, forMs }) => {
      const { world } = stage
      const from = world.trace.entries.length
      const nsid: Collection = COLLECTION[collection]
      world.clock.schedule(forMs, () => {
        const { length } = world.trace
          .writes(didOf(machine), from)
          .filter((write) => write.collection === nsid)
        if (length < least || length > most)
          complain(stage, `so many writes: ${machine} wrote ${length} × ${collection}`)
      })
      return `${machine} writes ${least} to ${most} × ${collection} in ${forMs / 1000} s`
    },
  ),
  'epoch grows': expectation<{ readonly machine: string; readonly forMs: number }>(
    (stage, { machine, forMs }) => {
      const { world } = stage
      const before = world.meshletStatus(machine)?.epoch ?? 0
      world.clock.schedule(forMs, () => {
        const epoch = world.meshletStatus(machine)?.epoch ?? 0
        if (epoch <= before) complain(stage, `epoch grows: ${machine} is at ${epoch} as before`)
      })
      return `${machine} takes a new epoch within ${forMs / 1000} s`
    },
  ),
  'so many calls': expectation<Calls>((stage, { machine, call, most, forMs }) => {
    const { world } = stage
    const from = world.trace.entries.length
    world.clock.schedule(forMs, () => {
      const { length } = world.trace.actions(machine, from).filter((action) => action.call === call)
      if (length > most) complain(stage, `so many calls: ${machine} called ${call} ${length} times`)
    })
    return `${machine} calls ${call} at most ${most} times in ${forMs / 1000} s`
  }),
}

function expectation<Fields extends object>(
  act: (stage: Stage, fields: Fields) => string,
): AnyDeed {
  return deed<Fields>({ weight: 0, isFault: false, draw: () => undefined, act })
}

function isComplete({ world }: Stage, { labels }: ContainerCreate): boolean {
  const workload = parseWorkloadUri(workloadOf(labels))
  if (!workload) return false
  const { owner, name } = workload
  const record = world.repos.get<WorkloadRecord>(owner, COLLECTION.workload, name)?.value
  return world.placesOf(name).length >= (record?.replicas ?? 1)
}

function complain({ world }: Stage, what: string): void {
  world.violations.push(`${world.clock.monotonicMs()} ms: ${what}`)
}
