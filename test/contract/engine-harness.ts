import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { buildImage } from '../../src/dev/stand-in.ts'
import { startRegistry } from '../../src/dev/registry.ts'
import { createDockerEngine } from '../../src/engine/docker.ts'
import { MemoryEngine } from '../../src/engine/memory.ts'
import { CommuneError, messageOf } from '../../src/model/errors.ts'
import type { Engine } from '../../src/ports/engine.ts'
import { commandOf, PROGRAMS, type ProgramName } from './engine-programs.ts'
import { RunningClock } from './running-clock.ts'

/** An engine under the suite, with what the suite needs to know of it. */
export interface EngineHarness extends AsyncDisposable {
  readonly engine: Engine
  /** By digest; can be pulled. */
  readonly image: string
  /** By digest; its registry has no such image. */
  readonly missingImage: string
  /** A second engine on the same machine's engine, as another meshlet would have it. */
  readonly other: Engine
  /** Makes names of different runs differ: an engine may be shared. */
  readonly prefix: string
  /** Waits in the engine's own time. */
  pause(): Promise<void>
}

export async function memoryHarness(): Promise<EngineHarness> {
  const clock = new RunningClock()
  const byCommand = new Map(
    (Object.keys(PROGRAMS) as ProgramName[]).map((name) => [
      JSON.stringify(commandOf(name)),
      PROGRAMS[name].memory,
    ]),
  )
  const missingImage = `registry.test/missing@sha256:${'1'.repeat(64)}`
  const engine = new MemoryEngine({
    clock,
    program: (container) => byCommand.get(JSON.stringify(container.command)) ?? {},
    registry: (reference) => {
      if (reference === missingImage) return new CommuneError('image-not-found', 'no such image')
      const digest = reference.slice(reference.indexOf('@') + 1)
      return { id: digest, digest, sizeBytes: 1, architecture: 'amd64', os: 'linux' }
    },
  })
  return {
    engine,
    other: engine,
    image: `registry.test/suite@sha256:${'0'.repeat(64)}`,
    missingImage,
    prefix: 'suite',
    pause: () => new Promise((resolve) => void clock.schedule(20, resolve)),
    async [Symbol.asyncDispose]() {
      clock.stop()
    },
  }
}

/** Fails, and never skips, when no engine answers. */
export async function dockerHarness(): Promise<EngineHarness> {
  const dockerHost = process.env['DOCKER_HOST']
  const engine = createDockerEngine({ dockerHost })
  const { portsProblem } = await engine.info().catch((error: unknown) => {
    throw new Error(
      `The contract suite needs a container engine, and none answers: ${messageOf(error)}. ` +
        'Run it by make test, or start one with scripts/engine.sh start and set DOCKER_HOST.',
    )
  })
  if (portsProblem !== undefined) {
    throw new Error(`The contract suite forwards ports: ${portsProblem}. Run it as root.`)
  }
  const prefix = `suite-${randomBytes(4).toString('hex')}`
  const registry = await startRegistry()
  const image = await buildImage({
    env: { LD_PRELOAD: '/nowhere.so', KEPT: 'yes' },
    labels: { prefix },
  })
  const other = createDockerEngine({ dockerHost })
  return {
    engine,
    other,
    image: registry.add(`${prefix}/image`, image),
    missingImage: `${registry.host}/${prefix}/missing@sha256:${'1'.repeat(64)}`,
    prefix,
    pause: () => delay(20),
    async [Symbol.asyncDispose]() {
      await engine.close()
      await other.close()
      await registry.close()
    },
  }
}
