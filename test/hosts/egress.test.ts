import { afterAll, beforeAll, expect, test } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import { inContainer, lookUp, reach } from './guest.ts'
import { startEgressRound, type EgressRound } from './start-egress-round.ts'
import { BEYOND, HOST, openWalledHost, type WalledHost } from './walled-host.ts'

/** From a file to a container that reaches the internet and nothing else, on real parts. */

let world: WalledHost
let round: EgressRound

beforeAll(async () => {
  world = await openWalledHost()
  round = startEgressRound(world)
})
afterAll(() => world?.[Symbol.asyncDispose]())

function replicas() {
  return world.docker.listContainers({ filters: { label: [LABEL.workload] } })
}

test('without the rules a machine refuses, and says what its owner has to do', async () => {
  const { bid, told, labels } = await round.until((seen) => seen.bid.includes('not offered here'))
  expect(bid).toContain('run “meshlet firewall install” as root')
  expect(told).toContain('run “meshlet firewall install” as root')
  expect(labels).not.toContain('egress=internet')
  expect(await replicas()).toEqual([])
})

test('with them the workload runs, a canary finds nothing open, and a label tells others', async () => {
  expect((await world.meshlet('firewall', 'install')).code).toBe(0)
  const seen = await round.until(({ labels }) => labels.includes('egress=internet'))
  expect(seen).toMatchObject({ bid: '2 slots', canary: 'standing' })
  await expect.poll(replicas, { timeout: 60_000, interval: 200 }).toHaveLength(2)
})

test('it reaches the public network and its names, its own replica, and nothing else', async () => {
  const { port } = await round.until(() => true)
  const [one, two] = await replicas()
  const [from = '', beside = ''] = [one?.Id, two?.Id]
  const address = Object.values(two?.NetworkSettings.Networks ?? {})[0]?.IPAddress ?? ''
  expect(await reach(world.docker, from, BEYOND.public)).toBe('beyond')
  expect(await lookUp(world.docker, from, 'public.example')).toContain(BEYOND.public)
  const serve = 'mkdir -p /tmp/w; echo replica >/tmp/w/index.html; httpd -p 8080 -h /tmp/w'
  await inContainer(world.docker, beside, serve)
  const ask = `timeout 5 wget -qO- http://${address}:8080/`
  expect(await inContainer(world.docker, from, ask)).toBe('replica\n')
  const { public: _, resolver: __, ...beyond } = BEYOND
  const gateway = address.replace(/\d+$/, '1')
  const places: readonly (readonly [string, number])[] = [
    ...Object.values(beyond).map((place) => [place, 80] as const),
    ...[...Object.values(HOST), gateway].flatMap((place) =>
      [80, 7700, port].map((number) => [place, number] as const),
    ),
  ]
  const answers = await Promise.all(
    places.map(async (place) => `${place.join(' ')}: ${await reach(world.docker, from, ...place)}`),
  )
  // The kernel sends only so many refusals a second; who hears none waits in vain.
  const refused = /No route to host|unreachable|Cannot assign requested address|timed out/
  expect(answers.filter((answer) => !refused.test(answer))).toEqual([
    // Whose network it is can't be told from its address: the owner did not name it.
    `${BEYOND.router} 80: beyond`,
  ])
})
