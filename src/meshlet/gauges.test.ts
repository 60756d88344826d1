import { expect, test } from 'vitest'
import { threeOwners } from '../../test/support/virtual-commune.ts'
import { readGauges, type FeedHealth } from './gauges.ts'

const quiet: FeedHealth = { hosts: [], repos: [] }

test('tell who is heard, silent and down, and what runs', async () => {
  const world = await threeOwners({ liveness: 'fast' }).start()
  world.owner('alice').publish('web', { replicas: 3 })
  await world.settle()
  const { meshlet } = world.machine('bob-1')
  const read = () => readGauges({ meshlet, feed: () => quiet, clock: world.clock })
  expect(read()).toMatchObject({
    peers: [{ value: 2 }, { value: 0 }],
    peersDown: [{ value: 0 }],
    replicas: [{ labels: { phase: 'running' }, value: 1 }],
    containers: [{ labels: { state: 'running' }, value: 1 }],
    problems: [{ value: 0 }],
  })
  world.machine('alice-1').powerCut()
  await world.advance(30_000)
  expect(read()).toMatchObject({
    peers: [{ value: 1 }, { value: 1 }],
    peersDown: [{ value: 1 }],
  })
})

test('name at most twenty hosts, and join the rest to one that is as late as the latest', async () => {
  const world = await threeOwners().start()
  const { meshlet } = world.machine('bob-1')
  const nowMs = world.clock.wallMs()
  const hosts = Array.from({ length: 30 }, (_, i) => ({
    host: `https://${String(i).padStart(2, '0')}.example`,
    connected: i !== 25,
    lastEventMs: nowMs - i * 1_000,
  }))
  const { feedLagSeconds, feedConnected } = readGauges({
    meshlet,
    feed: () => ({ hosts, repos: [] }),
    clock: world.clock,
  })
  expect(feedLagSeconds).toHaveLength(21)
  expect(feedLagSeconds[3]).toEqual({ labels: { host: 'https://03.example' }, value: 3 })
  expect(feedLagSeconds.at(-1)).toEqual({ labels: { host: 'other' }, value: 29 })
  expect(feedConnected.at(-1)).toEqual({ labels: { host: 'other' }, value: 0 })
})
