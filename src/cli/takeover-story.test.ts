import { expect, it } from 'vitest'
import { ReadingWorld } from '../../test/support/reading-world.ts'
import { COLLECTION } from '../model/nsid.ts'
import { takeoverStory, takeoverText } from './takeover-story.ts'

function takenOver(): ReadingWorld {
  const world = new ReadingWorld()
  world.bid('alice-mesh', { score: 9 })
  world.bid('bob-mesh')
  world.suspect('bob-mesh', 'alice-mesh')
  world.suspect('carol-mesh', 'alice-mesh')
  return world
}

it('says who suspects whom, which answer is missing, and what moved for that', () => {
  const world = takenOver()
  const story = takeoverStory(world.reading(), world.workloadView())
  expect(story).toMatchObject({ voters: 3, votesNeeded: 2 })
  const text = takeoverText(story, world.nowMs).replaceAll(/at:\S+/g, 'URI')
  expect(text).toBe(
    [
      'alice.test/box is down: 2 of 3 votes are needed, and',
      '  bob.test/box has not heard it for 10m (epoch 1; URI',
      '  carol.test/box has not heard it for 10m (epoch 1; URI',
      '  its answer is missing: its last status is 10m old, of epoch 1, and answers none of them',
      'bob.test/box runs 1 replica in the stead of alice.test/box',
      '',
    ].join('\n'),
  )
})

it('names records with which that can be checked', () => {
  const world = takenOver()
  const cid = world.suspect('carol-mesh', 'alice-mesh')
  const [suspect] = takeoverStory(world.reading(), world.workloadView()).suspects
  expect(suspect?.suspicions.map(({ evidence }) => evidence.cid)).toContain(cid)
  expect(suspect?.lastWord?.evidence.uri).toBe(
    `at://did:plc:alice-mesh/${COLLECTION.meshletStatus}/self`,
  )
})

it('tells of a suspicion that too few share, and of none that was answered', () => {
  const world = new ReadingWorld()
  const cid = world.suspect('bob-mesh', 'alice-mesh')
  const before = takeoverStory(world.reading(), world.workloadView())
  expect(before).toMatchObject({ suspects: [{ down: false }], moved: [] })
  expect(takeoverText(before, world.nowMs)).toContain('is suspected by too few')
  world.put('alice-mesh', COLLECTION.meshletStatus, 'self', {
    epoch: 1,
    capacity: {},
    answers: [cid],
  })
  expect(takeoverStory(world.reading(), world.workloadView()).suspects).toEqual([])
})
