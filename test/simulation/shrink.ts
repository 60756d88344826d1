import { drawStory } from './draw-story.ts'
import { playStory } from './play-story.ts'
import type { Story } from './story.ts'

/** A story that still fails after much was left out of it. */
export interface Shrunk {
  readonly story: Story
  readonly violations: readonly string[]
}

/** Plays at most. */
const TRIES_MAX = 300

/** Draws the story of a failing seed and shortens it. */
export function shrinkSeed(seed: number): Promise<Shrunk> {
  return shrinkStory(drawStory(seed))
}

/**
 * Leaves out steps, machines, owners and pauses for as long as the story breaks the same rule. What
 * stays is not the shortest story that there is, but every part of it matters.
 */
export async function shrinkStory(story: Story, triesMax = TRIES_MAX): Promise<Shrunk> {
  let best: Shrunk = { story, violations: (await playStory(story)).violations }
  const rule = ruleOf(best.violations)
  if (rule === undefined) return best
  let tries = 0
  let hasChanged = true
  while (hasChanged && tries < triesMax) {
    hasChanged = false
    for (const make of shortenings(best.story)) {
      if (tries++ >= triesMax) break
      const shorter = make(best.story)
      if (!shorter) continue
      const { violations } = await playStory(shorter)
      if (ruleOf(violations) !== rule) continue
      best = { story: shorter, violations }
      hasChanged = true
    }
  }
  return best
}

type Shortening = (story: Story) => Story | undefined

/** From the last step to the first, so that the places of those before it stay. */
function shortenings({ steps, machines, owners }: Story): Shortening[] {
  return [
    ...steps.map((_, i) => withoutStep(steps.length - 1 - i)),
    ...machines.map(({ name }) => withoutMachine(name)),
    ...owners.map((owner) => withoutOwner(owner)),
    ...steps.map((_, i) => withoutPause(i)),
  ]
}

/** The pause of the step that goes is added to that of the next. */
function withoutStep(index: number): Shortening {
  return (story) => {
    const gone = story.steps[index]
    if (!gone) return undefined
    const steps = story.steps.flatMap((step, i) => {
      if (i === index) return []
      return [i === index + 1 ? { ...step, afterMs: step.afterMs + gone.afterMs } : step]
    })
    return { ...story, steps }
  }
}

function withoutMachine(name: string): Shortening {
  return (story) => {
    if (story.machines.length < 2) return undefined
    return { ...story, machines: story.machines.filter((machine) => machine.name !== name) }
  }
}

/** Only who has no machine; her workloads go with her. */
function withoutOwner(owner: string): Shortening {
  return (story) => {
    if (story.machines.some((machine) => machine.owner === owner)) return undefined
    return {
      ...story,
      owners: story.owners.filter((other) => other !== owner),
      steps: story.steps.filter((step) => step['owner'] !== owner),
      machines: story.machines.map((machine) => ({
        ...machine,
        members: machine.members.filter((member) => member !== owner),
      })),
    }
  }
}

function withoutPause(index: number): Shortening {
  return (story) => {
    if ((story.steps[index]?.afterMs ?? 0) === 0) return undefined
    const steps = story.steps.map((step, i) => (i === index ? { ...step, afterMs: 0 } : step))
    return { ...story, steps }
  }
}

/** Name of the broken rule: what stands before the first colon, without the time. */
function ruleOf(violations: readonly string[]): string | undefined {
  return violations[0]?.replace(/^[\d.]+ ms: /, '').split(':')[0]
}
