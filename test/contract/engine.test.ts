import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { LABEL } from '../../src/model/nsid.ts'
import type {
  ContainerCreate,
  EngineContainer,
  EngineEvent,
  EngineLogLine,
} from '../../src/ports/engine.ts'
import { dockerHarness, memoryHarness, type EngineHarness } from './engine-harness.ts'
import { commandOf, type ProgramName } from './engine-programs.ts'

/** A bound on waiting, in steps of the harness; reached only by a failing test. */
const STEPS_MAX = 1000
const MEMORY_BYTES = 16 * 1024 * 1024

const HARNESSES = [
  ['memory', memoryHarness],
  ['docker', dockerHarness],
] as const

describe.each(HARNESSES)('%s engine', (_, open) => {
  let harness: EngineHarness
  let did: string
  let network: string
  let count = 0

  beforeAll(async () => {
    harness = await open()
    did = `did:web:${harness.prefix}.test`
    network = `${harness.prefix}-net`
    await harness.engine.pullImage(harness.image)
    await harness.engine.ensureNetwork({ name: network, labels: labels(), egress: 'none' })
  })

  afterEach(async () => {
    for (const { id } of await harness.engine.listContainers(did)) {
      await harness.engine.removeContainer(id)
    }
  })

  afterAll(async () => {
    for (const { name } of await harness.engine.listNetworks(did)) {
      await harness.engine.removeNetwork(name)
    }
    await harness.engine.removeImage(harness.image)
    await harness[Symbol.asyncDispose]()
  })

  const labels = (more: Record<string, string> = {}) => ({ [LABEL.meshletDid]: did, ...more })

  const options = (
    program: ProgramName,
    change: Partial<ContainerCreate> = {},
  ): ContainerCreate => {
    count += 1
    return {
      name: `${harness.prefix}-${count}`,
      image: harness.image,
      labels: labels(),
      network,
      security: 'restricted',
      user: '65532',
      command: commandOf(program),
      env: {},
      stopGracePeriodMs: 1000,
      readOnly: true,
      capAdd: [],
      tmpfs: [],
      memoryBytes: MEMORY_BYTES,
      cpuMilli: 1000,
      ...change,
    }
  }

  const run = async (program: ProgramName, change?: Partial<ContainerCreate>): Promise<string> => {
    const id = await harness.engine.createContainer(options(program, change))
    await harness.engine.startContainer(id)
    return id
  }

  const find = async (id: string): Promise<EngineContainer | undefined> =>
    (await harness.engine.listContainers(did)).find((container) => container.id === id)

  const until = async <T>(look: () => Promise<T | undefined | false>): Promise<T> => {
    for (let step = 0; step < STEPS_MAX; step += 1) {
      const found = await look()
      if (found) return found
      await harness.pause()
    }
    throw new Error('what the test waits for did not happen')
  }

  const untilState = (id: string, state: string) =>
    until(async () => {
      const container = await find(id)
      return container?.state === state && container
    })

  const untilServing = (id: string) =>
    until(async () => {
      const probe = await harness.engine.probe(id, { kind: 'tcp', port: 8080 }, 1000)
      return probe.ok
    })

  test('says what it is', async () => {
    const info = await harness.engine.info()
    expect(info.os).toBe('linux')
    expect(info.cpus).toBeGreaterThan(0)
    expect(info.memoryBytes).toBeGreaterThan(MEMORY_BYTES)
    expect(info.portsProblem).toBeUndefined()
  })

  test('makes a container without starting it, then starts it', async () => {
    const wanted = options('server', { labels: labels({ [LABEL.replica]: '3' }) })
    const id = await harness.engine.createContainer(wanted)
    expect(await find(id)).toMatchObject({
      name: wanted.name,
      image: harness.image,
      state: 'created',
      labels: { [LABEL.meshletDid]: did, [LABEL.replica]: '3' },
      memoryBytes: MEMORY_BYTES,
      nanoCpus: 1_000_000_000,
      oomKilled: false,
    })
    await harness.engine.startContainer(id)
    await harness.engine.startContainer(id)
    const container = await find(id)
    expect(container?.state).toBe('running')
    expect(container?.startedAtMs).toBeGreaterThanOrEqual(container?.createdAtMs ?? Infinity)
    expect(container).not.toHaveProperty('exitCode')
  })

  test('lists only what carries the label of the meshlet', async () => {
    const id = await run('server')
    expect((await harness.engine.listContainers(did)).map((found) => found.id)).toEqual([id])
    expect(await harness.engine.listContainers(`${did}:other`)).toEqual([])
    expect((await harness.other.listContainers(did)).map((found) => found.id)).toEqual([id])
  })

  test('finds a container by its name, its id or the beginning of that', async () => {
    const wanted = options('server')
    const id = await harness.engine.createContainer(wanted)
    for (const text of [wanted.name, id, id.slice(0, 12)]) {
      expect(await harness.engine.findContainer(text)).toMatchObject({ id, name: wanted.name })
    }
    expect(await harness.engine.findContainer(`${wanted.name}-not`)).toBeUndefined()
    expect(await harness.engine.findContainer('../no/name')).toBeUndefined()
  })

  test('refuses a name that is taken', async () => {
    const wanted = options('server')
    await harness.engine.createContainer(wanted)
    await expect(harness.engine.createContainer(wanted)).rejects.toMatchObject({
      code: 'name-taken',
    })
  })

  test('refuses an image that is not there', async () => {
    expect(await harness.engine.inspectImage(harness.missingImage)).toBeUndefined()
    const wanted = options('server', { image: harness.missingImage })
    await expect(harness.engine.createContainer(wanted)).rejects.toMatchObject({
      code: 'image-not-found',
    })
    await expect(harness.engine.pullImage(harness.missingImage)).rejects.toMatchObject({
      code: 'image-not-found',
    })
  })

  test('pulls by digest only, and knows the digest afterwards', async () => {
    const digest = harness.image.slice(harness.image.indexOf('@') + 1)
    expect(await harness.engine.inspectImage(harness.image)).toMatchObject({ digest, os: 'linux' })
    expect(await harness.engine.pullImage(harness.image)).toMatchObject({ digest })
    const tagged = harness.image.replace(/@.*/, ':latest')
    await expect(harness.engine.pullImage(tagged)).rejects.toMatchObject({ code: 'invalid-input' })
  })

  test('says how much room there is', async () => {
    const { freeBytes = 0, totalBytes = 0 } = (await harness.engine.diskSpace()) ?? {}
    expect(freeBytes).toBeGreaterThan(0)
    expect(totalBytes).toBeGreaterThan(freeBytes)
  })

  test('keeps an image that is used, removes one that is not', async () => {
    const id = await harness.engine.createContainer(options('server'))
    await expect(harness.engine.removeImage(harness.image)).rejects.toMatchObject({
      code: 'engine',
    })
    await harness.engine.removeContainer(id)
    await harness.engine.removeImage(harness.image)
    expect(await harness.engine.inspectImage(harness.image)).toBeUndefined()
    await harness.engine.removeImage(harness.image)
    await harness.engine.pullImage(harness.image)
  })

  test('stops by the stop signal', async () => {
    const id = await run('server')
    await untilServing(id)
    await harness.engine.stopContainer(id, 5000)
    const container = await untilState(id, 'exited')
    expect(container.exitCode).toBe(143)
    expect(container.finishedAtMs).toBeGreaterThanOrEqual(container.startedAtMs ?? Infinity)
    await harness.engine.stopContainer(id, 5000)
  })

  test('kills what does not stop within its grace period', async () => {
    const id = await run('stubborn')
    await harness.engine.stopContainer(id, 1000)
    expect((await untilState(id, 'exited')).exitCode).toBe(137)
  })

  test('kills at once', async () => {
    const id = await run('server')
    await harness.engine.killContainer(id)
    expect((await untilState(id, 'exited')).exitCode).toBe(137)
    await harness.engine.killContainer(id)
  })

  test('stopping, killing and removing what is gone is no error', async () => {
    const id = await run('server')
    await harness.engine.removeContainer(id)
    expect(await find(id)).toBeUndefined()
    await harness.engine.removeContainer(id)
    await harness.engine.stopContainer(id, 0)
    await harness.engine.killContainer(id)
    await expect(harness.engine.startContainer(id)).rejects.toMatchObject({ code: 'not-found' })
    await expect(harness.engine.stats(id)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('tells exit codes, and starts again what ended', async () => {
    const id = await run('failing')
    const first = await untilState(id, 'exited')
    expect(first).toMatchObject({ exitCode: 7, oomKilled: false })
    await harness.engine.startContainer(id)
    const second = await until(async () => {
      const container = await find(id)
      return (
        container?.state === 'exited' &&
        (container.startedAtMs ?? 0) > (first.startedAtMs ?? 0) &&
        container
      )
    })
    expect(second.exitCode).toBe(7)
  })

  test('tells when memory ran out', async () => {
    const id = await run('hungry', { memoryBytes: 8 * 1024 * 1024 })
    const ended = await untilState(id, 'exited')
    expect(ended.exitCode).toBe(137)
    // Podman kills it and does not say why (docs/operations.md).
    expect(ended.oomKilled).toBe((await harness.engine.info()).name !== 'Podman')
  })

  test('has its limits in force', async () => {
    const id = await run('server')
    await untilServing(id)
    const stats = await harness.engine.stats(id)
    expect(stats).toMatchObject({ memoryLimitBytes: MEMORY_BYTES, pidsLimit: 256 })
    expect(stats.memoryBytes).toBeGreaterThan(0)
    expect(stats.memoryBytes).toBeLessThan(MEMORY_BYTES)
    expect(stats.pids).toBeGreaterThan(0)
  })

  const lines = async (id: string, from: Parameters<typeof harness.engine.logs>[1]) => {
    const found: EngineLogLine[] = []
    for await (const line of harness.engine.logs(id, from)) found.push(line)
    return found
  }

  test('keeps what was written, by stream', async () => {
    const id = await run('writer')
    const written = await until(async () => {
      const found = await lines(id, {})
      return found.length >= 5 && found
    })
    const texts = (stream: string) =>
      written.filter((line) => line.stream === stream).map((line) => line.line)
    expect(texts('stdout')).toEqual(['out 1', 'out 2', 'out 3', 'late'])
    expect(texts('stderr')).toEqual(['err 1'])
    expect((await lines(id, { tail: 1 })).map((line) => line.line)).toEqual(['late'])
    const late = written.find((line) => line.line === 'late')
    const since = await lines(id, { sinceMs: late?.timeMs ?? 0 })
    expect(since.map((line) => line.line)).toEqual(['late'])
    await expect(lines('0'.repeat(64), {})).rejects.toMatchObject({ code: 'not-found' })
  })

  test('follows what is written until the signal or the end', async () => {
    const id = await run('writer')
    const stop = new AbortController()
    const seen: string[] = []
    for await (const { line } of harness.engine.logs(id, { follow: true, signal: stop.signal })) {
      seen.push(line)
      if (line === 'late') stop.abort()
    }
    expect(seen.toSorted()).toEqual(['err 1', 'late', 'out 1', 'out 2', 'out 3'])
    const following = lines(id, { follow: true, tail: 0 })
    await harness.engine.killContainer(id)
    expect(await following).toEqual([])
  })

  test('tells what happens to containers', async () => {
    const stop = new AbortController()
    const events: EngineEvent[] = []
    const watching = (async () => {
      for await (const event of harness.engine.events(did, stop.signal)) events.push(event)
    })()
    const id = await run('failing')
    await until(async () =>
      events.some((event) => event.containerId === id && event.action === 'die'),
    )
    stop.abort()
    await watching
    const actions = events.filter((event) => event.containerId === id).map((event) => event.action)
    expect(actions).toEqual(expect.arrayContaining(['create', 'start', 'die']))
    expect(events.every((event) => event.labels[LABEL.meshletDid] === did)).toBe(true)
  })

  test('runs commands inside', async () => {
    const id = await run('server')
    const shell = (script: string) => ['/bin/sh', '-c', script]
    const answer = await harness.engine.exec(id, shell('echo out; echo err >&2; exit 3'), {
      timeoutMs: 10_000,
    })
    expect(answer.exitCode).toBe(3)
    // Two pipes: which one is read first is chance.
    expect(answer.output.split('\n').toSorted()).toEqual(['', 'err', 'out'])
    expect(await harness.engine.exec(id, shell('sleep 600'), { timeoutMs: 300 })).toEqual({
      output: '',
    })
    await expect(
      harness.engine.exec('0'.repeat(64), shell('true'), { timeoutMs: 1000 }),
    ).rejects.toMatchObject({ code: 'not-found' })
  })

  test('makes, lists and removes networks', async () => {
    const name = `${harness.prefix}-second`
    const wanted = { name, labels: labels({ [LABEL.workload]: 'at://w' }), egress: 'none' } as const
    expect(await harness.engine.ensureNetwork(wanted)).toBe(name)
    expect(await harness.engine.ensureNetwork(wanted)).toBe(name)
    expect((await harness.engine.listNetworks(did)).map((found) => found.name).toSorted()).toEqual(
      [name, network].toSorted(),
    )
    const stranger = { ...wanted, labels: { [LABEL.meshletDid]: 'did:web:stranger.test' } }
    await expect(harness.engine.ensureNetwork(stranger)).rejects.toMatchObject({
      code: 'name-taken',
    })
    await harness.engine.removeNetwork(name)
    await harness.engine.removeNetwork(name)
    expect((await harness.engine.listNetworks(did)).map((found) => found.name)).toEqual([network])
    await expect(
      harness.engine.ensureNetwork({ ...wanted, egress: 'internet' }),
    ).rejects.toMatchObject({ code: 'unsupported' })
  })

  test('a container is made while its network is on its way', async () => {
    const name = `${harness.prefix}-both`
    const [, id] = await Promise.all([
      harness.engine.ensureNetwork({ name, labels: labels(), egress: 'none' }),
      harness.engine.createContainer(options('server', { network: name })),
    ])
    await harness.engine.startContainer(id)
    const found = await harness.engine.listContainers(did)
    expect(found.find((one) => one.id === id)?.state).toBe('running')
    await harness.engine.removeContainer(id)
    await harness.engine.removeNetwork(name)
  })

  test('a network in use is kept when a newer revision asks for it', async () => {
    const revision = (cid: string) => ({
      name: network,
      labels: labels({ [LABEL.revision]: cid, [LABEL.spec]: cid }),
      egress: 'none' as const,
    })
    const id = await harness.engine.createContainer(options('server'))
    await harness.engine.startContainer(id)
    expect(await harness.engine.ensureNetwork(revision('first'))).toBe(network)
    expect(await harness.engine.ensureNetwork(revision('second'))).toBe(network)
    await harness.engine.removeContainer(id)
  })

  test('probes ports from inside', async () => {
    const id = await run('server')
    await untilServing(id)
    const http = (path: string) => ({ kind: 'http', port: 8080, path }) as const
    expect(await harness.engine.probe(id, http('/'), 5000)).toEqual({ ok: true })
    expect(await harness.engine.probe(id, { kind: 'tcp', port: 9 }, 5000)).toEqual({
      ok: false,
      message: 'nothing listens on port 9',
    })
    await harness.engine.killContainer(id)
    await untilState(id, 'exited')
    expect((await harness.engine.probe(id, http('/'), 5000)).ok).toBe(false)
  })

  test('forwards ports, and gives them back', async () => {
    const id = await run('server')
    const wanted = { containerId: id, port: 8080, preferredPort: 23_457 }
    const first = await harness.engine.forward(wanted)
    const second = await harness.engine.forward(wanted)
    expect(second.port).toBeGreaterThan(first.port)
    await first.close()
    const third = await harness.engine.forward({ ...wanted, preferredPort: first.port })
    expect(third.port).toBe(first.port)
    const other = await run('server')
    await third.moveTo(other)
    await harness.engine.killContainer(id)
    await untilState(id, 'exited')
    await expect(third.moveTo(id)).rejects.toMatchObject({ code: 'not-found' })
    await Promise.all([second.close(), third.close()])
    await expect(harness.engine.forward(wanted)).rejects.toMatchObject({ code: 'not-found' })
  })

  test('an aborted call rejects with the reason', async () => {
    const reason = new Error('enough')
    await expect(harness.engine.listContainers(did, AbortSignal.abort(reason))).rejects.toBe(reason)
  })
})
