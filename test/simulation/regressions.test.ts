import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { playStory } from './play-story.ts'
import type { Story } from './story.ts'

const FOLDER = new URL('./regressions/', import.meta.url)
const files = readdirSync(FOLDER).toSorted()

test.each(files)('%s is mended for good', async (file) => {
  const story = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8')) as Story
  const { violations, story: lines } = await playStory(story)
  expect(violations, lines.join('\n')).toEqual([])
})
