import { describe, expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, KEY, world } from '../../test/support/sample-bids.ts'
import { LABEL } from '../model/nsid.ts'
import type { WorkloadStatusRecord } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import { openRounds } from '../selection/rounds.ts'
import { select } from '../selection/select.ts'
import { desire, NOTICE_MS, REFUSED_BY_ALL_MS, type DesireInput } from './desire.ts'
import type { Placement } from './observe.ts'

const SELF = did('self')
const OTHER = did('other')

interface Scene {
  /** Who bids, first in the order of the choice. */
  readonly bidders: readonly string[]
  readonly replicas?: number
  readonly runsHere?: number
  readonly runsThere?: number
  readonly downNames?: readonly string[]
  readonly placement?: Partial<Placement>
  readonly input?: Partial<DesireInput>
}

function scene({
  bidders,
  replicas = 1,
  runsHere = 0,
  runsThere = 0,
  ...rest
}: Scene): DesireInput {
  const bids = bidders.map((name, i) => bid({ name, score: -i, slots: replicas }))
  const selectInput = world(bids, { replicas, downNames: rest.downNames ?? [] })
  const choice = select(selectInput)
  const placement = {
    replicas,
    membership: 'yes',
    unread: [],
    down: selectInput.down,
    bids,
    rounds: openRounds(KEY, 0),
    selectInput,
    choice,
    prospect: choice,
    candidates: bids.map(({ meshletDid, ownerDid }) => ({ meshletDid, ownerDid, verdict: 'yes' })),
    record: { cid: 'cid', value: {} },
    specHash: 'spec',
    ...rest.placement,
  } as unknown as Placement
  return {
    self: SELF,
    placement,
    containers: Array.from({ length: runsHere }, (_, i) => container(i)),
    hearsay: new Set(),
    statusOf: (meshlet) =>
      meshlet === OTHER
        ? ({
            replicas: Array.from({ length: runsThere }, () => ({ phase: 'running' })),
          } as unknown as WorkloadStatusRecord)
        : undefined,
    bidUnderWay: 'nothing',
    fits: 10,
    isComingBack: false,
    isCatchingUp: false,
    expectsToWin: () => false,
    contactWith: () => ({ kind: 'in-touch', heard: 1, needed: 1 }),
    notCandidateSinceMs: undefined,
    surplusSinceMs: undefined,
    drainLeftMs: undefined,
    breach: undefined,
    now: NOTICE_MS * 2,
    ...rest.input,
  }
}

function container(replica: number): EngineContainer {
  const labels = { [LABEL.replica]: String(replica) }
  return { state: 'running', labels } as Partial<EngineContainer> as EngineContainer
}

const run = (slots: number, standIns = 0) => ({ desired: { kind: 'run', slots, standIns } })
const none = { desired: { kind: 'none' } }

test.each<[string, Scene, object]>([
  ['chosen: it runs', { bidders: ['self'] }, run(1)],
  ['chosen for several', { bidders: ['self'], replicas: 3 }, run(3)],
  [
    'chosen for more than fits, until its bid can say so: what is here stays, no more is started',
    { bidders: ['self'], replicas: 3, runsHere: 1, input: { fits: 2 } },
    run(1),
  ],
  ['not chosen, and nothing here', { bidders: ['other', 'self'] }, none],
  [
    'not chosen any more, the replacement not seen running: it stands in',
    { bidders: ['other', 'self'], runsHere: 1 },
    run(0, 1),
  ],
  [
    'not chosen any more, the replacement runs',
    { bidders: ['other', 'self'], runsHere: 1, runsThere: 1 },
    none,
  ],
  [
    'one of two replacements runs: one stands in',
    { bidders: ['other', 'self'], replicas: 2, runsHere: 2, runsThere: 1 },
    // Each is chosen for one.
    run(1),
  ],
  [
    'what somebody runs beyond her share replaces nobody',
    { bidders: ['other', 'third', 'self'], replicas: 2, runsHere: 1, runsThere: 2 },
    run(0, 1),
  ],
  [
    'no replacement within the notice: it stops',
    {
      bidders: ['other', 'self'],
      runsHere: 1,
      input: { surplusSinceMs: NOTICE_MS },
    },
    none,
  ],
  ['scaled to zero: it stops at once', { bidders: ['self'], replicas: 0, runsHere: 1 }, none],
])('%s', (_, setting, expected) => {
  expect(desire(scene(setting))).toMatchObject(expected)
})

test('all that are needed stand in, though one of those chosen is down just now', () => {
  const bids = ['self', 'other'].map((name) => bid({ name, slots: name === 'self' ? 1 : 2 }))
  const choice = select(world(bids, { replicas: 3 }))
  const placement = { choice, prospect: choice }
  const input = { containers: [container(1), container(2)], surplusSinceMs: NOTICE_MS * 2 }
  expect(desire(scene({ bidders: ['self'], replicas: 3, placement, input }))).toMatchObject(
    run(1, 2),
  )
})

describe('while something is not known', () => {
  const unread = { unread: [did('dave')] }

  test('nothing new is started, what is here is repaired', () => {
    const waiting = desire(
      scene({ bidders: ['self'], replicas: 2, runsHere: 1, placement: unread }),
    )
    expect(waiting).toMatchObject(run(1))
    expect(waiting.why).toBe('waits until did:plc:dave can be read')
  })

  test('what runs goes on though a lower number is missing, which is not started', () => {
    const input = { containers: [container(2), container(1)] }
    const waiting = desire(scene({ bidders: ['self'], replicas: 3, placement: unread, input }))
    expect(waiting).toMatchObject({ desired: { kind: 'run', held: [1, 2], standIns: 0 } })
  })

  test('nothing is stopped, though a replacement seems to run', () => {
    const setting = { bidders: ['other', 'self'], runsHere: 1, runsThere: 1, placement: unread }
    expect(desire(scene(setting))).toMatchObject(run(0, 1))
  })

  test('what the owner scaled down is stopped all the same', () => {
    const setting = { bidders: ['self'], replicas: 1, runsHere: 3, placement: unread }
    expect(desire(scene(setting))).toMatchObject(run(1, 0))
  })
})

test('what is short starts what it has, a window after it was first seen', () => {
  const setting = { bidders: ['self'], replicas: 2 }
  const bids = [bid({ name: 'self' })]
  const choice = select(world(bids, { replicas: 2 }))
  const short = (now: number) =>
    desire(scene({ ...setting, placement: { choice, windowMs: 5_000 }, input: { now } }))
  expect(short(4_999)).toMatchObject(run(0))
  expect(short(5_000)).toMatchObject(run(1))
})

describe('while a new bid is on its way', () => {
  test('that takes the offer back nothing is touched', () => {
    const input = { bidUnderWay: 'withdrawal' } as const
    expect(desire(scene({ bidders: ['self'], runsHere: 1, input }))).toMatchObject({
      desired: { kind: 'keep' },
    })
  })

  test('that still offers, nothing new is started', () => {
    const input = { bidUnderWay: 'offer' } as const
    expect(desire(scene({ bidders: ['self'], input }))).toMatchObject(run(0))
  })
})

test('a machine that owes an answer starts nothing', () => {
  const input = { isComingBack: true }
  expect(desire(scene({ bidders: ['self'], input }))).toMatchObject(run(0))
  expect(desire(scene({ bidders: ['self'], runsHere: 1, input }))).toMatchObject(run(1))
})

test.each(['isComingBack', 'isCatchingUp'])(
  'what ended meanwhile is not started while %s',
  (why) => {
    const containers = [{ state: 'exited' } as EngineContainer]
    const waiting = desire(scene({ bidders: ['self'], input: { containers, [why]: true } }))
    expect(waiting).toMatchObject({ desired: { kind: 'keep' } })
    expect(waiting.againInMs).toBeGreaterThan(0)
    const running = scene({ bidders: ['self'], runsHere: 1, input: { [why]: true } })
    expect(desire(running)).toMatchObject(run(1))
  },
)

describe('a machine that is no candidate any more', () => {
  test.each([
    ['goes on within the notice', NOTICE_MS + 1, run(0, 1)],
    ['stops after it', NOTICE_MS, none],
  ])('%s', (_, notCandidateSinceMs, expected) => {
    const input = { notCandidateSinceMs, now: NOTICE_MS * 2 }
    const setting = {
      bidders: ['other'],
      runsHere: 1,
      placement: { membership: 'no' },
      input,
    } as const
    expect(desire(scene(setting))).toMatchObject(expected)
  })
})

describe('what must never run twice, when the policy does not allow it here any more', () => {
  const exclusive = { record: { cid: 'cid', value: { placement: { atMostOne: true } } } } as never
  const refused = (others: readonly string[]) => {
    const own = bid({ name: 'self', slots: 0, reason: 'policy', refused: { standing: true } })
    const bids = [...others.map((name) => bid({ name })), own] as Placement['bids']
    const choice = select(world(bids, { replicas: 1 }))
    const placement = { ...(exclusive as object), bids, choice, prospect: choice }
    return { bidders: ['self'], runsHere: 1, placement }
  }
  const at = (surplusForMs: number) => ({
    input: { surplusSinceMs: NOTICE_MS * 2 - surplusForMs },
  })

  test('goes on for the notice where nobody else may run it', () => {
    expect(desire(scene({ ...refused([]), ...at(NOTICE_MS - 1) }))).toMatchObject(run(0, 1))
    expect(desire(scene({ ...refused([]), ...at(NOTICE_MS) }))).toMatchObject(none)
  })

  test('stops for whoever takes over, who starts it only then, unless she refuses it as well', () => {
    const late = at(REFUSED_BY_ALL_MS - 1)
    expect(desire(scene({ ...refused(['other']), ...late }))).toMatchObject(run(0, 1))
    const { input } = at(REFUSED_BY_ALL_MS)
    expect(desire(scene({ ...refused(['other']), input }))).toMatchObject(none)
  })

  test('goes on for the notice on a machine that is no candidate any more', () => {
    const { placement } = refused([])
    const gone = { ...placement, bids: [], membership: 'no' } as const
    const input = { notCandidateSinceMs: NOTICE_MS + 1, surplusSinceMs: NOTICE_MS + 1 }
    expect(desire(scene({ ...refused([]), placement: gone, input }))).toMatchObject(run(0, 1))
  })
})

describe('a machine that is being drained', () => {
  const refused = {
    bidders: ['self'],
    runsHere: 1,
    placement: {
      choice: select(world([], { replicas: 1 })),
      prospect: select(world([], { replicas: 1 })),
      bids: [
        bid({ name: 'self', slots: 0, reason: 'draining', refused: { standing: true } }),
      ] as Placement['bids'],
    },
  }

  test('goes on for the time that it was given, though nobody else could take over', () => {
    const input = { drainLeftMs: 1, surplusSinceMs: 0 }
    expect(desire(scene({ ...refused, input }))).toMatchObject(run(0, 1))
  })

  test('stops what is left when that is over, whatever is not known', () => {
    const input = { drainLeftMs: 0, bidUnderWay: 'withdrawal' } as const
    const placement = { ...refused.placement, unread: [did('dave')] }
    expect(desire(scene({ ...refused, placement, input }))).toMatchObject(none)
  })
})

test('a replica that is to run everywhere stays on a machine that is suspected', () => {
  const placement = { replicas: 'everywhere', down: new Set([SELF]) } as const
  const setting = { bidders: ['self'], replicas: 1, runsHere: 1, downNames: ['self'], placement }
  expect(desire(scene(setting))).toMatchObject(run(0, 1))
})

test.each([
  ['policy', run(0, 1)],
  ['cordoned', none],
] as const)('a replica that is to run everywhere and was refused (%s)', (reason, expected) => {
  const own = bid({
    name: 'self',
    slots: 0,
    refused: { specHash: 'spec', reason } as never,
    reason,
  })
  const choice = select(world([own], { replicas: 'everywhere' }))
  const placement = { replicas: 'everywhere', bids: [own], choice, prospect: choice } as const
  const input = { surplusSinceMs: 0, now: NOTICE_MS - 1 }
  const setting = { bidders: ['self'], runsHere: 1, placement }
  expect(desire(scene({ ...setting, input }))).toMatchObject(expected)
  const late = { surplusSinceMs: 0, now: NOTICE_MS }
  expect(desire(scene({ ...setting, input: late }))).toMatchObject(none)
})

test('a replica that is to run everywhere goes on while its round is open again after a restart', () => {
  const bids = ['self', 'other'].map((name) => bid({ name }))
  const choice = select({ ...world(bids, { replicas: 'everywhere' }), throughRound: -1 })
  const placement = { replicas: 'everywhere', choice } as const
  const input = scene({ bidders: ['self', 'other'], runsHere: 1, placement })
  expect(desire(input)).toMatchObject({ desired: { kind: 'run', slots: 0, standIns: 1 } })
})

describe('what is made before anybody is chosen', () => {
  const ahead = { placementKey: KEY, revision: 'cid', specHash: 'spec' }
  const open = (change: object = {}, input: Partial<DesireInput> = {}) => {
    const record = { cid: 'cid', value: change } as unknown as Placement['record']
    const placement = { placementKey: KEY, choice: select(world([])), record }
    return scene({ bidders: ['self'], placement, input: { expectsToWin: () => true, ...input } })
  }
  const nothing = { kind: 'none', reason: 'not chosen' }

  test('is the network, where this machine will probably be chosen', () => {
    expect(desire(open()).desired).toEqual({ ...nothing, ahead })
    expect(desire(open({}, { expectsToWin: () => false })).desired).toEqual(nothing)
  })

  test.each([
    ['has a way to the internet', { egress: 'internet' }],
    ['needs a lease first', { placement: { atMostOne: true } }],
  ])('is nothing for what %s', (_, change) => {
    expect(desire(open(change)).desired).toEqual(nothing)
  })
})
