import { SeededRandom } from '../support/seeded-random.ts'
import { VirtualCommune } from '../support/virtual-commune.ts'
import { imageOf } from '../support/virtual-owner.ts'

const OWNERS = ['alice', 'bob', 'carol', 'dave']
const MIB = 1024 ** 2
/** A step of a story, at most; some are long enough for a takeover. */
const PAUSES_MS = [50, 500, 3_000, 12_000, 40_000]

/** A small commune, and a sequence of changes and faults, that follow from a seed. */
export class RandomWorld {
  readonly world: VirtualCommune
  /** What happened, for whoever looks into a failure. */
  readonly story: string[] = []
  readonly #random: SeededRandom
  readonly #owners: readonly string[]
  readonly #workloads = new Map<string, string>()
  #created = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed, 'story')
    this.world = new VirtualCommune({ seed })
    this.#owners = OWNERS.slice(0, this.#random.integer(1, OWNERS.length))
    for (const owner of this.#owners) this.world.owner(owner)
    const count = Math.max(2, this.#random.integer(this.#owners.length, 5))
    for (let i = 0; i < count; i++) {
      const owner = this.#owners[i % this.#owners.length] ?? ''
      const slots = this.#random.integer(2, 6)
      this.world.addMachine(`${owner}-${i}`, {
        owner,
        offer: { cpuMilli: slots * 100, memoryBytes: slots * 64 * MIB },
        isBehindNat: i > 0 && this.#random.chance(0.2),
      })
    }
  }

  /** Changes and faults for a while, after which everything is as it should be again, but for time. */
  async play(steps: number): Promise<void> {
    for (const machine of this.world.machines.values()) machine.start()
    this.#publish()
    for (let i = 0; i < steps; i++) {
      this.#step()
      await this.world.advance(this.#random.pick(PAUSES_MS))
    }
    this.#mend()
  }

  #step(): void {
    const dice = this.#random.integer(0, 11)
    if (dice <= 1) return this.#publish()
    if (dice === 2) return this.#edit()
    if (dice === 3) return this.#remove()
    if (dice <= 5) return this.#endMeshlet()
    if (dice <= 7) return this.#startMeshlet()
    if (dice === 8) return this.#disturbContainer()
    if (dice === 9) return this.#cut()
    if (dice === 10) return this.#troublePds()
    this.#say('heal')
    this.world.heal()
  }

  #publish(): void {
    const owner = this.#random.pick(this.#owners)
    const name = `w${this.#created++}`
    this.#workloads.set(name, owner)
    const replicas = this.#random.integer(1, 3)
    this.#say(`${owner} publishes ${name} × ${replicas}`)
    this.world.owner(owner).publish(name, {
      replicas,
      ...(this.#random.chance(0.3) ? { spread: 'owner' } : {}),
    })
  }

  #edit(): void {
    const [name, owner] = this.#anyWorkload()
    const fields = this.#random.pick([
      { replicas: this.#random.integer(0, 4) },
      { image: imageOf(`${name} ${this.#random.next()}`) },
      { placementNonce: String(this.#random.next()) },
      { resources: { cpuMilli: 200, memoryBytes: 64 * MIB } },
    ])
    if (!this.world.workload(owner, name)) return
    this.#say(`${owner} edits ${name}: ${JSON.stringify(fields)}`)
    this.world.owner(owner).edit(name, fields)
  }

  #remove(): void {
    const [name, owner] = this.#anyWorkload()
    this.#say(`${owner} removes ${name}`)
    if (this.world.workload(owner, name)) this.world.owner(owner).remove(name)
  }

  #endMeshlet(): void {
    const machine = this.#anyMachine()
    const isPowerCut = this.#random.chance(0.4)
    this.#say(`${machine.name} ${isPowerCut ? 'loses power' : 'is killed'}`)
    if (isPowerCut) machine.powerCut()
    else machine.crash()
  }

  #startMeshlet(): void {
    const machine = this.#anyMachine()
    const withState = this.#random.chance(0.7)
    this.#say(`${machine.name} starts, with state: ${withState}`)
    machine.restart({ withState })
  }

  #disturbContainer(): void {
    const { engine } = this.#anyMachine()
    const [container] = engine.containers
    if (!container) return
    this.#say(`somebody hurts ${container.options.name}`)
    if (this.#random.chance(0.5)) void engine.killContainer(container.id)
    else void engine.removeContainer(container.id)
  }

  #cut(): void {
    const { name } = this.#anyMachine()
    const records = this.#random.chance(0.5)
    this.#say(`${name} is cut off, from records too: ${records}`)
    this.world.isolate(name, { records })
  }

  #troublePds(): void {
    const repo = this.world.repos.of(this.#anyMachine().did)
    repo.isDown = !repo.isDown
    this.#say(`the PDS of ${repo.did} is ${repo.isDown ? 'down' : 'up'}`)
  }

  #mend(): void {
    this.#say('all is mended')
    this.world.heal()
    for (const machine of this.world.machines.values()) {
      this.world.repos.of(machine.did).isDown = false
      if (!machine.running) machine.restart()
    }
  }

  #anyMachine() {
    return this.#random.pick([...this.world.machines.values()])
  }

  #anyWorkload(): readonly [name: string, owner: string] {
    return this.#random.pick([...this.#workloads])
  }

  #say(line: string): void {
    this.story.push(`${Math.round(this.world.clock.monotonicMs())} ms: ${line}`)
  }
}
