import type { DeathPoint } from '../../support/virtual-machine.ts'
import { anyMachine, deed, type AnyDeed, type Dice } from '../deed.ts'

const DEATH_POINTS: readonly DeathPoint[] = [
  'engine call',
  'engine result',
  'write',
  'acknowledgement',
  'journal',
]

/** What happens to the meshlet's program and to its machine. */
export const PROCESS_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'daemon killed': deed({
    weight: 5,
    isFault: true,
    draw: machineOnly,
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine?.running) return undefined
      machine.crash()
      return `the daemon of ${name} is killed`
    },
  }),
  'daemon dies in the middle': deed({
    weight: 6,
    isFault: true,
    draw: (dice) => ({
      machine: anyMachine(dice),
      where: dice.random.pick(DEATH_POINTS),
      calls: dice.random.integer(1, 12),
    }),
    act: (stage, { machine: name, where, calls }) => {
      const machine = stage.machine(name)
      if (!machine?.running) return undefined
      machine.dieAt(where, calls)
      return `the daemon of ${name} will die at its ${calls}. ${where}`
    },
  }),
  'power cut': deed({
    weight: 3,
    isFault: true,
    draw: machineOnly,
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine || stage.hostile.has(name)) return undefined
      machine.powerCut()
      return `${name} loses power`
    },
  }),
  'engine data lost': deed({
    weight: 1,
    isFault: true,
    draw: machineOnly,
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine || stage.hostile.has(name)) return undefined
      machine.wipeEngine()
      return `${name} loses power and the engine’s data`
    },
  }),
  'state lost': start(2, true, false),
  start: start(8, false, true),
  'graceful stop': deed({
    weight: 2,
    isFault: false,
    draw: machineOnly,
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine?.running || machine.isFrozen) return undefined
      machine.beginStop()
      return `the daemon of ${name} is told to stop`
    },
  }),
  'daemon frozen': deed({
    weight: 3,
    isFault: true,
    draw: (dice) => ({ machine: anyMachine(dice), forMs: anyWhile(dice) }),
    act: (stage, { machine: name, forMs }) => {
      const machine = stage.machine(name)
      if (!machine?.running) return undefined
      machine.freeze()
      stage.forAWhile(`frozen ${name}`, forMs, () => machine.thaw())
      return `the daemon of ${name} is frozen for ${forMs / 1000} s`
    },
  }),
  'clock jump': deed({
    weight: 2,
    isFault: true,
    draw: (dice) => ({
      machine: anyMachine(dice),
      byMs: dice.random.integer(-3_600, 3_600) * 1000,
    }),
    act: (stage, { machine: name, byMs }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.wallSkewMs += byMs
      return `the wall clock of ${name} jumps by ${byMs / 1000} s`
    },
  }),
  'clock drift': deed({
    weight: 1,
    isFault: true,
    draw: (dice) => ({
      machine: anyMachine(dice),
      rate: dice.random.pick([0.99, 0.999, 1, 1.001, 1.01]),
    }),
    act: (stage, { machine: name, rate }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.clockRate = rate
      return `from its next start on the clocks of ${name} run ${rate} times as fast`
    },
  }),
}

/** How long something is wrong, milliseconds: shorter and longer than it takes to be noticed. */
export function anyWhile({ random }: Dice): number {
  return random.pick([500, 4_000, 15_000, 40_000, 120_000])
}

export function machineOnly(dice: Dice): { machine: string } {
  return { machine: anyMachine(dice) }
}

function start(weight: number, isFault: boolean, withState: boolean): AnyDeed {
  return deed({
    weight,
    isFault,
    draw: machineOnly,
    act: (stage, { machine: name }) => {
      const machine = stage.machine(name)
      if (!machine || stage.hostile.has(name)) return undefined
      machine.restart({ withState })
      return `the daemon of ${name} starts${withState ? '' : ' without its state'}`
    },
  })
}
