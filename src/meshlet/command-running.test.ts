import { beforeEach, expect, test } from 'vitest'
import { ManualClock } from '../../test/support/manual-clock.ts'
import { did } from '../../test/support/memory-view.ts'
import { LABEL } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { STANDARD_POLICY } from '../policy/standard-policy.ts'
import type { Policy } from '../policy/policy.ts'
import type { EngineContainer, InteractOptions, InteractOutput } from '../ports/engine.ts'
import { silentLog } from '../ports/log.ts'
import type { Role } from '../xrpc/access.ts'
import type { ExecOutput } from '../xrpc/api.ts'
import { CommandRunning } from './command-running.ts'

const BOB = did('bob')
const site = workloadUri(BOB, 'site')
const GRANTED: Policy = {
  ...STANDARD_POLICY,
  rules: [{ name: 'guests', subject: { kind: 'members' }, terms: { exec: true } }],
}

let policy: Policy
let clock: ManualClock
let notes: string[]
let engine: (id: string, options: InteractOptions) => AsyncIterable<InteractOutput>
let commands: CommandRunning

async function* done(): AsyncGenerator<InteractOutput> {
  yield { kind: 'data', stream: 'stdout', data: Buffer.from('hi') }
  yield { kind: 'end', exitCode: 3 }
}

async function* endless(_: string, { signal }: InteractOptions): AsyncGenerator<InteractOutput> {
  yield { kind: 'data', stream: 'stdout', data: Buffer.from('begun') }
  await new Promise((resolve) => signal.addEventListener('abort', resolve))
  signal.throwIfAborted()
}

async function* nothing() {}

beforeEach(() => {
  policy = GRANTED
  clock = new ManualClock()
  notes = []
  engine = done
  const container = (id: string, replica: number, state: EngineContainer['state']) =>
    ({
      id,
      state,
      labels: { [LABEL.workload]: site, [LABEL.replica]: String(replica) },
    }) as unknown as EngineContainer
  commands = new CommandRunning({
    config: { ownerDid: did('alice'), clusters: new Map([['home', [BOB]]]) },
    engine: { interact: (id, options) => engine(id, options) },
    clock,
    log: silentLog,
    chronicle: {
      note: (kind, { subject, reason }) => void notes.push(`${kind} ${subject} ${reason}`),
    },
    policy: () => policy,
    containers: () => [
      container('two', 2, 'running'),
      container('zero', 0, 'exited'),
      container('one', 1, 'running'),
    ],
  })
})

function call(changes: { roles?: readonly Role[]; replica?: number; signal?: AbortSignal } = {}) {
  const { roles = ['member', 'workloadOwner'], replica, signal } = changes
  return commands.run({
    caller: { did: BOB, roles },
    params: { workload: site, ...(replica === undefined ? {} : { replica }) },
    signal: signal ?? new AbortController().signal,
    command: ['/bin/sh', '-c', 'echo hi'],
    input: nothing(),
  })
}

async function all(output: AsyncIterable<ExecOutput>): Promise<readonly ExecOutput[]> {
  const items: ExecOutput[] = []
  for await (const item of output) items.push(item)
  return items
}

test('passes on what it writes, and tells who ran what and how it ended', async () => {
  let asked = ''
  engine = (id) => ((asked = id), done())
  expect((await all(call())).at(-1)).toEqual({ kind: 'end', exitCode: 3 })
  expect(asked).toBe('one')
  expect(notes).toEqual([
    `exec ${BOB} in replica 1: runs ["/bin/sh","-c","echo hi"]`,
    `exec ${BOB} in replica 1: ["/bin/sh","-c","echo hi"] ended with 3`,
  ])
})

test('is refused in a sentence that names the rule, and leaves no trace', async () => {
  policy = STANDARD_POLICY
  await expect(all(call())).rejects.toMatchObject({
    code: 'forbidden',
    message: expect.stringContaining('rule “standard for members”') as string,
  })
  expect(notes).toEqual([])
})

test('#14 is nothing for a former or a suspended member, though the workload is hers', async () => {
  await expect(all(call({ roles: ['workloadOwner'] }))).rejects.toMatchObject({ code: 'forbidden' })
})

test('says that such a replica does not run', async () => {
  await expect(all(call({ replica: 0 }))).rejects.toMatchObject({ code: 'not-found' })
  await expect(all(call({ replica: 5 }))).rejects.toMatchObject({ code: 'not-found' })
})

test('ends after an hour, and says so', async () => {
  engine = endless
  const output = call()
  await output.next()
  const next = output.next()
  clock.advance(60 * 60_000)
  expect((await next).value).toEqual({ kind: 'end', reason: 'was ended after 1h' })
  await output.next()
  expect(notes.at(-1)).toContain('was ended after 1h')
  expect(clock.timers).toBe(0)
})

test('ends with whoever listens, and no more than sixteen run at once', async () => {
  engine = endless
  const leave = new AbortController()
  const begun = Array.from({ length: 16 }, () => call({ signal: leave.signal }))
  for (const one of begun) await one.next()
  await expect(call().next()).rejects.toMatchObject({ code: 'rate-limited' })
  const ends = Promise.allSettled(begun.map((one) => one.next()))
  leave.abort(new Error('left'))
  await ends
  expect(notes.at(-1)).toContain('nobody listened any more')
  engine = done
  expect(await all(call())).toHaveLength(2)
})
