import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** On real parts: they mostly wait for engines, processes and timers. */
const REAL = 'test/{cli,contract,e2e,hosts}/**/*.test.ts'

/** The longest file comes first, so that it does not end alone after all the others. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inUsualOrder = super.sort.bind(this)
    const sorted = await inUsualOrder(files)
    const isLong = ({ moduleId }: TestSpecification) => moduleId.endsWith('/hosts/faults.test.ts')
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))]
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    testTimeout: 20_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'by itself',
          include: ['{src,test,scripts}/**/*.test.ts'],
          exclude: [REAL],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real parts',
          include: [REAL],
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
          // A busy computer is no failure: what is waited for are conditions.
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
