import { describe, expect, it } from 'vitest'
import { ReadingWorld } from '../../test/support/reading-world.ts'
import { COLLECTION } from '../model/nsid.ts'
import { leftovers, verifyWorkload } from './verification.ts'

type Story = (world: ReadingWorld) => void

function verify(story: Story, workload = {}) {
  const world = new ReadingWorld(workload)
  story(world)
  return verifyWorkload(world.reading(), world.workloadView(), {
    nowMs: world.nowMs,
    graceMs: 60_000,
  })
}

/** Alice's machine won and runs it, Bob's stands by. */
const running: Story = (world) => {
  world.bid('alice-mesh', { score: 9 })
  world.bid('bob-mesh')
  world.status('alice-mesh', [{}])
}

describe('what runs is what the records say', () => {
  it.each<[string, Story]>([
    ['when the chosen one runs it', running],
    ['when nobody bid and nothing runs', () => undefined],
    [
      'after a takeover: the last word of a machine that is down does not count',
      (world) => {
        running(world)
        world.suspect('bob-mesh', 'alice-mesh')
        world.suspect('carol-mesh', 'alice-mesh')
        world.status('bob-mesh', [{}])
      },
    ],
    [
      'while somebody stands in for the chosen one, who does not run it yet',
      (world) => {
        world.bid('bob-mesh', { score: 9 })
        world.bid('alice-mesh')
        world.status('bob-mesh', [{ phase: 'starting' }], { updatedAt: world.ago(5) as never })
        world.status('alice-mesh', [{}])
      },
    ],
  ])('%s', (_, story) => {
    expect(verify(story).findings.filter(({ underWay }) => !underWay)).toEqual([])
  })
})

describe('what runs is not what the records say', () => {
  it.each<[string, string, Story]>([
    ['not-running', 'alice', (world) => (running(world), world.status('alice-mesh', []))],
    ['no-status', 'alice', (world) => world.bid('alice-mesh')],
    ['not-chosen', 'bob', (world) => (running(world), world.status('bob-mesh', [{}]))],
    ['no-bid', 'carol', (world) => (running(world), world.status('carol-mesh', [{}]))],
    [
      'other-spec',
      'alice',
      (world) => (running(world), world.status('alice-mesh', [{ specHash: 'old' }])),
    ],
  ])('%s', (kind, owner, story) => {
    const { verdict, findings } = verify(story)
    expect({ verdict, kinds: findings.map((one) => [one.kind, one.name]) }).toEqual({
      verdict: 'different',
      kinds: [[kind, `${owner}.test/box`]],
    })
    for (const { evidence } of findings) expect(evidence.length).toBeGreaterThan(0)
  })

  it('a stranger who says that it runs', () => {
    const { findings } = verify((world) => {
      running(world)
      world.status('stranger', [{}])
    })
    expect(findings).toMatchObject([
      {
        kind: 'stranger',
        meshlet: 'did:plc:stranger',
        message: expect.stringContaining('no candidate') as string,
      },
    ])
  })

  it('a workload that does not exist any more', () => {
    const world = new ReadingWorld()
    running(world)
    const time = { nowMs: world.nowMs, graceMs: 60_000 }
    expect(leftovers(world.reading(), time)).toEqual([])
    world.view.remove('did:plc:alice', COLLECTION.workload, 'web')
    expect(leftovers(world.reading(), time)).toMatchObject([
      { kind: 'leftover', name: 'alice.test/box' },
    ])
  })
})

describe('time', () => {
  it('excuses what changed a moment ago, and nothing that claims to come from the future', () => {
    const late: Story = (world) => {
      world.bid('alice-mesh', { createdAt: world.ago(20) as never })
    }
    expect(verify(late).verdict).toBe('under way')
    const future: Story = (world) => {
      world.bid('alice-mesh', { createdAt: world.ago(-86_400) as never })
    }
    expect(verify(future).verdict).toBe('different')
  })

  it('of a stranger excuses nobody', () => {
    const { verdict } = verify((world) => {
      world.bid('alice-mesh')
      world.status('stranger', [{}], { updatedAt: world.ago(1) as never })
    })
    expect(verdict).toBe('different')
  })
})
