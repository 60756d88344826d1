import { expect, test } from 'vitest'
import { CountedMetrics } from '../../test/support/counted-metrics.ts'
import { VirtualClock } from '../../test/support/virtual-clock.ts'
import { MemoryEngine } from '../engine/memory.ts'
import { CommuneError } from '../model/errors.ts'
import { measuredEngine } from './measured-engine.ts'

function world() {
  const clock = new VirtualClock()
  const metrics = new CountedMetrics()
  const refuse = () => new CommuneError('image-not-found', 'there is no such image')
  const inner = new MemoryEngine({ clock, registry: refuse, program: () => ({}) })
  return { clock, metrics, engine: measuredEngine({ engine: inner, metrics, clock }) }
}

test('what fails is counted by its operation, and fails all the same', async () => {
  const { clock, metrics, engine } = world()
  const image = `registry.example/a@sha256:${'0'.repeat(64)}`
  await expect(clock.run(engine.pullImage(image))).rejects.toMatchObject({
    code: 'image-not-found',
  })
  await clock.run(engine.listContainers('did:plc:a'))
  expect(metrics.of('engineErrors', { operation: 'pullImage' })).toBe(1)
  expect(metrics.of('engineErrors')).toBe(1)
})

test('a call that was given up is no failure of the engine', async () => {
  const { clock, metrics, engine } = world()
  const signal = AbortSignal.abort(new Error('enough'))
  const image = `registry.example/a@sha256:${'0'.repeat(64)}`
  await expect(clock.run(engine.pullImage(image, { signal }))).rejects.toThrow()
  expect(metrics.of('engineErrors')).toBe(0)
})
