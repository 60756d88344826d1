import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { WorkloadRecord } from '../../src/model/records.ts'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'
import type { SeenContainer } from '../support/real-engine.ts'
import type { RealMachine } from '../support/real-machine.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
/** S of the profile `fast`, with the drift of clocks, and κ; and much more than a busy machine adds. */
const DEAD_MS = 4_040 + 1_500 + 10_000
let commune: RealCommune
const machines = new Map<string, RealMachine>()
const ended: { readonly id: string; readonly epoch: number; readonly spanMs: Span }[] = []
type Span = readonly [startedMs: number, finishedMs: number]

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await Promise.all(OWNERS.map((owner) => commune.link(owner)))
  await Promise.all(OWNERS.map(start))
  await commune.sync('alice', { db: webWorkload(commune, 'db', 'placement: { atMostOne: true }') })
  await commune.running('alice', 'db', 1)
})
afterEach(() => {
  const spans = ended.map(({ spanMs }) => spanMs).toSorted(([a], [b]) => a - b)
  for (const [i, [, finishedMs]] of spans.entries())
    expect(spans[i + 1]?.[0] ?? Infinity).toBeGreaterThan(finishedMs)
})
afterAll(async () => {
  for (const owner of OWNERS) endProcess(guardPid(owner), 'SIGKILL')
  await commune?.[Symbol.asyncDispose]()
})

async function start(owner: string): Promise<void> {
  machines.set(owner, await commune.start(owner, { asProcess: true, liveness: 'fast' }))
}

async function holder(): Promise<{ owner: string; container: SeenContainer; pid: number }> {
  const [container] = await commune.running('alice', 'db', 1)
  if (!container) throw new Error('nothing runs')
  const owner = commune.ownerOf(container.meshlet)
  const pid = machines.get(owner)?.pid
  if (pid === undefined) throw new Error(`the machine of ${owner} has no process`)
  return { owner, container, pid }
}

function guardPid(owner: string): number | undefined {
  try {
    return Number(readFileSync(join(commune.network.dir, 'machines', owner, 'guard.pid'), 'utf8'))
  } catch {
    return undefined
  }
}

function endProcess(pid: number | undefined, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(pid, signal)
  } catch {
    // It has ended by itself.
  }
}

/** How long the container goes on from now; remembers its span, and that of its successor. */
async function untilDead({ id }: SeenContainer): Promise<number> {
  const fromMs = Date.now()
  const dead = await commune.until('the guard kills it', async () => {
    const [seen] = (await commune.engine.containers('db')).filter((one) => one.id === id)
    if (seen === undefined) return 'removed'
    const { State, Config } = seen.inspected
    return State.Running ? undefined : { State, env: Config.Env }
  })
  // A daemon that saw its lease go before it was killed has ended it by itself.
  if (dead === 'removed') return Date.now() - fromMs
  const finishedMs = Date.parse(dead.State.FinishedAt)
  ended.push({
    id,
    epoch: epochIn(dead.env),
    spanMs: [Date.parse(dead.State.StartedAt), finishedMs],
  })
  return finishedMs - fromMs
}

async function successor(before: SeenContainer): Promise<SeenContainer> {
  const next = await commune.until('another machine runs it', async () => {
    const seen = await commune.engine.containers('db')
    return seen.find(({ state, meshlet }) => state === 'running' && meshlet !== before.meshlet)
  })
  const [last] = ended.slice(-1)
  expect(next.startedAtMs).toBeGreaterThan(last?.spanMs[1] ?? 0)
  expect(epochIn(next.inspected.Config.Env)).toBeGreaterThan(last?.epoch ?? 0)
  return next
}

function epochIn(env: readonly string[]): number {
  return Number(env.find((one) => one.startsWith('COMMUNE_EPOCH='))?.split('=')[1])
}

it('names three witnesses, and gives the container the epoch of its lease', async () => {
  const { owner, container } = await holder()
  const record = await commune.record<WorkloadRecord>('alice', COLLECTION.workload, 'db')
  const all = OWNERS.map((owner) => commune.did(`${owner}-mesh`)).toSorted()
  expect(record?.value.placement?.witnesses).toEqual(all)
  const status = await commune.status(`${owner}-mesh`, 'alice', 'db')
  const epoch = epochIn(container.inspected.Config.Env)
  expect(epoch).toBeGreaterThanOrEqual(1)
  expect(status?.value.leaseEpoch).toBe(epoch)
})

it('the daemon hangs: the guard kills the container, and only then another machine starts it', async () => {
  const { owner, container, pid } = await holder()
  endProcess(pid, 'SIGSTOP')
  const tookMs = await untilDead(container)
  console.log(`a frozen daemon's container was killed after ${(tookMs / 1000).toFixed(1)} s (fast)`)
  expect(tookMs).toBeLessThan(DEAD_MS)
  const next = await successor(container)
  endProcess(pid, 'SIGCONT')
  await commune.until(`${owner} has taken note`, async () => {
    const seen = await commune.engine.containers('db')
    return seen.length === 1 && seen[0]?.id === next.id
  })
})

it('the guard is killed: another takes its place, and does its work when the daemon is killed too', async () => {
  const { owner } = await holder()
  const before = guardPid(owner)
  endProcess(before, 'SIGKILL')
  await commune.until('another guard is at work', async () => {
    const now = guardPid(owner)
    return now !== undefined && now !== before
  })
  // A slow start of the guard may have cost the lease, and then the container has a successor.
  const now = await holder()
  await machines.get(now.owner)?.kill()
  const tookMs = await untilDead(now.container)
  console.log(`a killed daemon's container was killed after ${(tookMs / 1000).toFixed(1)} s (fast)`)
  expect(tookMs).toBeLessThan(DEAD_MS)
  await successor(now.container)
  await start(now.owner)
  await commune.running('alice', 'db', 1)
})

it('on a starving machine the guard is in time as well', async () => {
  const { container, pid } = await holder()
  const busy = Array.from({ length: 3 }, () =>
    spawn(process.execPath, ['-e', 'for(;;);'], { stdio: 'ignore' }),
  )
  try {
    endProcess(pid, 'SIGSTOP')
    const tookMs = await untilDead(container)
    console.log(`on a starving machine it was killed after ${(tookMs / 1000).toFixed(1)} s (fast)`)
    expect(tookMs).toBeLessThan(DEAD_MS)
  } finally {
    for (const child of busy) child.kill('SIGKILL')
    endProcess(pid, 'SIGCONT')
  }
  await commune.running('alice', 'db', 1)
})
