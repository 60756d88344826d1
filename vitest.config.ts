import { defineConfig } from 'vitest/config'

/** On real parts: they mostly wait for engines, processes and timers. */
const REAL = 'test/{cli,contract,e2e,hosts}/**/*.test.ts'

export default defineConfig({
  test: {
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
