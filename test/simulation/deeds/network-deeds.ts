import { CommuneError } from '../../../src/model/errors.ts'
import { anyMachine, deed, type AnyDeed, type Dice } from '../deed.ts'
import type { Stage } from '../stage.ts'
import { anyWhile } from './process-deeds.ts'

/** What happens to calls, to records on their way, and to the PDSs that hold them. */
export const NETWORK_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'calls cut': cut(2, true, false, false),
  'records cut': cut(2, false, true, false),
  'calls and records cut': cut(2, true, true, false),
  'one-way cut': cut(2, true, true, true),
  'machine cut off': deed({
    weight: 4,
    isFault: true,
    draw: (dice) => ({ machine: anyMachine(dice), records: dice.random.chance(0.5) }),
    act: ({ world }, { machine: name, records }) => {
      if (!world.machines.has(name)) return undefined
      world.isolate(name, { records })
      return `${name} is cut off${records ? ', from records too' : ''}`
    },
  }),
  heal: deed({
    weight: 6,
    isFault: false,
    draw: () => ({}),
    act: ({ world }) => {
      world.heal()
      return 'the network is healed'
    },
  }),
  'calls lost': deed({
    weight: 2,
    isFault: true,
    draw: ({ random }) => ({ share: random.pick([0.05, 0.3, 0.7]) }),
    act: ({ world, random }, { share }) => {
      world.network.isLost = () => random.chance(share)
      return `${share * 100} % of all packets of calls are lost`
    },
  }),
  'calls slow': deed({
    weight: 1,
    isFault: true,
    draw: ({ random }) => ({ factor: random.pick([5, 50]) }),
    act: ({ world }, { factor }) => {
      world.network.delayFactor = factor
      return `calls take ${factor} times as long`
    },
  }),
  'hints lost': deed({
    weight: 1,
    isFault: true,
    draw: () => ({}),
    act: ({ world }) => {
      world.network.losesHints = true
      return 'hints are lost'
    },
  }),
  'records slow': deed({
    weight: 2,
    isFault: true,
    draw: (dice) => ({
      machine: anyMachine(dice),
      factor: dice.random.pick([5, 20]),
      forMs: anyWhile(dice),
    }),
    act: (stage, { machine: name, factor, forMs }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.recordDelayFactor = factor
      stage.forAWhile(`slow ${name}`, forMs, () => {
        machine.recordDelayFactor = 1
      })
      return `records take ${factor} times as long to ${name} for ${forMs / 1000} s`
    },
  }),
  'PDS down': deed({
    weight: 3,
    isFault: true,
    draw: (dice) => ({ who: anyRepo(dice), forMs: anyWhile(dice) }),
    act: (stage, { who, forMs }) => {
      const repo = stage.repo(who)
      if (!repo) return undefined
      repo.isDown = true
      stage.forAWhile(`down ${who}`, forMs, () => {
        repo.isDown = false
      })
      return `the PDS of ${who} is down for ${forMs / 1000} s`
    },
  }),
  'writes refused': writeFault(2, 'refuses writes', () => ({
    fault: new CommuneError('unreachable', 'HTTP 503', { retry: true }),
  })),
  'writes limited': writeFault(1, 'answers writes with 429', () => ({
    fault: new CommuneError('rate-limited', 'HTTP 429', { retry: true, retryAfterMs: 5_000 }),
  })),
  'replies lost': writeFault(2, 'commits and loses the reply', ({ random }) =>
    random.chance(0.5) ? { fault: 'lost-reply' } : {},
  ),
}

/** Name of an owner or of a machine. */
export function anyRepo({ random, cast }: Dice): string {
  return random.pick([...cast.owners, ...cast.machines.map(({ name }) => name)])
}

function cut(weight: number, calls: boolean, records: boolean, isOneWay: boolean): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: (dice) => {
      const from = anyMachine(dice)
      const to = anyMachine(dice)
      return from === to ? undefined : { from, to }
    },
    act: ({ world }, { from, to }) => {
      const [a, b] = [world.machines.get(from), world.machines.get(to)]
      if (!a || !b) return undefined
      const ways = isOneWay
        ? ([[a, b]] as const)
        : ([
            [a, b],
            [b, a],
          ] as const)
      for (const [source, sink] of ways) {
        if (calls) world.network.cutCalls(source.did, sink.did)
        if (!records) continue
        world.network.cutReads(sink.did, source.did)
        world.network.cutReads(sink.did, source.config.ownerDid)
      }
      const what = calls ? (records ? 'calls and records' : 'calls') : 'records'
      return `${what} are cut from ${from} to ${to}${isOneWay ? ', one way' : ''}`
    },
  })
}

function writeFault(
  weight: number,
  what: string,
  faultOf: (stage: Stage) => { readonly fault?: CommuneError | 'lost-reply' },
): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: (dice) => ({ machine: anyMachine(dice), forMs: anyWhile(dice) }),
    act: (stage, { machine: name, forMs }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.writeFault = () => faultOf(stage).fault
      stage.forAWhile(`writes ${name}`, forMs, () => {
        machine.writeFault = () => undefined
      })
      return `the PDS of ${name} ${what} for ${forMs / 1000} s`
    },
  })
}
