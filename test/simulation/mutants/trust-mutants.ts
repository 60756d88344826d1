import type { Mutant } from './mutant.ts'

/** Wrong ways to deal with those who mean ill, and with what must never run twice. */
export const TRUST_MUTANTS: readonly Mutant[] = [
  {
    name: 'objections are ignored',
    why: 'Whoever backdates her bid gains nothing by it.',
    file: 'src/selection/objections.ts',
    find: 'if (objections.length === 0) return new Set()',
    replace: 'if (objections.length >= 0) return new Set()',
    first: ['a backdated bid takes nothing over'],
  },
  {
    name: 'consent that was taken back is forgotten under a new key',
    why: 'Consent that was taken back binds for every later key.',
    file: 'src/selection/decide-bid.ts',
    find: 'if (own && isConsentWithdrawn(own.value))',
    replace: 'if (own?.value.placementKey === placementKey && isConsentWithdrawn(own.value))',
    first: ['consent that was taken back is not given again by a new key'],
  },
  {
    name: 'the guard is off',
    why: 'The guard ends what runs past its lease, though the meshlet hangs.',
    file: 'src/meshlet/leases.ts',
    find: 'void guard.set(uri, untilMs).then(',
    replace: 'void Promise.resolve().then(',
    first: ['what must never run twice ends with its lease'],
  },
  {
    name: 'D is too close to S',
    why: 'A witness is bound for longer than the holder may run.',
    file: 'src/selection/witness.ts',
    find: 'const boundMs = Math.max(',
    replace: 'const boundMs = 0.25 * Math.max(',
    first: ['a witness is bound until the holder is dead'],
  },
]
