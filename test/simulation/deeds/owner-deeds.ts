import type { Meshlet } from '../../../src/meshlet/meshlet.ts'
import { didOf } from '../../support/virtual-commune.ts'
import { imageOf } from '../../support/virtual-owner.ts'
import { anyMachine, anyWorkload, deed, type AnyDeed, type WorkloadName } from '../deed.ts'
import { SLOT, type Stage } from '../stage.ts'

/** What owners want. None of it is a fault. */
export const OWNER_DEEDS: Readonly<Record<string, AnyDeed>> = {
  publish: deed({
    weight: 16,
    isFault: false,
    draw: ({ random, cast, workloads }) => {
      const workload = { owner: random.pick(cast.owners), name: `w${workloads.length}` }
      workloads.push(workload)
      return {
        ...workload,
        everywhere: random.chance(0.1),
        replicas: random.integer(1, 3),
        ...(random.chance(0.3) && { spread: random.pick(['owner', 'meshlet']) }),
        size: random.pick([1, 1, 1, 1, 2, 4]),
        ...(random.chance(0.3) && { priority: random.integer(-1, 2) }),
      }
    },
    act: ({ world }, { owner, name, size, replicas, everywhere, spread, priority }) => {
      const resources = {
        cpuMilli: size * SLOT.cpuMilli,
        memoryBytes: size * SLOT.memoryBytes,
      }
      world.owner(owner).publish(name, {
        ...(everywhere ? { everywhere } : { replicas }),
        ...(spread !== undefined && { spread }),
        ...(size > 1 && { resources }),
        ...(priority !== undefined && { priority }),
      })
      return `${owner} publishes ${name} × ${everywhere ? 'everywhere' : replicas}`
    },
  }),
  'publish for one': deed({
    weight: 3,
    isFault: false,
    draw: ({ random, cast, workloads }) => {
      const owner = random.pick(cast.owners)
      const workload = { owner, name: `w${workloads.length}` }
      workloads.push(workload)
      const able = cast.machines.filter(
        ({ owner: other, members }) => other === owner || members.includes(owner),
      )
      const witnesses = able.slice(0, able.length < 3 ? 1 : 3).map(({ name }) => name)
      const atMostOne = random.chance(0.7)
      return { ...workload, witnesses, atMostOne, stops: !atMostOne || random.chance(0.2) }
    },
    act: ({ world }, { owner, name, witnesses, atMostOne, stops }) => {
      const exclusive = { atMostOne, witnesses: witnesses.map(didOf), witnessGeneration: 1 }
      world.owner(owner).publish(name, {
        placement: { ...(atMostOne && exclusive), ...(stops && { onPartition: 'stop' }) },
      })
      const what = atMostOne
        ? `at most one, witnessed by ${witnesses.join(', ')}`
        : 'stops when cut off'
      return `${owner} publishes ${name}: ${what}`
    },
  }),
  'new priority': edit(1, ({ integer }) => ({ priority: integer(-1, 2) })),
  'new image': edit(4, (_, nonce) => ({ image: imageOf(`${nonce}`) })),
  'new env': edit(2, (_, nonce) => ({ env: [{ name: 'NONCE', value: `${nonce}` }] })),
  scale: edit(4, ({ integer }) => ({ replicas: integer(0, 4) })),
  resize: edit(2, ({ integer }) => ({
    resources: { cpuMilli: integer(1, 3) * SLOT.cpuMilli, memoryBytes: SLOT.memoryBytes },
  })),
  rebalance: edit(2, (_, nonce) => ({ placementNonce: `${nonce}` })),
  delete: deed({
    weight: 5,
    isFault: false,
    draw: anyWorkload,
    act: ({ world }, { owner, name }) => {
      if (!world.workload(owner, name)) return undefined
      world.owner(owner).remove(name)
      return `${owner} deletes ${name}`
    },
  }),
  'take back membership': deed({
    weight: 2,
    isFault: false,
    draw: (dice) => ({ machine: anyMachine(dice), owner: dice.random.pick(dice.cast.owners) }),
    act: (stage, { machine, owner }) => list(stage, machine, owner, false),
  }),
  'give membership': deed({
    weight: 3,
    isFault: false,
    draw: (dice) => ({ machine: anyMachine(dice), owner: dice.random.pick(dice.cast.owners) }),
    act: (stage, { machine, owner }) => list(stage, machine, owner, true),
  }),
  'withdraw consent': deed<WorkloadName & { readonly machine: string }>({
    // Nobody gives it back in a story: told in scenarios alone.
    weight: 0,
    isFault: false,
    draw: () => undefined,
    act: (stage, { machine, owner, name }) => {
      const { world } = stage
      const running = stage.machine(machine)?.running
      running?.settings.refuse(world.uri(owner, name), 'meshletOwner')
      running?.lookAt(world.uri(owner, name))
      return `the owner of ${machine} takes the consent for ${name} back`
    },
  }),
  cordon: duty(1, 'is cordoned', (it) => it.pause()),
  drain: duty(1, 'is drained', (it) => it.drain({})),
  shutdown: duty(1, 'is shut down', (it) => it.drain({ thenEnd: true })),
  uncordon: duty(3, 'is open again', (it) => it.resume()),
}

/** The owner of a machine tells it what to do with work. */
function duty(weight: number, what: string, tell: (duty: Meshlet['duty']) => void): AnyDeed {
  return deed({
    weight,
    isFault: false,
    draw: (dice) => ({ machine: anyMachine(dice) }),
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine?.running || machine.isFrozen) return undefined
      const { duty } = machine.running
      const before = duty.state
      tell(duty)
      return duty.state === before ? undefined : `${name} ${what}`
    },
  })
}

/** An owner changes a workload that she published. */
function edit(
  weight: number,
  change: (dice: { integer: (least: number, most: number) => number }, nonce: number) => object,
): AnyDeed {
  return deed({
    weight,
    isFault: false,
    draw: (dice): (WorkloadName & { fields: object }) | undefined => {
      const workload = anyWorkload(dice)
      if (!workload) return undefined
      const { random } = dice
      const integer = (least: number, most: number) => random.integer(least, most)
      return { ...workload, fields: change({ integer }, random.integer(1, 1_000_000)) }
    },
    act: ({ world }, { owner, name, fields }) => {
      const workload = world.workload(owner, name)
      if (!workload) return undefined
      // What runs at most once has one replica; anything else is no valid file.
      if (workload.placement?.atMostOne && 'replicas' in fields) return undefined
      world.owner(owner).edit(name, fields)
      return `${owner} edits ${name}: ${JSON.stringify(fields)}`
    },
  })
}

/** What the owner of a machine says holds from the next start on. */
function list(stage: Stage, name: string, owner: string, isMember: boolean): string | undefined {
  const machine = stage.machine(name)
  if (!machine || stage.hostile.has(name)) return undefined
  const did = stage.world.owner(owner).did
  if (did === machine.config.ownerDid) return undefined
  const before = machine.config.clusters.get('default') ?? []
  if (before.includes(did) === isMember) return undefined
  const members = isMember ? [...before, did].toSorted() : before.filter((other) => other !== did)
  machine.config = { ...machine.config, clusters: new Map([['default', members]]) }
  if (machine.running && !machine.isFrozen) machine.restart()
  return `${name} ${isMember ? 'lists' : 'lists no more'} ${owner}`
}
