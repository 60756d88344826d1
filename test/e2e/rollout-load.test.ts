import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import {
  startRealCommune,
  startMachines,
  webWorkload,
  type RealCommune,
} from '../support/real-commune.ts'

const OWNERS = ['alice', 'bobby', 'carol'] as const
const CLIENTS = 6
const TIMEOUT_MS = 5_000

vi.setConfig({ testTimeout: 120_000, hookTimeout: 90_000 })
let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await startMachines(commune, OWNERS)
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** The addresses that the machines publish for the replicas that are ready. */
async function endpoints(): Promise<readonly string[]> {
  const { out } = await commune.commune('alice', 'get', 'workloads', 'site', '-o', 'json')
  const [site] = JSON.parse(out) as readonly {
    readonly replicas: readonly { readonly endpoints?: readonly { readonly address: string }[] }[]
  }[]
  return (site?.replicas ?? []).flatMap((one) =>
    (one.endpoints ?? []).map(({ address }) => address),
  )
}

/** What a crowd of clients saw, each of which tries every request at most twice. */
class Load implements AsyncDisposable {
  readonly greetings = new Map<string, number>()
  readonly lost: string[] = []
  retried = 0
  #targets: readonly string[]
  readonly #stop = new AbortController()
  readonly #clients: readonly Promise<void>[]

  constructor(targets: readonly string[]) {
    this.#targets = targets
    this.#clients = Array.from({ length: CLIENTS }, (_, index) => this.#client(index))
  }

  get answered(): number {
    return [...this.greetings.values()].reduce((sum, count) => sum + count, 0)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#clients)
  }

  async #client(index: number): Promise<void> {
    for (let turn = index; !this.#stop.signal.aborted; turn += 1) {
      const at = (shift: number) => this.#targets[(turn + shift) % this.#targets.length] ?? ''
      const first = await ask(at(0))
      if (first.error !== undefined) this.retried += 1
      const result = first.error === undefined ? first : await ask(at(1))
      if (result.error !== undefined) this.lost.push(`${at(0)}: ${first.error}; ${result.error}`)
      else this.greetings.set(result.greeting, (this.greetings.get(result.greeting) ?? 0) + 1)
      await pause(5)
    }
  }
}

async function ask(
  address: string,
): Promise<{ readonly greeting: string; readonly error?: string }> {
  try {
    const answer = await fetch(`http://${address}/`, {
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { connection: 'close' },
    })
    const text = await answer.text()
    if (!answer.ok) return { greeting: '', error: `answered ${answer.status}` }
    return { greeting: text.trim().split(' ').at(-1) ?? '' }
  } catch (error) {
    return { greeting: '', error: String((error as Error).cause ?? error) }
  }
}

function site(greeting: string, ...more: readonly string[]): string {
  return webWorkload(
    commune,
    'site',
    [
      'replicas: 3',
      'spread: meshlet',
      `env: { GREETING: ${greeting} }`,
      'ports: [ { container: 8080, name: http } ]',
      'healthcheck: { http: { port: 8080, path: /health }, interval: 1s, timeout: 1s }',
      ...more,
    ].join('\n'),
  )
}

it('a roll-out of three replicas under load loses no request that is tried twice', async () => {
  await commune.sync('alice', { site: site('old') })
  const targets = await commune.until('all three are ready', async () => {
    const found = await endpoints()
    return found.length === 3 && found
  })
  await using load = new Load(targets)
  await commune.until('the old ones answer', async () => load.answered > 50)
  await commune.sync('alice', { site: site('new') })
  const done = await commune.commune(
    'alice',
    'rollout',
    'status',
    'site',
    '--wait',
    '--timeout',
    '90s',
  )
  expect(done.err + done.out).toContain('is rolled out')
  expect(done.code).toBe(0)
  const before = load.greetings.get('old') ?? 0
  const after = load.answered
  await commune.until('only new ones answer', async () => load.answered > after + 100)
  expect(load.lost).toEqual([])
  expect(load.greetings.get('old')).toBe(before)
  expect(load.greetings.get('new')).toBeGreaterThan(100)
  // The ports stay the same, so that whoever knows them has nothing to learn.
  expect([...(await endpoints())].toSorted()).toEqual([...targets].toSorted())
  console.log(`${load.answered} requests answered during a roll-out, ${load.retried} tried twice`)
})

it('a bad revision comes back by itself with exit 4, undo makes it stay, and nothing is lost', async () => {
  await using load = new Load(await endpoints())
  const bad = site(
    'bad',
    'entrypoint: [/bin/sh, -c, "echo no configuration; exit 3"]',
    'restart: { backoff: { initial: 100ms } }',
  )
  await commune.sync('alice', { site: bad })
  const waited = await commune.commune('alice', 'rollout', 'status', 'site', '--wait')
  expect(waited.code).toBe(4)
  expect(waited.err).toContain('back to the version before')
  const status = await commune.until('the one before runs everywhere', async () => {
    const found = await commune.commune('alice', 'rollout', 'status', 'site', '-o', 'json')
    expect(found.code).toBe(4)
    return (JSON.parse(found.out) as { readonly phase: string }).phase === 'rolled back' && found
  })
  expect(JSON.parse(status.out)).toMatchObject({ ready: 3, updated: 0, revision: { number: 3 } })
  const undone = await commune.commune('alice', 'rollout', 'undo', 'site', '--wait')
  expect(undone).toMatchObject({ code: 0 })
  const history = await commune.commune('alice', 'rollout', 'history', 'site', '-o', 'json')
  expect(JSON.parse(history.out)).toMatchObject([
    { number: 4, undoes: 3, result: 'complete, undid 3' },
    { number: 3, result: 'replaced, was never seen to be good, undone by hand' },
    { number: 2 },
    { number: 1 },
  ])
  // The files still say what was bad, and that is said every time.
  await expect(commune.sync('alice', {})).rejects.toThrow('held back')
  expect(load.lost).toEqual([])
  expect([...load.greetings.keys()]).toEqual(['new'])
})
