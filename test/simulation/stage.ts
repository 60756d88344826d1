import type { Log } from '../../src/ports/log.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { didOf, VirtualCommune } from '../support/virtual-commune.ts'
import type { VirtualMachine } from '../support/virtual-machine.ts'
import { watchPlacements } from './law-judgement.ts'
import { watchRollouts } from './rollout-judgement.ts'
import { watchStandings } from './standing-judgement.ts'
import { watchStops } from './stop-judgement.ts'
import { watchStrangers } from './stranger-judgement.ts'
import type { VirtualRepo } from '../support/virtual-repo.ts'
import type { Story } from './story.ts'

/**
 * When repos are written again once all is mended, milliseconds: a repo that shows an older state is
 * believed after the second of two commits that a reader sees, and some pause before they look.
 */
const WRITTEN_AGAIN_MS = [0, 40_000, 6 * 60_000, 12 * 60_000]
/**
 * Longer than the pauses after which every repo is compared with its PDS, and than the ten minutes for
 * which a status tells how a replica ended, milliseconds.
 */
const COMPARED_MS = 12 * 60_000
/**
 * In every so many seeds what nothing has changed of is left out of a resync, as in production; in the
 * others it is looked at all the same, and is to come to nothing.
 */
const LEFT_OUT_EVERY = 3
const MIB = 1024 ** 2
/** What the smallest replica asks for: the defaults of a workload. */
export const SLOT = { cpuMilli: 100, memoryBytes: 64 * MIB }

/** The world of a story while it is played, and what has to be mended at its end. */
export class Stage {
  readonly world: VirtualCommune
  /** Chance for what goes wrong at single calls. */
  readonly random: SeededRandom
  readonly #owners: readonly string[]
  readonly #mends = new Map<string, () => void>()
  #unheardMs = 0

  constructor(story: Story, log?: Log) {
    this.random = new SeededRandom(story.seed, 'faults')
    this.world = new VirtualCommune({
      seed: story.seed,
      liveness: story.liveness,
      doubtsPeace: story.seed % LEFT_OUT_EVERY !== 0,
      ...(log && { log }),
    })
    const standings = watchStandings(this.world)
    watchStops(this.world, standings)
    watchRollouts(this.world)
    watchStrangers(this.world)
    watchPlacements(this.world, standings)
    this.#owners = story.owners
    for (const owner of story.owners) this.world.owner(owner)
    for (const { name, owner, members, slots, isBehindNat = false } of story.machines)
      this.world.addMachine(name, {
        owner,
        members,
        offer: { cpuMilli: slots * SLOT.cpuMilli, memoryBytes: slots * SLOT.memoryBytes },
        isBehindNat,
      })
  }

  /** Machines in whose name somebody writes who means ill. */
  get hostile(): Set<string> {
    return this.world.hostile
  }

  /** The machine, unless the story was shortened by it. */
  machine(name: string): VirtualMachine | undefined {
    return this.world.machines.get(name)
  }

  /** The repo of an owner or of a machine. */
  repo(name: string): VirtualRepo | undefined {
    const isCast = this.#owners.includes(name) || this.world.machines.has(name)
    return isCast ? this.world.repos.of(didOf(name)) : undefined
  }

  /** Does it when the story has come to its end, unless that was done before. */
  mendAtEnd(what: string, mend: () => void): void {
    this.#mends.set(what, mend)
  }

  /** Something is wrong for a while. */
  forAWhile(what: string, ms: number, mend: () => void): void {
    const once = () => {
      if (this.#mends.get(what) !== once) return
      this.#mends.delete(what)
      mend()
    }
    this.#mends.set(what, once)
    this.world.clock.schedule(ms, once)
  }

  /** Its owner gives it up, so that nobody has to do with it any more. */
  expelAtEnd(machine: VirtualMachine): void {
    this.hostile.add(machine.name)
    const owner = machine.config.ownerDid.slice(didOf('').length)
    this.mendAtEnd(`villain ${machine.name}`, () => {
      machine.crash()
      this.world.owner(owner).unlink(machine.did)
    })
  }

  /**
   * Sooner or later each owner and each machine writes again; only then it shows that an event was
   * lost, and that a repo is meant to be as its PDS shows it.
   */
  writeAgainAtEnd(name: string): void {
    const { world } = this
    this.mendAtEnd(`write ${name}`, () => {
      const host = world.repos.hostOf(didOf(name))
      host.faultless()
      for (const ms of WRITTEN_AGAIN_MS)
        world.clock.schedule(ms, () => world.repos.commit(didOf(name), []))
    })
  }

  /** For how long after all is mended something may not be known yet that nothing tells of, milliseconds. */
  get unheardMs(): number {
    return this.#unheardMs
  }

  /** Who hears nothing of it finds out when it compares the repo with its PDS. */
  mayBeUnheard(): void {
    this.#unheardMs = COMPARED_MS
  }

  /** From now on nothing is wrong any more but what was lost. */
  mend(): void {
    this.world.heal()
    for (const mend of this.#mends.values()) mend()
    this.#mends.clear()
    for (const machine of this.world.machines.values()) {
      machine.dieNoMore()
      machine.thaw()
      if ((!machine.running || machine.isStopping) && !this.hostile.has(machine.name))
        machine.restart()
    }
  }
}
