import { describe, expect, test } from 'vitest'
import { RunningClock } from '../../test/contract/running-clock.ts'
import { LABEL } from '../model/nsid.ts'
import type { ContainerCreate } from '../ports/engine.ts'
import type { EngineFault } from './memory-faults.ts'
import { MemoryEngine } from './memory.ts'

const did = 'did:web:mesh.test'
const image = `registry.test/a@sha256:${'a'.repeat(64)}`
const labels = { [LABEL.meshletDid]: did }
const container: ContainerCreate = {
  ...{ name: 'a0', image, labels, network: 'n1', security: 'restricted', user: '65532', env: {} },
  ...{ stopGracePeriodMs: 0, readOnly: true, capAdd: [], tmpfs: [] },
  ...{ memoryBytes: 1024 ** 2, cpuMilli: 100 },
}

async function withEngine(use: (engine: MemoryEngine) => Promise<void>): Promise<void> {
  const clock = new RunningClock()
  const engine = new MemoryEngine({ clock })
  await engine.pullImage(image)
  await engine.ensureNetwork({ name: 'n1', labels, egress: 'none' })
  await use(engine).finally(() => clock.stop())
}

describe('scripted failures', () => {
  test.each<[EngineFault['kind'], EngineFault, boolean, boolean]>([
    ['refuse', { kind: 'refuse' }, false, false],
    ['hang', { kind: 'hang' }, false, false],
    ['slow', { kind: 'slow', delayMs: 1000 }, true, true],
    ['lost-reply', { kind: 'lost-reply' }, false, true],
  ])('%s', async (_, fault, answered, done) => {
    await withEngine(async (engine) => {
      const calls: string[] = []
      engine.script((call, subject) => {
        calls.push(`${call} ${subject}`)
        return call === 'createContainer' ? fault : undefined
      })
      const creating = engine.createContainer(container)
      if (answered) expect(await creating).toBe(engine.containers[0]?.id)
      else await expect(creating).rejects.toMatchObject({ code: 'engine-unreachable', retry: true })
      expect(await engine.listContainers(did)).toHaveLength(done ? 1 : 0)
      expect(calls).toEqual(['createContainer a0', `listContainers ${did}`])
    })
  })

  test('a hanging call can be aborted', async () => {
    await withEngine(async (engine) => {
      engine.script(() => ({ kind: 'hang' }))
      const reason = new Error('enough')
      const stop = new AbortController()
      const asked = engine.info(stop.signal)
      stop.abort(reason)
      await expect(asked).rejects.toBe(reason)
    })
  })
})

test('a power cut ends everything and removes nothing', async () => {
  await withEngine(async (engine) => {
    const id = await engine.createContainer(container)
    await engine.startContainer(id)
    engine.powerCut()
    expect(await engine.listContainers(did)).toMatchObject([{ id, state: 'exited', exitCode: 137 }])
  })
})

test('refuses what the real driver refuses', async () => {
  await withEngine(async (engine) => {
    await expect(engine.createContainer({ ...container, user: '0' })).rejects.toMatchObject({
      code: 'forbidden',
    })
  })
})
