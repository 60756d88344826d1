import type { Mutant } from './mutant.ts'

/** Wrong ways to treat who gives less than is asked for, and what contradicts itself. */
export const STANDING_MUTANTS: readonly Mutant[] = [
  {
    name: 'who only takes loses what runs a step early',
    why: 'What runs is moved away on the last step only.',
    file: 'src/policy/judge-standing.ts',
    find: "step.standing === 'drain' ?",
    replace: "step.standing !== 'last-in-line' ?",
    first: ['who only takes falls step by step, and keeps what runs until the last'],
  },
  {
    name: 'who only takes gets whatever she wants',
    why: 'Who has fallen so far gets nothing new.',
    file: 'src/policy/judge-standing.ts',
    find: 'if (isAtLeast(step.standing, minimum)) return undefined',
    replace: "if (step.standing !== 'drain') return undefined",
    first: ['who only takes falls step by step, and keeps what runs until the last'],
  },
  {
    name: 'last in line is no step',
    why: 'Nobody skips a step.',
    file: 'src/governance/standing.ts',
    find: "['last-in-line', Math.max(1, rules.lastInLineDays)],",
    replace: '',
    first: ['who only takes falls step by step, and keeps what runs until the last'],
  },
  {
    name: 'notice is no step',
    why: 'Nobody skips a step.',
    file: 'src/governance/standing.ts',
    find: "['notice', Math.max(1, rules.noticeDays)],",
    replace: '',
    first: ['who only takes falls step by step, and keeps what runs until the last'],
  },
  {
    name: 'days pass by the own clock alone',
    why: 'A clock that jumps ahead skips no step.',
    file: 'src/governance/witnessed-time.ts',
    find: 'Math.min(nowMs, Math.max(...seen))',
    replace: 'nowMs',
    first: ['a clock that jumps ahead takes no step'],
  },
  {
    name: 'another policy goes on where the one before stood',
    why: 'When the rules change everybody begins with the first step.',
    file: 'src/governance/standing.ts',
    find: 'graceEnd, account.stepsSince ?? 0)',
    replace: 'graceEnd)',
    first: ['another policy begins with the first step'],
  },
  {
    name: 'decisions that contradict each other both hold',
    why: 'They freeze each other.',
    file: 'src/governance/decide.ts',
    find: 'if (rivals.length === 0) return entry',
    replace: 'return entry',
    first: ['of two decisions that contradict each other neither holds'],
  },
]
