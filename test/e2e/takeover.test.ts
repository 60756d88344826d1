import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import type { RealMachine } from '../support/real-machine.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 })
let commune: RealCommune
const machines = new Map<string, RealMachine>()

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await Promise.all(OWNERS.map((owner) => commune.link(owner)))
  await Promise.all(OWNERS.map(start))
  await commune.sync('alice', {
    site: webWorkload(commune, 'site', 'replicas: 2\nspread: meshlet'),
  })
  await commune.running('alice', 'site', 2)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

async function start(owner: string): Promise<void> {
  machines.set(owner, await commune.start(owner, { asProcess: true, liveness: 'normal' }))
}

it('replaces the replica of a machine whose meshlet was killed within 30 s, and does not move back', async () => {
  const before = await commune.running('alice', 'site', 2)
  const [lost, kept] = before
  const victim = commune.ownerOf(lost?.meshlet ?? '')
  const killedMs = Date.now()
  await machines.get(victim)?.kill()
  const replacement = await commune.until('somebody else runs it', async () => {
    const seen = await commune.engine.containers('site')
    return seen.find(
      ({ meshlet, state }) => state === 'running' && !before.some((one) => one.meshlet === meshlet),
    )
  })
  const tookMs = replacement.startedAtMs - killedMs
  console.log(
    `a killed meshlet's replica was replaced after ${(tookMs / 1000).toFixed(1)} s (normal profile)`,
  )
  expect(tookMs).toBeLessThan(30_000)

  // The container outlived its meshlet; when that returns, it stops what was replaced.
  await start(victim)
  const after = await commune.running('alice', 'site', 2)
  expect(new Set(after.map(({ id }) => id))).toEqual(new Set([kept?.id, replacement.id]))
})
