import { expect, it } from 'vitest'
import { ReadingWorld } from '../../../test/support/reading-world.ts'
import { namesIn } from './list-names.ts'

it('offers what the owner published, and the machines that may run it', () => {
  const world = new ReadingWorld()
  expect(namesIn(world.reading(), 'workloads')).toEqual(['web'])
  expect(namesIn(world.reading(), 'meshlets')).toHaveLength(3)
})
