import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { Frame } from '@atproto/xrpc-server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import WebSocket from 'ws'
import { METHOD } from '../model/nsid.ts'
import { workloadUri } from '../model/workload-uri.ts'
import { ACCESS, type Role, type ServedMethod, type StandingRole } from './access.ts'
import type { MeshletApi } from './api.ts'
import { encodeExecMessage } from './exec-messages.ts'
import { TestCaller, apiWith, startTestServer, validCalls } from './test-server.ts'
import type { TestServer } from './test-server.ts'

/** Everybody who may ask, and in whose repo the workload lies that they ask about. */
const WHO = [
  'machine’s owner',
  'workload’s owner',
  'member',
  'candidate',
  'suspended',
  'suspended about her own',
  'stranger',
] as const

const [YES, NO, GONE] = ['yes', 'no', '401'] as const

/** Written out, so that no change of the table in the code goes unseen; in the order of `WHO`. */
const EXPECTED: Readonly<Record<ServedMethod, readonly (typeof YES | typeof NO | typeof GONE)[]>> =
  {
    getCapacity: [YES, YES, YES, NO, NO, NO, GONE],
    listWorkloads: [YES, YES, YES, NO, NO, NO, GONE],
    getWorkloadStatus: [YES, YES, YES, NO, NO, YES, GONE],
    deleteWorkload: [YES, YES, NO, NO, NO, YES, GONE],
    pauseWorkload: [YES, YES, NO, NO, NO, YES, GONE],
    resumeWorkload: [YES, YES, NO, NO, NO, YES, GONE],
    stopWorkload: [YES, YES, NO, NO, NO, YES, GONE],
    restartWorkload: [YES, YES, NO, NO, NO, YES, GONE],
    getUsage: [YES, YES, YES, NO, NO, YES, GONE],
    getLogs: [NO, YES, NO, NO, NO, YES, GONE],
    exec: [NO, YES, NO, NO, NO, YES, GONE],
    subscribeLogs: [NO, YES, NO, NO, NO, YES, GONE],
    listEvents: [YES, YES, YES, NO, NO, YES, GONE],
    getHealth: [YES, YES, YES, YES, NO, NO, GONE],
    pause: [YES, NO, NO, NO, NO, NO, GONE],
    resume: [YES, NO, NO, NO, NO, NO, GONE],
    drain: [YES, NO, NO, NO, NO, NO, GONE],
    shutdown: [YES, NO, NO, NO, NO, NO, GONE],
    heartbeat: [YES, YES, YES, YES, NO, NO, GONE],
  }

let callers: Record<
  'owner' | 'member' | 'other' | 'candidate' | 'suspended' | 'stranger',
  TestCaller
>
let server: TestServer

beforeAll(async () => {
  const [owner, member, other, candidate, suspended, stranger] = (await Promise.all(
    ['b', 'c', 'd', 'e', 'f', 'g'].map((letter) => TestCaller.create(letter)),
  )) as [TestCaller, TestCaller, TestCaller, TestCaller, TestCaller, TestCaller]
  callers = { owner, member, other, candidate, suspended, stranger }
  const plenty = { burst: 10_000, perSecond: 1, callersMax: 10 }
  server = await startTestServer({
    api: fine,
    callers: new Map<TestCaller, readonly StandingRole[] | undefined>([
      [owner, ['meshletOwner', 'member']],
      [member, ['member']],
      [other, ['member']],
      [candidate, ['candidate']],
      [suspended, []],
      [stranger, undefined],
    ]),
    limits: { address: plenty, caller: plenty },
  })
})
afterAll(() => server[Symbol.asyncDispose]())

/** Whatever is let through is answered with 501, since the test brings no method. */
const fine: Partial<MeshletApi> = apiWith({})

/** Who calls, and whose workload she names. */
function partiesOf(who: (typeof WHO)[number]): readonly [TestCaller, TestCaller] {
  const { owner, member, other, candidate, suspended, stranger } = callers
  switch (who) {
    case 'machine’s owner':
      return [owner, other]
    case 'workload’s owner':
      return [member, member]
    case 'member':
      return [member, other]
    case 'candidate':
      return [candidate, other]
    case 'suspended':
      return [suspended, other]
    case 'suspended about her own':
      return [suspended, suspended]
    case 'stranger':
      return [stranger, stranger]
  }
}

async function outcomeOf(method: ServedMethod, who: (typeof WHO)[number]): Promise<string> {
  const [caller, workloadOwner] = partiesOf(who)
  const authorization = `Bearer ${await caller.token(METHOD[method])}`
  const error =
    method in STREAMS
      ? await openStream(method, workloadOwner, authorization)
      : await call(method, workloadOwner, authorization)
  if (error === 'NotAllowed') return NO
  if (error === 'UnknownIssuer') return GONE
  return error === 'MethodNotImplemented' ? YES : error
}

async function call(
  method: ServedMethod,
  workloadOwner: TestCaller,
  authorization: string,
): Promise<string> {
  const { query, body } = validCalls(workloadOwner)[
    method as keyof ReturnType<typeof validCalls>
  ] as {
    readonly query?: Record<string, string>
    readonly body?: object
  }
  const response = await fetch(
    `${server.url}/xrpc/${METHOD[method]}?${new URLSearchParams(query).toString()}`,
    {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    },
  )
  const answer = (await response.json()) as { readonly error: string }
  const status = { NotAllowed: 403, UnknownIssuer: 401, MethodNotImplemented: 501 }[answer.error]
  expect(response.status).toBe(status)
  return answer.error
}

const STREAMS: Partial<Record<ServedMethod, true>> = { subscribeLogs: true, exec: true }

async function openStream(
  method: ServedMethod,
  workloadOwner: TestCaller,
  authorization: string,
): Promise<string> {
  const query = new URLSearchParams({ workload: workloadUri(workloadOwner.did, 'web') })
  const address = `${server.url.replace('http', 'ws')}/xrpc/${METHOD[method]}?${query.toString()}`
  const socket = new WebSocket(address, { headers: { authorization } })
  if (method === 'exec')
    socket.once('open', () => socket.send(encodeExecMessage({ kind: 'start', command: ['true'] })))
  const [data] = (await once(socket, 'message')) as [Buffer]
  socket.terminate()
  const frame = Frame.fromBytes(data)
  return frame.isError() ? frame.code : 'a message'
}

describe('who may call what', () => {
  it('is written down for every method', () => {
    expect(Object.keys(EXPECTED).toSorted()).toEqual(Object.keys(ACCESS).toSorted())
  })

  it('stands so in docs/api.md', () => {
    const rows = readFileSync('docs/api.md', 'utf8').matchAll(
      /^\| `(\w+)`[^|]*\|[^|]*\| (yes|no) \| (yes|no) \| (yes|no) \| (yes|no) \|$/gm,
    )
    const columns: readonly Role[] = ['meshletOwner', 'workloadOwner', 'member', 'candidate']
    const documented = [...rows].map(([, method, ...cells]) => [
      method,
      columns.filter((_, index) => cells[index] === YES),
    ])
    const inForce = Object.entries(ACCESS).map(([method, roles]) => [
      method,
      columns.filter((role) => roles.includes(role)),
    ])
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(inForce))
  })

  it.each((Object.keys(EXPECTED) as ServedMethod[]).map((method) => [method] as const))(
    '%s is for those alone whom the table names',
    async (method) => {
      const outcomes = await Promise.all(WHO.map((who) => outcomeOf(method, who)))
      expect(Object.fromEntries(WHO.map((who, index) => [who, outcomes[index]]))).toEqual(
        Object.fromEntries(WHO.map((who, index) => [who, EXPECTED[method][index]])),
      )
    },
  )

  it('#10 nothing was looked up for a stranger', () => {
    expect(server.resolved).not.toContain(callers.stranger.did)
  })

  it('#14 a suspended member is refused with 403, but for what is her own', async () => {
    expect(await outcomeOf('listWorkloads', 'suspended')).toBe(NO)
    expect(await outcomeOf('stopWorkload', 'suspended')).toBe(NO)
    expect(await outcomeOf('stopWorkload', 'suspended about her own')).toBe(YES)
  })
})
