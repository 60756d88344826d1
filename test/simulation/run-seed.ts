import { drawStory, type DrawOptions } from './draw-story.ts'
import { playStory, type PlayOptions, type SeedResult } from './play-story.ts'

/** Any integer from 0 to this is a seed. */
export const SEED_MAX = 2 ** 31 - 1

/** Plays what follows from a seed. The same seed gives the same run, to the last byte. */
export function runSeed(
  seed: number,
  options: DrawOptions & PlayOptions = {},
): Promise<SeedResult> {
  return playStory(drawStory(seed, options), options)
}
