import { setTimeout as pause } from 'node:timers/promises'
import { PROFILES } from '../../src/selection/liveness.ts'
import type { CommuneOfHosts } from './commune-of-hosts.ts'
import type { Figures } from './figures.ts'
import { dropAtHub, type Undo } from './hub.ts'
import { MESHLET_PORT, type Machine } from './machine.ts'
import type { Stage } from './stage.ts'

/** Something that goes wrong, and what has to come of it. */
export interface Fault {
  readonly name: string
  run(stage: Stage, length: Length): Promise<Figures>
}

/** How long the PDS is away. */
export interface Length {
  readonly pdsAwayMs: number
}

const { challengeMs, answerMs } = PROFILES.fast
/** Shorter than the silence after which a machine is challenged. */
const SHORT_MS = challengeMs / 2
/** Longer than it takes to be taken for dead. */
const LONG_MS = challengeMs + answerMs + 1_000

/** In the order in which they happen. */
export const FAULTS: readonly Fault[] = [
  {
    name: 'power cut, and on again',
    run: (stage) => stage.takeover((victim) => powerCut(stage.commune, victim)),
  },
  {
    name: 'cable pulled, shorter than the patience',
    run: (stage) =>
      stage.stillness((victim) => victim.pullCable(), { forMs: SHORT_MS, answers: false }),
  },
  {
    name: 'cable pulled, until replaced',
    run: (stage) => stage.takeover((victim) => victim.pullCable()),
  },
  {
    name: 'daemon frozen, shorter than the patience',
    run: (stage) =>
      stage.stillness((victim) => victim.freezeMeshlet(), { forMs: SHORT_MS, answers: false }),
  },
  {
    name: 'daemon frozen, until replaced, then thawed',
    run: (stage) => stage.takeover((victim) => victim.freezeMeshlet()),
  },
  {
    name: 'daemon killed, until replaced, then started',
    run: (stage) => stage.takeover((victim) => daemonKilled(stage.commune, victim)),
  },
  {
    name: 'all that one machine sends is lost',
    run: (stage) =>
      stage.takeover((victim) =>
        together([
          dropAtHub('-s', victim.address),
          ...others(stage.commune, victim).map((other) => other.dropArriving('-s', victim.address)),
        ]),
      ),
  },
  {
    name: 'what one machine sends to another is lost',
    run: (stage) =>
      stage.stillness(
        (victim) =>
          together(
            others(stage.commune, victim)
              .slice(0, 1)
              .map((other) => other.dropArriving('-s', victim.address)),
          ),
        { forMs: LONG_MS, answers: true },
      ),
  },
  {
    name: 'nobody can call one machine',
    run: (stage) =>
      stage.stillness((victim) => victim.dropArriving('-p', 'tcp', '--dport', `${MESHLET_PORT}`), {
        forMs: LONG_MS,
        answers: true,
      }),
  },
  {
    name: 'engine restarted',
    run: (stage) => stage.repair((victim) => engineEnded(victim, 'SIGTERM')),
  },
  {
    name: 'engine killed and started',
    run: (stage) => stage.repair((victim) => engineEnded(victim, 'SIGKILL')),
  },
  {
    name: 'PDS cut off from all machines',
    run: (stage, { pdsAwayMs }) =>
      stage.stillness(() => dropAtHub('-p', 'tcp', '--dport', `${stage.commune.pdsPort}`), {
        forMs: pdsAwayMs,
        answers: true,
      }),
  },
]

/** Runs out the time in which a late consequence of the last fault would show. */
export async function finale(stage: Stage): Promise<void> {
  await pause(SHORT_MS)
  await stage.settled()
}

async function powerCut(commune: CommuneOfHosts, victim: Machine): Promise<Undo> {
  await victim.powerCut()
  return async () => {
    await victim.boot()
    await commune.startMeshlet(victim)
  }
}

async function daemonKilled(commune: CommuneOfHosts, victim: Machine): Promise<Undo> {
  await victim.killMeshlet()
  return () => commune.startMeshlet(victim)
}

async function engineEnded(victim: Machine, signal: 'SIGTERM' | 'SIGKILL'): Promise<Undo> {
  await victim.stopEngine(signal)
  return () => victim.startEngine()
}

async function together(strikes: readonly Promise<Undo>[]): Promise<Undo> {
  const undos = await Promise.all(strikes)
  return async () => {
    await Promise.all(undos.map((undo) => undo()))
  }
}

function others(commune: CommuneOfHosts, victim: Machine): readonly Machine[] {
  return commune.machines.filter((machine) => machine !== victim)
}
