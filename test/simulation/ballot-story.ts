import { SeededRandom } from '../support/seeded-random.ts'
import type { Dice } from './deed.ts'
import { BALLOT_DEEDS } from './deeds/ballot-deeds.ts'
import { POLICY_DEEDS } from './deeds/policy-deeds.ts'
import type { Step, Story } from './story.ts'

/** Share of the stories in which owners decide about each other. */
const STORIES = 0.3
const STEPS = { least: 4, most: 14 }
const PAUSES_MS = [0, 20, 500, 3_000, 12_000]
/** How often each comes, compared with the others. */
const WEIGHTS: readonly (readonly [name: string, weight: number])[] = [
  ['propose', 6],
  ['vote', 7],
  ['put a result on record', 2],
  ['delete what was said', 2],
  ['change what was proposed', 1],
  ['claim use', 3],
  ['dispute', 2],
  ['answer', 2],
  ['name a policy', 2],
  ['lend credit', 1],
  ['days pass', 3],
]

/** What mostly comes next: without a vote nothing is decided, without a claim nothing is disputed. */
const NEXT: Readonly<Record<string, string>> = {
  propose: 'vote',
  'claim use': 'dispute',
  dispute: 'answer',
  'name a policy': 'days pass',
}
const NEXT_FOLLOWS = 0.8

/** The story with what its owners write about each other in between, where chance says that they do. */
export function withBallots(story: Story): Story {
  const random = new SeededRandom(story.seed, 'ballots')
  if (story.owners.length < 2 || !random.chance(STORIES)) return story
  const dice: Dice = { random, cast: story, workloads: [] }
  const names = WEIGHTS.flatMap(([name, weight]) => Array.from({ length: weight }, () => name))
  const steps: Step[] = [...story.steps]
  // In the order in which they are drawn: there is no vote on what was not proposed.
  let at = 1
  let next: string | undefined
  for (let left = random.integer(STEPS.least, STEPS.most); left > 0; left--) {
    const name: string = next ?? random.pick(names)
    next = random.chance(NEXT_FOLLOWS) ? NEXT[name] : undefined
    const fields = (BALLOT_DEEDS[name] ?? POLICY_DEEDS[name])?.draw(dice)
    at = random.integer(at, Math.min(steps.length, at + 2))
    steps.splice(at, 0, { afterMs: random.pick(PAUSES_MS), do: name, ...fields })
    at++
  }
  return { ...story, steps: [...steps, ...lateWork(random, story)] }
}

/** Those about whom it was decided want something new. */
function lateWork(random: SeededRandom, { owners }: Story): readonly Step[] {
  return Array.from({ length: random.integer(1, 3) }, (_, index) => ({
    afterMs: random.pick(PAUSES_MS),
    do: 'publish',
    owner: random.pick(owners),
    name: `late${index}`,
    everywhere: random.chance(0.2),
    replicas: random.integer(1, 2),
    size: 1,
  }))
}
