import type { Mutant } from './mutant.ts'

/** Wrong ways to bring a new container out, and to take it back. */
export const ROLLOUT_MUTANTS: readonly Mutant[] = [
  {
    name: 'a roll-out that failed goes on',
    why: 'What crashes before any replica was healthy is taken back.',
    file: 'src/reconcile/rollout.ts',
    find: 'const hasFailed = isCondemned && !input.isProven',
    replace: 'const hasFailed = isCondemned && !isCondemned',
    first: ['an image that crashes is taken back'],
  },
  {
    name: 'any number may be unavailable',
    why: 'Where there is no room for both, replicas are replaced one by one.',
    file: 'src/reconcile/rollout.ts',
    find: 'return workload.update?.maxUnavailable ?? 1',
    replace: 'return Infinity',
    first: ['a new image goes out one by one'],
  },
]
