import type { EngineCall, EngineFault } from '../../../src/engine/memory-faults.ts'
import type { Program } from '../../../src/engine/memory-container.ts'
import { CommuneError } from '../../../src/model/errors.ts'
import type { WallReport } from '../../../src/ports/engine.ts'
import { imageOf } from '../../support/virtual-owner.ts'
import type { EngineLie } from '../../support/virtual-machine.ts'
import { anyMachine, anyWorkload, deed, type AnyDeed, type Dice } from '../deed.ts'
import type { Stage } from '../stage.ts'
import { anyWhile } from './process-deeds.ts'

/** Calls that change something. */
const CHANGES: ReadonlySet<EngineCall> = new Set([
  'pullImage',
  'ensureNetwork',
  'createContainer',
  'startContainer',
  'stopContainer',
  'removeContainer',
  'removeNetwork',
])

/** Longer than any story. */
const NEVER_MS = 1e12

/** What happens to a container engine and to what it holds. */
export const ENGINE_DEEDS: Readonly<Record<string, AnyDeed>> = {
  'engine down': engineFault(2, 'does not answer', () => ({ kind: 'refuse' })),
  'engine hangs': engineFault(1, 'hangs', () => ({ kind: 'hang' })),
  'engine slow': engineFault(1, 'is slow', () => ({ kind: 'slow', delayMs: 8_000 })),
  'engine fails': engineFault(2, 'fails at changes', ({ random }, call) =>
    CHANGES.has(call) && random.chance(0.5)
      ? { kind: 'fail', error: new CommuneError('engine', 'something went wrong') }
      : undefined,
  ),
  'creates fail': engineFault(1, 'makes no containers', (_, call) =>
    call === 'createContainer'
      ? { kind: 'fail', error: new CommuneError('engine', 'no space left on device') }
      : undefined,
  ),
  'engine loses replies': engineFault(2, 'loses replies', ({ random }) =>
    random.chance(0.3) ? { kind: 'lost-reply' } : undefined,
  ),
  'engine lies of its list': lie(1, 'stale list', 'lists what it had before'),
  'engine lies of a start': lie(1, 'false start', 'starts nothing and says it did'),
  'engine restarts': deed({
    weight: 2,
    isFault: true,
    draw: (dice) => ({ machine: anyMachine(dice), keeps: dice.random.chance(0.5) }),
    act: (stage, { machine: name, keeps }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      if (!keeps) machine.engine.powerCut()
      machine.breakEngineStreams()
      return `the engine of ${name} restarts${keeps ? '' : ' and all containers stop'}`
    },
  }),
  'walls open': deed({
    weight: 2,
    isFault: true,
    draw: forAWhile,
    act: (stage, { machine: name, forMs }) => {
      const set = (report: WallReport) => {
        const machine = stage.machine(name)
        if (machine) machine.engine.walls.none = report
        // As when the engine, or a firewall, is started anew.
        machine?.breakEngineStreams()
        return machine
      }
      const open = ['this machine can be reached at 192.0.2.2, TCP port 4000']
      if (!set({ kind: 'open', tried: 1, open })) return undefined
      stage.forAWhile(`walls ${name}`, forMs, () => set({ kind: 'standing', tried: 1 }))
      return `the walls around containers are open on ${name} for ${forMs / 1000} s`
    },
  }),
  'container killed': byHand(2, 'killed', (engine, id) => engine.killContainer(id)),
  'container removed': byHand(2, 'removed', (engine, id) => engine.removeContainer(id)),
  'container changed': byHand(1, 'changed', async (engine, id) =>
    engine.tamper(id, { memoryBytes: 7 * 1024 ** 2 }),
  ),
  'container paused': byHand(1, 'paused', async (engine, id) => engine.tamper(id, {}, 'paused')),
  'image missing': deed({
    weight: 2,
    isFault: true,
    draw: (dice) => {
      const workload = anyWorkload(dice)
      return workload && { ...workload, forMs: anyWhile(dice) }
    },
    act: (stage, { owner, name, forMs }) => {
      const image = stage.world.workload(owner, name)?.image
      if (image === undefined) return undefined
      const error = new CommuneError('image-not-found', 'no such image')
      stage.world.badImages.set(image, error)
      stage.forAWhile(`image ${image}`, forMs, () => stage.world.badImages.delete(image))
      return `the image of ${name} is missing for ${forMs / 1000} s`
    },
  }),
  'images crash': deed<{ readonly images: readonly string[]; readonly forMs: number }>({
    // What fails for good would take its owner to mend: told in scenarios alone.
    weight: 0,
    isFault: true,
    draw: () => undefined,
    act: (stage, { images, forMs }) => {
      let isBroken = true
      const program: Program = {
        get exit() {
          return isBroken ? { afterMs: 300, code: 1 } : { afterMs: NEVER_MS, code: 0 }
        },
      }
      for (const image of images) stage.world.programsByImage.set(imageOf(image), program)
      stage.forAWhile(`images ${images.join(', ')}`, forMs, () => (isBroken = false))
      return `what is in ${images.join(', ')} crashes for ${forMs / 1000} s`
    },
  }),
}

function engineFault(
  weight: number,
  what: string,
  faultOf: (stage: Stage, call: EngineCall) => EngineFault | undefined,
): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: forAWhile,
    act: (stage, { machine: name, forMs }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.engineFault = (call) => faultOf(stage, call)
      stage.forAWhile(`engine ${name}`, forMs, () => {
        machine.engineFault = () => undefined
      })
      return `the engine of ${name} ${what} for ${forMs / 1000} s`
    },
  })
}

function lie(weight: number, engineLie: EngineLie, what: string): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: forAWhile,
    act: (stage, { machine: name, forMs }) => {
      const machine = stage.machine(name)
      if (!machine) return undefined
      machine.engineLie = engineLie
      stage.forAWhile(`lie ${name}`, forMs, () => {
        machine.engineLie = undefined
      })
      return `the engine of ${name} ${what} for ${forMs / 1000} s`
    },
  })
}

type MemoryEngine = NonNullable<ReturnType<Stage['machine']>>['engine']

function byHand(
  weight: number,
  what: string,
  act: (engine: MemoryEngine, id: string) => Promise<void>,
): AnyDeed {
  return deed({
    weight,
    isFault: true,
    draw: (dice) => ({ machine: anyMachine(dice), nth: dice.random.integer(0, 4) }),
    act: (stage, { machine: name, nth }) => {
      const engine = stage.machine(name)?.engine
      const containers = engine?.containers ?? []
      const container = containers[nth % Math.max(1, containers.length)]
      if (!engine || !container) return undefined
      // The engine may be down or hang for this one, too.
      act(engine, container.id).catch(() => undefined)
      return `${container.options.name} on ${name} is ${what} by hand`
    },
  })
}

function forAWhile(dice: Dice): { machine: string; forMs: number } {
  return { machine: anyMachine(dice), forMs: anyWhile(dice) }
}
