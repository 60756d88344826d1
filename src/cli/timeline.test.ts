import { describe, expect, it } from 'vitest'
import { ReadingWorld } from '../../test/support/reading-world.ts'
import { COLLECTION } from '../model/nsid.ts'
import { recordKeyFor } from '../model/record-key.ts'
import { eventsOfMachine, eventsOfRecords, mergeTimeline } from './timeline.ts'

function takenOver(): ReadingWorld {
  const world = new ReadingWorld()
  world.bid('alice-mesh', { score: 9, createdAt: world.ago(590) as never })
  world.bid('bob-mesh', { createdAt: world.ago(580) as never })
  world.bid('carol-mesh', {
    slots: 0,
    reason: 'no-memory',
    message: 'needs 4Gi, 1Gi is free',
    createdAt: world.ago(570) as never,
  })
  world.suspect('bob-mesh', 'alice-mesh')
  world.status('bob-mesh', [{}], { updatedAt: world.ago(30) as never })
  return world
}

describe('what records still show', () => {
  it('is told with the records, and by whom', () => {
    const world = takenOver()
    const events = mergeTimeline(eventsOfRecords(world.reading(), world.workloadView()), [])
    expect(events.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'published alice.test',
      'suspected bob.test/box',
      'offered alice.test/box',
      'offered bob.test/box',
      'passed carol.test/box',
      'status bob.test/box',
    ])
    expect(events.find(({ kind }) => kind === 'passed')?.reason).toBe('needs 4Gi, 1Gi is free')
    expect(events.find(({ kind }) => kind === 'suspected')?.subject).toBe('did:plc:alice-mesh')
    for (const { evidence } of events) expect(evidence).toHaveLength(1)
  })
})

describe('what machines remember', () => {
  it('takes the place of the record that it speaks of, and stands in the order of time', () => {
    const world = takenOver()
    const [reading, workload] = [world.reading(), world.workloadView()]
    const cid = world.bid('bob-mesh', { createdAt: world.ago(580) as never })
    const uri = `at://did:plc:bob-mesh/${COLLECTION.bid}/${recordKeyFor(world.uri)}`
    const remembered = eventsOfMachine(reading, workload, 'did:plc:bob-mesh', [
      {
        time: world.ago(20),
        kind: 'takeover',
        reason: 'it is down',
        subject: 'did:plc:alice-mesh',
      },
      { time: world.ago(579), kind: 'offered', reason: 'as remembered', evidence: [{ uri, cid }] },
    ])
    const events = mergeTimeline(eventsOfRecords(world.reading(), world.workloadView()), remembered)
    expect(events.at(-1)).toMatchObject({ kind: 'takeover', source: 'machine' })
    const offers = events.filter(({ kind, name }) => kind === 'offered' && name === 'bob.test/box')
    expect(offers.map(({ reason }) => reason)).toEqual(['as remembered'])
  })

  it('of machines that have nothing to do with the workload is left out', () => {
    const world = takenOver()
    const events = eventsOfMachine(world.reading(), world.workloadView(), 'did:plc:bob-mesh', [
      { time: world.ago(20), kind: 'suspected', reason: 'silent', subject: 'did:plc:elsewhere' },
      { time: world.ago(20), kind: 'suspected', reason: 'silent', subject: 'did:plc:alice-mesh' },
      { time: world.ago(20), kind: 'down', reason: 'nobody is down' },
    ])
    expect(events.map(({ subject }) => subject)).toEqual(['did:plc:alice-mesh', undefined])
  })
})
