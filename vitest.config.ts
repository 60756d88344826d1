import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** On real parts: they mostly wait for engines, processes and timers. */
const REAL = 'test/{cli,contract,e2e,hosts}/**/*.test.ts'

/**
 * Two files at a time on two cores: with a third one on real parts beside them, machines that take each
 * other for dead within seconds did so by mistake. `make test` runs what needs no real parts beside them,
 * one file at a time, and last in line for the processors.
 */
const LANES = 2

/**
 * What takes longest, in this order: it begins first, so that nothing goes on alone at the end. Those
 * that mostly wait come before those that mostly count, which fill the time in which the others wait.
 */
const LONGEST = [
  'hosts/faults',
  'hosts/egress',
  'e2e/substrate',
  'hosts/firewall',
  'contract/hostile-network',
  'e2e/engine-faults',
  'e2e/takeover',
  'e2e/guard',
  'e2e/sigkill',
  'e2e/fair-room',
  'cli/governance',
  'meshlet/ledger',
  'cli/containers',
  'e2e/exec',
  'e2e/rollout-load',
  'contract/docker',
  'contract/isolation',
  'fair-share/fair-share',
  'meshlet/free-rider',
  'e2e/api',
  'e2e/changes',
  'e2e/state-disk',
  'e2e/restart',
  'meshlet/takeover',
  'simulation/run-seed',
].map((name) => `/test/${name}.test.ts`)

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const inUsualOrder = super.sort.bind(this)
    const place = ({ moduleId }: TestSpecification) => {
      const index = LONGEST.findIndex((end) => moduleId.endsWith(end))
      return index === -1 ? LONGEST.length : index
    }
    return (await inUsualOrder(files)).toSorted((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  test: {
    sequence: { sequencer: LongestFirst },
    pool: 'forks',
    maxWorkers: LANES,
    // A busy computer is no failure: what is waited for are conditions.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      {
        extends: true,
        test: {
          name: 'rooms',
          include: ['{src,scripts}/**/*.test.ts'],
          // Hundreds of small files that share no state: most of the time would go into importing.
          isolate: false,
        },
      },
      {
        extends: true,
        test: {
          name: 'by itself',
          include: ['test/**/*.test.ts'],
          exclude: [REAL],
        },
      },
      {
        extends: true,
        test: {
          name: 'real parts',
          include: [REAL],
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
    ],
  },
})
