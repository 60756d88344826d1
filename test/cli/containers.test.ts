import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../src/cli/system-clock.ts'
import { startMachines, type Machines, type OwnerName } from './machines.ts'
import type { CliOptions, CliResult } from './run-cli.ts'

let machines: Machines

beforeAll(async () => {
  machines = await startMachines()
  await until('all machines know each other', async () => {
    const { out } = await commune(['get', 'meshlets', '-o', 'json'])
    const rows = JSON.parse(out) as { candidate: boolean; status?: object }[]
    return rows.filter(({ candidate, status }) => candidate && status !== undefined).length === 3
  })
})
afterAll(() => machines[Symbol.asyncDispose]())

function commune(
  args: readonly string[],
  options: CliOptions = {},
  owner: OwnerName = 'alice',
): Promise<CliResult> {
  return machines.run(owner, args, options)
}

/** Publishes one workload and waits for it. */
function sync(
  workload: { readonly name: string; readonly [field: string]: unknown },
  more: readonly string[] = [],
  options: CliOptions = {},
  owner: OwnerName = 'alice',
): Promise<CliResult> {
  const folder = machines.folder(workload)
  return commune(['sync', folder, '--set', workload.name, '--wait', ...more], options, owner)
}

async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + 120_000
  while (!(await condition())) {
    if (performance.now() > deadlineMs) throw new Error(`Waited in vain: ${what}`)
    await pause(100)
  }
}

const TALK = ['/bin/sh', '-c', 'for n in 1 2 3; do echo "line $n"; usleep 20000; done; sleep 3600']

describe('sync --wait', () => {
  it.concurrent('ends with 0 when it is healthy, and says each thing once', async () => {
    const result = await sync({
      name: 'healthy',
      replicas: 3,
      command: TALK,
      spread: 'owner',
      healthcheck: { exec: { command: ['/bin/true'] }, interval: '1s', timeout: '30s', retries: 2 },
    })
    expect(result).toMatchObject({ code: 0 })
    expect(result.out).toMatch(/^\+ healthy {2}new: 3 replicas {2}workload\.yaml:1\n/)
    expect(result.err).toContain('ok   healthy: 3/3 running')
    const lines = result.err.split('\n').filter((line) => line !== '')
    expect(new Set(lines).size).toBe(lines.length)
    expect(await machines.containers('healthy')).toHaveLength(3)
  })

  it.concurrent('ends with 3 when nobody takes it, and says why', async () => {
    const result = await sync({ name: 'greedy', resources: { cpu: '20m', memory: '1Ti' } })
    expect(result.code).toBe(3)
    expect(result.err).toMatch(/greedy: .*: asks for .*memory/)
    expect(result.err).toContain('commune explain')
  })

  it.concurrent('ends with 4 when it crashes again and again, and shows its last lines', async () => {
    const result = await sync({
      name: 'crashing',
      restart: { policy: 'always', backoff: { initial: '100ms', max: '1m' } },
      command: ['/bin/sh', '-c', 'echo "no configuration"; exit 7'],
    })
    expect(result.code).toBe(4)
    expect(result.err).toContain('crash-loop')
    expect(result.err).toContain('exit code 7')
    // Carol's machine can't be asked from here, nor may a busy one answer; then that is said instead.
    expect(result.err).toMatch(/#0 \| no configuration|-box can't be reached/)
    // After a while another machine tries, and it takes three crashes there again.
    await until('get says so', async () => {
      const { out } = await machines.run('alice', ['get', 'workloads', 'crashing'])
      return out.includes('crash-loop (exit code 7)')
    })
    const described = await machines.run('alice', ['describe', 'crashing'])
    expect(described.out).toMatch(/exit code 7/)
    expect(described.out).toMatch(/#0 \| no configuration|-box can't be reached/)
  })

  it.concurrent('ends with 4 when its probe fails', async () => {
    const result = await sync({
      name: 'sick',
      command: TALK,
      healthcheck: { exec: { command: ['/bin/false'] }, interval: '1s', retries: 1 },
    })
    expect(result.code).toBe(4)
    expect(result.err).toContain('sick: ')
    expect(result.err).toContain('unhealthy')
  })

  it.concurrent('ends with 5 when time is up, here for an image that is not there', async () => {
    const image = `${machines.registry.host}/missing:1@sha256:${'1'.repeat(64)}`
    // Time is up once the reason was seen, however busy this computer is.
    let aheadMs = 0
    const clock = { ...systemClock, monotonicMs: () => systemClock.monotonicMs() + aheadMs }
    const onNote = (text: string) => {
      if (text.includes('missing:1@')) aheadMs = 3_600_000
    }
    const result = await sync({ name: 'absent', image }, [], { io: { clock }, onNote }, 'bobby')
    expect(result.code).toBe(5)
    expect(result.err).toMatch(/late absent: 0\/1 running; .*missing:1@sha256:1{12}…/)
    expect(result.err).toContain('Timed out')
  })
})

it('ends with 130 when interrupted, and the work goes on', async () => {
  const stop = new AbortController()
  const result = await sync({ name: 'patient', command: TALK }, [], {
    signal: stop.signal,
    onNote: (text) => {
      if (text.includes('patient')) stop.abort()
    },
  })
  expect(result.code).toBe(130)
  expect(result.err).toContain('the machines go on')
  await until('it runs', async () => {
    const [container] = await machines.containers('patient')
    return container?.state === 'running'
  })
})

describe('logs', () => {
  it('are in the order of time, with the replica in front, and the unreachable machine is said', async () => {
    const result = await commune(['logs', 'healthy'])
    expect(result.code).toBe(0)
    expect(result.err).toContain("carol.test/carol-box can't be reached from here")
    const lines = result.out.trimEnd().split('\n')
    expect(lines).toHaveLength(6)
    for (const line of lines) expect(line).toMatch(/^(alice|bobby)\.test\/\w+-box#0 \| line [123]$/)
    const json = await commune(['logs', 'healthy', '-o', 'json'])
    const times = (JSON.parse(json.out) as { time: string }[]).map(({ time }) => time)
    expect(times).toEqual(times.toSorted())
  })

  it('of one machine and of its last lines only', async () => {
    const one = await commune(['logs', 'healthy', '--meshlet', 'bobby-box', '--tail', '2'])
    expect(one).toMatchObject({
      code: 0,
      out: 'bobby.test/bobby-box#0 | line 2\nbobby.test/bobby-box#0 | line 3\n',
      err: '',
    })
    const none = await commune(['logs', 'healthy', '--meshlet', 'alice-box', '--since', '1ms'])
    expect(none).toMatchObject({ code: 0, out: '' })
    expect(none.err).toContain('has printed nothing')
    const absent = await commune(['logs', 'healthy', '--replica', '8'])
    expect(absent.code).toBe(1)
    expect(absent.err).toContain('There are: ')
    expect(await commune(['logs', 'healthy', '--replica', '-1'])).toMatchObject({ code: 2 })
  })

  it('are for the owner of the workload only', async () => {
    const { handle } = machines.network.account('alice')
    const result = await commune(['logs', 'healthy', '--owner', handle], {}, 'bobby')
    expect(result).toMatchObject({ code: 1, out: '' })
    expect(result.err).toContain("alice.test/alice-box refuses: only the workload's owner")
  })
})

describe('top', () => {
  it('shows what each replica uses, and who does not say', async () => {
    const result = await commune(['top', 'healthy'])
    expect(result.code).toBe(0)
    expect(result.err).toContain("carol.test/carol-box can't be reached from here")
    const [header, ...rows] = result.out.trimEnd().split('\n')
    expect(header).toMatch(/^WORKLOAD +REPLICA +CPU +MEMORY +PROCESSES +RECEIVED +SENT$/)
    expect(rows).toHaveLength(2)
    for (const row of rows)
      expect(row).toMatch(/^healthy +\w+\.test\/\w+-box#0 +\d+m? of \S+ +\S+i of \S+ +\d+ of 256 /)
    const json = await commune(['top', '-o', 'json'])
    const [used] = JSON.parse(json.out) as Record<string, unknown>[]
    expect(used).toMatchObject({ pidsMax: 256, cpuMilli: expect.any(Number) as number })
    expect(await commune(['top', 'helthy'])).toMatchObject({ code: 1 })
  })

  it('shows each machine, what is reserved on it, and what others run there', async () => {
    const machinesTop = await commune(['top', 'meshlets'])
    expect(machinesTop.code).toBe(0)
    expect(machinesTop.out).toMatch(
      /^alice\.test\/alice-box +\d+ +\d+m? of \S+ +\d+m? +\S+ of \S+ /m,
    )
    const bobby = await commune(['top', '-A'], {}, 'bobby')
    expect(bobby.out).toMatch(/^alice\.test\/healthy +/m)
    expect((await commune(['top'], {}, 'bobby')).out).not.toContain('healthy')
  })

  it('goes on until it is interrupted', async () => {
    const stop = new AbortController()
    let seen = 0
    const out = (text: string) => {
      seen += text.includes('healthy') ? 1 : 0
      if (seen === 2) stop.abort()
    }
    const result = await commune(['top', 'healthy', '-w'], { signal: stop.signal, io: { out } })
    expect([result.code, seen]).toEqual([130, 2])
  })
})

describe('delete', () => {
  it('says what ends, and the containers go', async () => {
    await until('it is told what ends', async () => {
      const dry = await commune(['delete', 'patient', '--dry-run'])
      expect(dry).toMatchObject({ code: 0 })
      return /patient: 1 replica ends, on \w+\.test\/\w+-box/.test(dry.err)
    })
    expect(await machines.containers('patient')).toHaveLength(1)
    const result = await commune(['delete', 'patient', '--yes'])
    expect(result).toMatchObject({ code: 0, out: 'deleted patient\n' })
    await until('its container is gone', async () => {
      return (await machines.containers('patient')).length === 0
    })
  })

  it('refuses what is protected, and suggests the name that was meant', async () => {
    const folder = machines.folder({ name: 'kept', protect: true, replicas: 0 })
    expect(await commune(['sync', folder, '--set', 'kept'])).toMatchObject({ code: 0 })
    const result = await commune(['delete', 'kept', '--yes'])
    expect(result.code).toBe(1)
    expect(result.err).toContain('protect: false')
    const unknown = await commune(['delete', 'helthy', '--yes'])
    expect(unknown.code).toBe(1)
    expect(unknown.err).toContain('Did you mean healthy?')
  })
})

it('counts nothing that a lost machine said last', async () => {
  await machines.lose('bobby')
  await until('the others say that it is down', async () => {
    const { out } = await commune(['get', 'meshlets', 'bobby-box', '-o', 'json'])
    return (JSON.parse(out) as { down: boolean }[])[0]?.down === true
  })
  const { out } = await commune(['get', 'meshlets'])
  expect(out).toMatch(/bobby\.test\/bobby-box +down .* not heard by /)
  const listed = await commune(['get', 'workloads', 'healthy', '-o', 'json'])
  const [workload] = JSON.parse(listed.out) as {
    replicas: { meshletDid: string }[]
    lost: { meshletDid: string }[]
  }[]
  const { did } = machines.network.account('bobby-mesh')
  expect(workload?.lost.map(({ meshletDid }) => meshletDid)).toEqual([did])
  expect(workload?.replicas.map(({ meshletDid }) => meshletDid)).not.toContain(did)
  const story = await commune(['explain', 'healthy'])
  expect(story.out).toMatch(/bobby-box#0 +last said running, but is down/)
  expect(story.out).toMatch(/bobby-box +down +not heard by /)
  const logs = await commune(['logs', 'healthy'])
  expect(logs.code).toBe(0)
  expect(logs.err).toContain('bobby.test/bobby-box is down')
})
