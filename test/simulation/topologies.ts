import type { SeededRandom } from '../support/seeded-random.ts'
import type { StoryMachine } from './story.ts'

/** Who is there and who works with whom. */
export interface Cast {
  readonly owners: readonly string[]
  readonly machines: readonly StoryMachine[]
  readonly villain?: string
}

/** Ways in which communes are made up. Each is drawn for some of the seeds. */
export const TOPOLOGIES = {
  'two members': (random) => everyoneTogether(random, ['alice', 'bob'], 2),
  'three members': (random) => everyoneTogether(random, ['alice', 'bob', 'carol'], 3),
  'four to six members': (random) => {
    const owners = ['alice', 'bob', 'carol', 'dave', 'eve', 'frank'].slice(0, random.integer(4, 6))
    return everyoneTogether(random, owners, owners.length)
  },
  'everybody behind NAT': (random) => {
    const owners = ['alice', 'bob', 'carol'].slice(0, random.integer(2, 3))
    const { machines } = everyoneTogether(random, owners, owners.length)
    return { owners, machines: machines.map((machine) => ({ ...machine, isBehindNat: true })) }
  },
  'one owner with many machines': (random) =>
    everyoneTogether(random, ['alice'], random.integer(2, 5)),
  'two owners with some machines each': (random) =>
    everyoneTogether(random, ['alice', 'bob'], random.integer(3, 5)),
  'overlapping clusters': (random) => {
    const knows = { alice: ['bob', 'carol'], bob: ['alice'], carol: ['alice'] }
    return castOf(random, knows, random.integer(3, 4))
  },
  'a member who is not listed in return': (random) =>
    castOf(random, { alice: ['bob'], bob: ['alice'], carol: ['alice'] }, random.integer(3, 4)),
} as const satisfies Readonly<Record<string, (random: SeededRandom) => Cast>>

export type TopologyName = keyof typeof TOPOLOGIES

export const TOPOLOGY_NAMES = Object.keys(TOPOLOGIES) as readonly TopologyName[]

function everyoneTogether(random: SeededRandom, owners: readonly string[], machines: number): Cast {
  const others = (owner: string) => owners.filter((other) => other !== owner)
  return castOf(random, Object.fromEntries(owners.map((o) => [o, others(o)])), machines)
}

/** Machines in turn for every owner, each listing whom its owner knows. */
function castOf(
  random: SeededRandom,
  knows: Readonly<Record<string, readonly string[]>>,
  count: number,
): Cast {
  const owners = Object.keys(knows)
  const machines = Array.from({ length: Math.max(count, owners.length) }, (_, i) => {
    const owner = owners[i % owners.length] ?? ''
    const isBehindNat = random.chance(0.15)
    return {
      name: `${owner}-${Math.floor(i / owners.length) + 1}`,
      owner,
      members: knows[owner] ?? [],
      slots: random.integer(2, 6),
      ...(isBehindNat && { isBehindNat }),
    }
  })
  return { owners, machines }
}
