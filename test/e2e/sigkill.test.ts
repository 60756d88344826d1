import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { InterposedRequest } from '../support/interposer.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'
import { startSubstrate, type RealSubstrate } from '../support/real-substrate.ts'
import { SeededRandom } from '../support/seeded-random.ts'
import { pdsApi } from '../support/pds-api.ts'

/** How often the daemon is killed, and the seed of the moments. */
const ROUNDS = Number(process.env['SIGKILL_ROUNDS'] ?? 4)
const SEED = Number(process.env['SIGKILL_SEED'] ?? 1)
/** More calls than one round needs; beyond them the daemon is killed when all is done. */
const CALLS_MAX = 24
vi.setConfig({ testTimeout: ROUNDS * 240_000 })
let commune: RealCommune
let substrate: RealSubstrate
let steady: SeenContainer

beforeAll(async () => {
  commune = await startRealCommune(['alice'])
  substrate = await startSubstrate(commune)
  await commune.link('alice')
  await commune.start('alice', { ...substrate.withEngine, asProcess: true })
  await commune.sync('alice', { steady: webWorkload(commune, 'steady') })
  const [container] = await commune.running('alice', 'steady', 1)
  if (container === undefined) throw new Error('nothing runs')
  steady = container
})
afterAll(async () => {
  await commune?.[Symbol.asyncDispose]()
  await substrate?.[Symbol.asyncDispose]()
})

/** What changes something, on the engine or in the repo. */
function isEffect({ method, url }: InterposedRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false
  return url.includes('/xrpc/com.atproto.repo.') || !url.startsWith('/xrpc/')
}

/**
 * Kills the daemon at its n-th call that changes something: before it is done, or after it was done
 * and before the answer.
 */
function killAt(n: number, isDone: boolean): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  let calls = 0
  const mischief = (request: InterposedRequest) => {
    if (!isEffect(request) || ++calls < n) return undefined
    if (calls > n) return 'cut'
    const kill = () => void commune.machine('alice').kill().then(resolve)
    if (isDone) setTimeout(kill, 30)
    else kill()
    return isDone ? 'lost-reply' : 'cut'
  }
  substrate.engine.mischief = mischief
  substrate.pds.mischief = mischief
  return promise
}

/** Rounds add, change and remove workloads in turn; this is what there has to be after a round. */
function wantedIn(round: number): Readonly<Record<string, string | undefined>> {
  return {
    changed: webWorkload(commune, 'changed', `replicas: 2\nenv: { GREETING: "${round}" }`),
    [`added-${round}`]: webWorkload(commune, `added-${round}`),
    [`added-${round - 1}`]: undefined,
  }
}

async function rkeys(collection: string): Promise<number> {
  const agent = pdsApi(await commune.session('alice-mesh'))
  const listed = await agent.com.atproto.repo.listRecords({
    repo: commune.did('alice-mesh'),
    collection,
  })
  return listed.data.records.length
}

/** What runs is what is wanted, once each, and everything that is left belongs to it. */
async function expectWhole(round: number): Promise<void> {
  const wanted = [
    ['steady', 1],
    ['changed', 2],
    [`added-${round}`, 1],
  ] as const
  for (const [name, count] of wanted) await commune.running('alice', name, count)
  await commune.until('nothing is left over', async () => {
    const [containers, networks, bids, statuses] = await Promise.all([
      commune.engine.containers(),
      commune.engine.networks(),
      rkeys(COLLECTION.bid),
      rkeys(COLLECTION.workloadStatus),
    ])
    return containers.length === 4 && networks.length === 3 && bids === 3 && statuses === 3
  })
  await commune.until('the statuses are true', async () => {
    for (const [name] of wanted) {
      const seen = await commune.engine.containers(name)
      const status = await commune.status('alice-mesh', 'alice', name)
      const said = (status?.value.replicas ?? []).map(({ containerId = '' }) => containerId)
      if (said.length !== seen.length) return false
      if (!seen.every(({ id }) => said.some((short) => short !== '' && id.startsWith(short))))
        return false
    }
    return true
  })
  await commune.until('both replicas are of this round', async () => {
    const changed = await commune.engine.containers('changed')
    const replicas = new Set(changed.map(({ replica }) => replica))
    const isNew = (one: SeenContainer) => one.inspected.Config.Env.includes(`GREETING=${round}`)
    return changed.length === 2 && replicas.size === 2 && changed.every(isNew)
  })
  const [still] = await commune.engine.containers('steady')
  expect([still?.id, still?.startedAt]).toEqual([steady.id, steady.startedAt])
}

test(`killed ${ROUNDS} times in the middle of its work: nothing lost, nothing doubled`, async () => {
  const random = new SeededRandom(SEED, 'sigkill')
  for (let round = 0; round < ROUNDS; round++) {
    const n = random.integer(1, CALLS_MAX)
    const isDone = random.chance(0.5)
    const withState = random.chance(0.5)
    commune.log.add(`round ${round}: call ${n}, done: ${isDone}, state kept: ${withState}`)
    const killed = killAt(n, isDone)
    await commune.sync('alice', wantedIn(round))
    // Where there were fewer calls than that, all is done by now.
    const whole = expectWhole(round)
    // It is not asked any more once the daemon was killed.
    whole.catch(() => undefined)
    await Promise.race([killed, whole])
    await commune.machine('alice').kill()
    substrate.engine.heal()
    substrate.pds.heal()
    if (!withState) await commune.wipe('alice')
    await commune.start('alice', { ...substrate.withEngine, asProcess: true })
    await expectWhole(round)
  }
})
