import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,test,scripts}/**/*.test.ts'],
    pool: 'forks',
    // Most of what takes long waits for something; on two cores the default would be one file at a time.
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
  },
})
