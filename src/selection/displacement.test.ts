import { expect, test } from 'vitest'
import { did } from '../../test/support/memory-view.ts'
import { bid, world } from '../../test/support/sample-bids.ts'
import { replacedBy } from './displacement.ts'

const bids = [bid({ name: 'back', score: 2 }), bid({ name: 'stand-in', score: 1 })]
const running = new Map([[did('stand-in'), 1]])

test('who comes back sees who runs in its stead (review 5)', () => {
  expect(replacedBy(world(bids, { downNames: ['back'] }), did('back'), running)).toEqual([
    did('stand-in'),
  ])
})

test('a replacement that was chosen but does not run is none: nothing need move', () => {
  expect(replacedBy(world(bids, { downNames: ['back'] }), did('back'), new Map())).toEqual([])
})

test('a standby that was down was not replaced', () => {
  expect(
    replacedBy(
      world(bids, { downNames: ['stand-in'] }),
      did('stand-in'),
      new Map([[did('back'), 1]]),
    ),
  ).toEqual([])
})

test('who is down besides stays down', () => {
  const more = [...bids, bid({ name: 'third', score: 9 })]
  const input = world(more, { downNames: ['back', 'third'] })
  expect(replacedBy(input, did('back'), running)).toEqual([did('stand-in')])
})

test('who runs its own share anyway replaced nobody, though it was chosen for more without the returner', () => {
  const bids = [
    bid({ name: 'back', slots: 3, score: 1 }),
    bid({ name: 'peer', slots: 3 }),
    bid({ name: 'third', slots: 3 }),
  ]
  const input = world(bids, { replicas: 3 })
  expect(
    replacedBy(
      input,
      did('back'),
      new Map([
        [did('peer'), 1],
        [did('third'), 1],
      ]),
    ),
  ).toEqual([])
  expect(
    replacedBy(
      input,
      did('back'),
      new Map([
        [did('peer'), 2],
        [did('third'), 1],
      ]),
    ),
  ).toEqual([did('peer')])
})
