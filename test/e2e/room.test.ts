import { afterAll, beforeAll, expect, it } from 'vitest'
import { setTimeout as pause } from 'node:timers/promises'
import { startRealCommune, webWorkload, type RealCommune } from '../support/real-commune.ts'

const OWNERS = ['alice', 'bobby'] as const
/** Alice's machine, which is all that takes this work: room for two of the workloads below. */
const SMALL = { cpuMilli: 120, memoryBytes: 1024 ** 3, labels: { size: 'small' } }
const ON_SMALL = 'constraints: ["size=small"]'
const WHOSE: Readonly<Record<string, string>> = {
  one: 'alice',
  two: 'alice',
  three: 'bobby',
  four: 'bobby',
}

let commune: RealCommune

beforeAll(async () => {
  commune = await startRealCommune(OWNERS)
  await commune.start('alice', SMALL)
  await commune.start('bobby')
  await commune.link('alice')
  await commune.link('bobby')
})
afterAll(() => commune?.[Symbol.asyncDispose]())

/** Looks at the engine all the time; holds the most CPU that was ever given away at once. */
function watchCommitment(): { readonly stop: () => Promise<number> } {
  const stopped = new AbortController()
  let most = 0
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const seen = await commune.engine.containers()
      const given = seen
        .filter(({ meshlet }) => meshlet === commune.did('alice-mesh'))
        .reduce((sum, { inspected }) => sum + (inspected.HostConfig.NanoCpus ?? 0) / 1e6, 0)
      most = Math.max(most, given)
      await pause(20)
    }
  })()
  return {
    stop: async () => {
      stopped.abort()
      await watching
      return most
    },
  }
}

async function runningOnSmall(): Promise<readonly string[]> {
  const seen = await commune.engine.containers()
  return seen
    .filter(({ state }) => state === 'running')
    .map(({ workload }) => workload)
    .toSorted()
}

it('never gives away more than it offers; what waits says why, and is placed when room comes free', async () => {
  const watch = watchCommitment()
  const rest = webWorkload(commune, 'rest', 'replicas: 0')
  const small = (name: string) => [name, webWorkload(commune, name, ON_SMALL)] as const
  for (const owner of OWNERS) {
    const names = Object.keys(WHOSE).filter((name) => WHOSE[name] === owner)
    await commune.sync(owner, { rest, ...Object.fromEntries(names.map(small)) })
  }
  const first = await commune.until('two of them run', async () => {
    const running = await runningOnSmall()
    return running.length === 2 && running
  })
  const waiting = Object.keys(WHOSE).filter((name) => !first.includes(name))
  for (const name of waiting) {
    const owner = WHOSE[name] ?? ''
    const pass = await commune.until(`${name} is passed`, () =>
      commune.bid('alice-mesh', owner, name),
    )
    expect(pass.value).toMatchObject({ slots: 0, reason: 'no-cpu' })
    expect((await commune.commune(owner, 'explain', name)).out).toMatch(/asks for 50/)
    expect((await commune.commune(owner, 'get', 'workloads')).out).toMatch(
      new RegExp(`${name} +0/1`),
    )
  }

  const [gone = ''] = first
  await commune.sync(WHOSE[gone] ?? '', { [gone]: undefined })
  await commune.until('one that waited runs in its stead', async () => {
    const running = await runningOnSmall()
    return running.length === 2 && running.some((name) => waiting.includes(name))
  })
  expect(await watch.stop()).toBeLessThanOrEqual(SMALL.cpuMilli)
})

const UNSUPPORTED: Readonly<Record<string, readonly [yaml: string, said: RegExp]>> = {
  job: ['schedule: "*/5 * * * *"', /kind: Job/],
  volume: ['volumes: [ { name: data, path: /data, size: 1Mi } ]', /volumes/],
  secret: ['secrets: [ { name: password, file: /run/secrets/password } ]', /secrets/],
}

it('says of what it can’t run that it can’t, and runs nothing of it', async () => {
  const files = Object.entries(UNSUPPORTED).map(([name, [more]]) => {
    const text = webWorkload(commune, name, more)
    return [name, name === 'job' ? text.replace('kind: Workload', 'kind: Job') : text] as const
  })
  await commune.sync('bobby', Object.fromEntries(files))
  for (const [name, [, said]] of Object.entries(UNSUPPORTED)) {
    for (const owner of OWNERS) {
      const bid = await commune.until(`${owner} answers to ${name}`, () =>
        commune.bid(`${owner}-mesh`, 'bobby', name),
      )
      expect(bid.value).toMatchObject({ slots: 0, reason: 'unsupported' })
      expect(bid.value.message).toMatch(said)
    }
    expect((await commune.commune('bobby', 'explain', name)).out).toMatch(said)
    expect(await commune.engine.containers(name)).toEqual([])
  }
})
