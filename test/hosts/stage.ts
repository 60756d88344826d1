import { setTimeout as pause } from 'node:timers/promises'
import { SERVICES, type CommuneOfHosts, type Placed } from './commune-of-hosts.ts'
import type { Figures } from './figures.ts'
import type { Undo } from './hub.ts'
import type { Machine } from './machine.ts'
import { startWatch } from './watch.ts'

/** Replicas of all services together. */
const REPLICAS = SERVICES.reduce((sum, { replicas }) => sum + replicas, 0)
/** Six times what the `fast` profile and a start take: generous, since other work shares the machine. */
const TAKEOVER_MS_MAX = 60_000
const SETTLE_MS_MAX = 120_000

/** What happens to the victim; what comes back undoes it. */
export type Strike = (victim: Machine) => Promise<Undo>

/** One fault after the other on the same machines, and what must hold in each. */
export class Stage {
  readonly commune: CommuneOfHosts
  #last: readonly Placed[] | undefined
  readonly #struck = new Map<Machine, number>()

  constructor(commune: CommuneOfHosts) {
    this.commune = commune
  }

  /** What ran on the victim runs elsewhere in time, and stays there when the fault is over. */
  async takeover(strike: Strike): Promise<Figures> {
    const { commune } = this
    const before = await this.settled()
    const victim = this.#victim(before)
    const lost = before.filter(({ machine }) => machine === victim)
    const others = commune.machines.filter((machine) => machine !== victim)
    await using watch = startWatch(commune, before)
    const start = { wallMs: Date.now(), ms: performance.now() }
    let answerMs = 0
    await during(strike, victim, async () => {
      await this.#answers(others)
      answerMs = performance.now() - start.ms
      watch.expectWhole()
    })
    const after = await this.#settle()
    const seen = await watch.stop()
    const moved = seen.started.filter(({ machine }) => machine !== victim)
    const runningMs = Math.max(...moved.map(({ startedAtMs }) => startedAtMs)) - start.wallMs
    this.#last = after
    const faults = [
      answerMs > TAKEOVER_MS_MAX ? `took ${Math.round(answerMs)} ms` : [],
      moved.length === lost.length
        ? []
        : `moved ${moved.length} replicas instead of ${lost.length}`,
      seen.started.length === moved.length ? [] : 'started something anew on the victim',
      after.some(({ machine }) => machine === victim) ? 'moved back to the victim' : [],
      seen.stopped.some(({ machine }) => machine !== victim) ? 'stopped something healthy' : [],
      seen.short.length > 0 ? `gave way too soon: ${seen.short.join(', ')}` : [],
    ].flat()
    this.#complain(faults, before, after)
    return {
      answerMs,
      runningMs,
      overlapMs: seen.overlapMs,
      moves: moved.length,
      movesWanted: lost.length,
    }
  }

  /** Nothing moves and nothing stops, and if `answers` says so everything answers meanwhile. */
  async stillness(
    strike: Strike,
    { forMs, answers }: { readonly forMs: number; readonly answers: boolean },
  ): Promise<Figures> {
    const { commune } = this
    const before = await this.settled()
    await using watch = startWatch(commune, before)
    await during(strike, this.#victim(before), async () => {
      await pause(forMs)
      if (answers) await this.#answers(commune.machines)
    })
    const after = await this.#settle()
    const seen = await watch.stop()
    this.#last = after
    const faults = [
      seen.started.length > 0 ? `started ${names(seen.started)}` : [],
      seen.stopped.length > 0 ? `stopped ${names(seen.stopped)}` : [],
    ].flat()
    this.#complain(faults, before, after)
    return { overlapMs: seen.overlapMs, moves: seen.started.length, movesWanted: 0 }
  }

  /** What ran on the victim runs there again, and nothing moves. */
  async repair(strike: Strike): Promise<Figures> {
    const { commune } = this
    const before = await this.settled()
    const victim = this.#victim(before)
    await using watch = startWatch(commune, before)
    const start = { wallMs: Date.now(), ms: performance.now() }
    await during(strike, victim, async () => undefined)
    const after = await this.#settle()
    const answerMs = performance.now() - start.ms
    const seen = await watch.stop()
    this.#last = after
    const moved = seen.started.filter(({ machine }) => machine !== victim)
    const again = after.filter(({ machine }) => machine === victim)
    const faults = [
      moved.length > 0 ? `moved ${names(moved)}` : [],
      seen.stopped.some(({ machine }) => machine !== victim) ? 'stopped something elsewhere' : [],
      places(before) === places(after) ? [] : 'not all is where it was',
    ].flat()
    this.#complain(faults, before, after)
    return {
      answerMs,
      runningMs: Math.max(...again.map(({ startedAtMs }) => startedAtMs)) - start.wallMs,
      overlapMs: seen.overlapMs,
      moves: moved.length,
      movesWanted: 0,
    }
  }

  /** Everything is well, and just as the fault before left it: nothing moved in the meantime. */
  async settled(): Promise<readonly Placed[]> {
    const last = this.#last
    this.#last = undefined
    const now = await this.#settle()
    if (last && ids(last) !== ids(now))
      throw new Error(`after the fault before this one: ${names(last)} became ${names(now)}`)
    return now
  }

  /** Every replica answers on one of these machines. */
  async #answers(machines: readonly Machine[]): Promise<void> {
    const { commune } = this
    await commune.until(
      `everything answers on ${machines.map(({ name }) => name).join(', ')}`,
      async () => (await commune.answering(machines)).size === REPLICAS,
    )
  }

  /** Everything runs, and answers, and nobody is suspected. */
  #settle(): Promise<readonly Placed[]> {
    const { commune } = this
    return commune.until(
      'everything is well',
      async () => {
        const placed = await commune.placed()
        const isWell =
          placed !== undefined &&
          SERVICES.every(
            ({ name, replicas }) =>
              placed.filter(({ workload }) => workload === name).length === replicas,
          )
        if (!isWell || (await commune.someSuspect())) return false
        if ((await commune.answering(commune.machines)).size !== REPLICAS) return false
        return placed
      },
      SETTLE_MS_MAX,
    )
  }

  /** Of those that run a replica of the first service, who was struck least; then by name. */
  #victim(placed: readonly Placed[]): Machine {
    const times = (machine: Machine) => this.#struck.get(machine) ?? 0
    const [victim] = this.commune.machines
      .filter((machine) =>
        placed.some((one) => one.machine === machine && one.workload === SERVICES[0].name),
      )
      .toSorted((a, b) => times(a) - times(b))
    if (victim === undefined) throw new Error('nobody runs anything')
    this.#struck.set(victim, times(victim) + 1)
    return victim
  }

  #complain(faults: readonly string[], before: readonly Placed[], after: readonly Placed[]): void {
    if (faults.length === 0) return
    const story = `before: ${names(before)}\nafter: ${names(after)}`
    throw new Error(`${faults.join('; ')}\n${story}\n${this.commune.log.text()}`)
  }
}

/** Ends the fault whatever happens meanwhile: the next one needs machines that are well. */
async function during(
  strike: Strike,
  victim: Machine,
  meanwhile: () => Promise<void>,
): Promise<void> {
  const undo = await strike(victim)
  try {
    await meanwhile()
  } finally {
    await undo()
  }
}

function names(placed: readonly Placed[]): string {
  const all = placed.map(
    ({ replica, machine, id }) => `${replica}@${machine.name} ${id.slice(0, 6)}`,
  )
  return all.toSorted().join(', ')
}

function ids(placed: readonly Placed[]): string {
  const all = placed.map(({ id }) => id)
  return all.toSorted().join()
}

function places(placed: readonly Placed[]): string {
  const all = placed.map(({ replica, machine }) => `${replica}@${machine.name}`)
  return all.toSorted().join()
}
