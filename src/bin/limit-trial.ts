import { setTimeout as delay } from 'node:timers/promises'
import { listLocalImages } from '../engine/local-images.ts'
import type { LimitTrial, TrialLimits } from '../meshlet/host-audit.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import type { Engine } from '../ports/engine.ts'

/** Of the container and its network; one that was left behind is taken away by the next trial. */
const NAME = 'commune-doctor'
const ASKED = { memoryBytes: 32 * 1024 * 1024, cpuMilli: 100 }
/** As the hardened options have it. */
const PIDS = 256
const IMAGES_MAX = 5
/** gVisor on a machine that it does not fit may hang instead of failing. */
const START_MS_MAX = 20_000
/** The kernel hands out a processor in tenths of a second. */
const MEASURED_MS = 1_500

/**
 * Starts a shell that loops, from one of the smallest images that are on the machine, without network and with
 * the hardened options, for two seconds, and looks what is held: in the runtime that is named, else in the
 * engine’s usual one. Nothing is pulled.
 */
export async function tryLimits(
  engine: Engine,
  place: Parameters<typeof listLocalImages>[0],
  runtime?: string,
): Promise<LimitTrial> {
  try {
    const images = await listLocalImages(place)
    let why = 'no image is on this machine'
    for (const image of images.slice(0, IMAGES_MAX)) {
      await engine.removeContainer(NAME)
      try {
        const found = await measure(engine, image, runtime)
        return { kind: 'tried', asked: { ...ASKED, pids: PIDS }, found }
      } catch (error) {
        // It may have no shell, or be gone by now: another one will do.
        why = messageOf(error)
      } finally {
        await engine.removeContainer(NAME)
        await engine.removeNetwork(NAME)
      }
    }
    return { kind: 'untried', why }
  } catch (error) {
    return { kind: 'untried', why: messageOf(error) }
  }
}

async function measure(engine: Engine, image: string, runtime?: string): Promise<TrialLimits> {
  await engine.ensureNetwork({ name: NAME, labels: {}, egress: 'none' })
  const id = await engine.createContainer({
    ...{ name: NAME, image, labels: {}, network: NAME, env: {} },
    ...{ entrypoint: ['/bin/sh', '-c', 'while :; do :; done'], command: [] },
    ...{ security: 'restricted', user: '65532', readOnly: true, capAdd: [], tmpfs: [] },
    ...(runtime === undefined ? {} : { runtime }),
    ...{ memoryBytes: ASKED.memoryBytes, cpuMilli: ASKED.cpuMilli, stopGracePeriodMs: 0 },
  })
  await engine.startContainer(id, AbortSignal.timeout(START_MS_MAX))
  const before = await engine.stats(id)
  const sinceMs = performance.now()
  await delay(MEASURED_MS)
  const after = await engine.stats(id)
  const elapsedMs = performance.now() - sinceMs
  if ((await engine.findContainer(id))?.state !== 'running')
    throw new CommuneError('engine', `the shell of ${image} did not keep running`)
  return {
    memoryBytes: after.memoryLimitBytes,
    pids: after.pidsLimit,
    cpuMilli: Math.round((after.cpuNanos - before.cpuNanos) / elapsedMs / 1000),
  }
}
