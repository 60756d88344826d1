import { afterAll, beforeAll, expect, it } from 'vitest'
import { COLLECTION, LABEL } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import {
  startMachines,
  startRealCommune,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'
import { repoEvents, type RepoEvent } from '../support/repo-events.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
const SITE = [
  'replicas: 2',
  'env: { GREETING: hello }',
  'ports: [ { container: 8080, name: http } ]',
  'healthcheck: { http: { port: 8080, path: /health }, interval: 1s, timeout: 1s }',
].join('\n')

let commune: RealCommune
let containers: readonly SeenContainer[]

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await startMachines(commune, OWNERS)
  await commune.sync('alice', { site: webWorkload(commune, 'site', SITE) })
  containers = await commune.running('alice', 'site', 2)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** What all repos went through until every bid for the workload had been written. */
async function eventsOfBids(workload: string): Promise<readonly RepoEvent[]> {
  const path = `${COLLECTION.bid}/${recordKeyFor(commune.uri('alice', workload))}`
  const bids = new Set<string>()
  const events = await repoEvents(commune.network.pdsUrl, (event) => {
    if (event.path === path) bids.add(event.did)
    return bids.size === OWNERS.length
  })
  return events.filter((event) => event.path === path)
}

it('turns a YAML file into containers on the machines that won, and nowhere else', async () => {
  const winners = new Set(containers.map(({ meshlet }) => meshlet))
  expect(winners.size).toBe(2)
  const { out } = await commune.commune('alice', 'get', 'bids', 'site', '-o', 'json')
  const bids = JSON.parse(out) as readonly { meshlet: string; state: string }[]
  expect(bids).toHaveLength(3)
  const won = bids.filter(({ state }) => state === 'won').map(({ meshlet }) => meshlet)
  expect(new Set(won)).toEqual(winners)
  for (const owner of OWNERS) {
    const said = await commune.status(`${owner}-mesh`, 'alice', 'site')
    if (!winners.has(commune.did(`${owner}-mesh`))) expect(said?.value.replicas ?? []).toEqual([])
  }
})

it('labels containers and networks, and tells the container who it is', async () => {
  const uri = commune.uri('alice', 'site')
  const published = await commune.record('alice', COLLECTION.workload, 'site')
  const networks = await commune.engine.networks('site')
  expect(networks.map(({ Internal }) => Internal)).toEqual([true, true])
  for (const { inspected, meshlet, replica } of containers) {
    const labels = { [LABEL.meshletDid]: meshlet, [LABEL.workload]: uri }
    expect(inspected.Config.Labels).toMatchObject({
      ...labels,
      [LABEL.replica]: replica,
      [LABEL.revision]: published?.cid,
      [LABEL.spec]: expect.stringMatching(/^\w{16,}$/) as string,
    })
    expect(networks.map(({ Labels }) => Labels)).toContainEqual(expect.objectContaining(labels))
    expect(inspected.Config.Env).toEqual(
      expect.arrayContaining([
        'GREETING=hello',
        `COMMUNE_WORKLOAD=${uri}`,
        `COMMUNE_OWNER_DID=${commune.did('alice')}`,
        `COMMUNE_MESHLET_DID=${meshlet}`,
        `COMMUNE_REPLICA=${replica}`,
      ]),
    )
  }
})

it('has the limits in force', async () => {
  for (const { id, inspected } of containers) {
    expect(inspected.HostConfig).toMatchObject({
      Memory: 16 * 1024 ** 2,
      NanoCpus: 50_000_000,
      PidsLimit: 256,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
    })
    const stats = await commune.engine.docker
      .getContainer(id)
      .stats({ stream: false, 'one-shot': true })
    expect(stats.memory_stats.limit).toBe(16 * 1024 ** 2)
    expect(stats.pids_stats?.limit).toBe(256)
  }
})

it('reports health and endpoints in the meshlets’ repos, and the ports answer', async () => {
  const published = await commune.record<{ image: string }>('alice', COLLECTION.workload, 'site')
  for (const { meshlet, spec } of containers) {
    const machine = `${commune.ownerOf(meshlet)}-mesh`
    const said = await commune.until('it is healthy', async () => {
      const status = await commune.status(machine, 'alice', 'site')
      return status?.value.replicas?.[0]?.health === 'healthy' && status
    })
    expect(said.value).toMatchObject({
      phase: 'running',
      observedRevision: published?.cid,
      specHash: spec,
      imageDigest: published?.value.image.replace(/^.*@/, ''),
    })
    const [replica] = said.value.replicas ?? []
    expect(replica).toMatchObject({ phase: 'running', restarts: 0, specHash: spec })
    const [endpoint] = replica?.endpoints ?? []
    expect(endpoint).toMatchObject({ name: 'http', container: 8080 })
    const answer = await fetch(`http://${endpoint?.address}/`, {
      signal: AbortSignal.timeout(30_000),
    })
    expect(await answer.text()).toContain(`${commune.did('alice')} ${meshlet}`)
  }
})

it('starts nothing before the winner’s bid is in its repo', async () => {
  const bids = await eventsOfBids('site')
  for (const { meshlet, startedAtMs } of containers) {
    const bid = bids.find(({ did }) => did === meshlet)
    expect(bid?.timeMs).toBeLessThan(startedAtMs)
  }
})

it('is quick once the image is there', async () => {
  await commune.sync('alice', { quick: webWorkload(commune, 'quick', 'replicas: 3') })
  const started = (await commune.running('alice', 'quick', 3)).map(({ startedAtMs }) => startedAtMs)
  const bids = await eventsOfBids('quick')
  const path = `${COLLECTION.workload}/quick`
  const events = await repoEvents(commune.network.pdsUrl, (event) => event.path === path)
  const commitMs = events.find((event) => event.path === path)?.timeMs ?? 0
  const lastBidMs = Math.max(...bids.map(({ timeMs }) => timeMs))
  const ms = (sinceMs: number) => started.map((one) => one - sinceMs).join(', ')
  console.log(
    `three replicas run after, in ms: the commit ${ms(commitMs)}; the last bid ${ms(lastBidMs)}`,
  )
  expect(Math.min(...started)).toBeGreaterThan(commitMs)
})
