import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openSession, type Session } from '../../src/atproto/session.ts'
import { startTestNetwork, type TestNetwork } from '../../src/dev/test-network.ts'
import { COLLECTION, type Collection } from '../../src/model/nsid.ts'
import { recordKeyFor } from '../../src/model/record-key.ts'
import { workloadUri } from '../../src/model/workload-uri.ts'
import { accountEnv, runCli, type CliOptions, type CliResult } from './run-cli.ts'

/** A meshlet that only writes records: all that the commands look at. */
let network: TestNetwork
let meshlet: Session
let stranger: Session
let folder: string

const TIME = '2026-11-21T09:00:00.000Z'

beforeAll(async () => {
  network = await startTestNetwork(['alice', 'bobby'])
  meshlet = await sessionOf('alice-mesh')
  stranger = await sessionOf('bobby-mesh')
  folder = mkdtempSync(join(tmpdir(), 'commune-placement-'))
  writeFileSync(
    join(folder, 'hello.yaml'),
    `kind: Workload\nname: hello\nreplicas: 1\nimage: registry.example/app:1@sha256:${'1'.repeat(64)}\n`,
  )
  await put(meshlet, COLLECTION.meshletOwner, 'self', { ownerDid: network.account('alice').did })
  await put(stranger, COLLECTION.meshletOwner, 'self', { ownerDid: network.account('bobby').did })
  await put(meshlet, COLLECTION.cluster, 'default', { members: [network.account('bobby').did] })
  await put(meshlet, COLLECTION.meshletStatus, 'self', {
    epoch: 1,
    state: 'active',
    capacity: { cpuMilli: 2000, memoryBytes: 2 ** 31 },
    available: { cpuMilli: 1500, memoryBytes: 2 ** 30 },
    labels: [{ name: 'arch', value: 'amd64' }],
    softwareVersion: '0.1.0',
  })
})
afterAll(async () => {
  await network[Symbol.asyncDispose]()
  rmSync(folder, { recursive: true, force: true })
})

async function sessionOf(name: string): Promise<Session> {
  const { did, password } = network.account(name)
  return openSession({ service: network.pdsUrl, identifier: did, password })
}

async function put(session: Session, collection: Collection, rkey: string, value: object) {
  const record = { $type: collection, createdAt: TIME, ...value }
  await session.writer.apply([{ action: 'put', collection, rkey, value: record }])
}

function commune(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(args, {
    ...options,
    env: accountEnv(network, 'alice', folder),
  })
}

interface Published {
  readonly cid: string
  readonly specHash: string
  readonly placementKey: string
}

async function published(): Promise<Published> {
  const { out } = await commune(['get', 'workloads', 'hello', '-o', 'json'])
  return (JSON.parse(out) as Published[])[0] as Published
}

const uri = () => workloadUri(network.account('alice').did, 'hello')

async function bid(changes: object): Promise<void> {
  const { placementKey } = await published()
  await put(meshlet, COLLECTION.bid, recordKeyFor(uri()), {
    workload: uri(),
    placementKey,
    round: 0,
    epoch: 1,
    slots: 1,
    score: 42,
    scoreParts: [{ name: 'room', value: 42 }],
    ...changes,
  })
}

async function report(phase: string, changes: object = {}): Promise<void> {
  const { cid, specHash, placementKey } = await published()
  await put(meshlet, COLLECTION.workloadStatus, recordKeyFor(uri()), {
    workload: uri(),
    phase,
    observedRevision: cid,
    specHash,
    placementKey,
    replicas: [{ index: 0, phase, specHash, revision: cid, restarts: 0, ...changes }],
  })
}

it('links a machine, and says of everybody why they work together or not', async () => {
  const { did } = network.account('alice-mesh')
  const before = await commune(['get', 'members'])
  expect(before.out).toContain('no meshlet record yet')
  const added = await commune(['meshlet', 'add', did, '--name', 'box'])
  expect(added).toMatchObject({ code: 0 })
  expect(await commune(['meshlet', 'add', did, '--name', 'box'])).toMatchObject({ code: 0 })
  const taken = await commune([
    'meshlet',
    'add',
    network.account('bobby-mesh').did,
    '--name',
    'box',
  ])
  expect(taken).toMatchObject({ code: 1 })
  const members = await commune(['get', 'members'])
  expect(members.out).toMatch(/alice\.test +alice\.test\/box +yes +good +your own/)
  expect(members.out).toMatch(/bobby\.test +- +no +good +the owner has no meshlet record yet/)
  const meshlets = await commune(['get', 'meshlets', '-o', 'wide'])
  expect(meshlets.out).toMatch(/alice\.test\/box +active +yes +1500m of 2 +1Gi of 2Gi/)
  expect(meshlets.out).toContain('arch=amd64')
})

it('shows and explains a placement, and waits for exactly this revision', async () => {
  expect(await commune(['sync', folder, '--set', 'test'])).toMatchObject({ code: 0 })
  expect((await commune(['get', 'workloads'])).out).toContain('waiting for bids')
  await bid({})
  expect((await commune(['get', 'bids'])).out).toMatch(/hello +box +won +1 +42 /)
  const explained = await commune(['explain', 'hello'])
  expect(explained.out).toContain('room 42')
  expect(explained.out).toContain('alice.test/box runs 1 replica')

  await report('starting')
  // The container becomes healthy while the command waits: its first word about it triggers that.
  let reported: Promise<void> | undefined
  const waited = await commune(['sync', folder, '--set', 'test', '--wait', '--timeout', '30s'], {
    onNote: (text) => {
      if (text.includes('0/1')) reported ??= report('running', { health: 'healthy' })
    },
  })
  await reported
  expect(waited).toMatchObject({ code: 0 })
  expect(waited.err).toContain('hello: 1/1 running')
  expect((await commune(['get', 'workloads'])).out).toMatch(/hello +1\/1 +running/)
  const events = await commune(['events', 'hello'])
  expect(events.out).toMatch(/alice\.test +published +- +first published; now registry/)
  expect(events.out).toMatch(/box +offered +- +offers 1 in round 0 with a score of 42/)
  expect(events.out).toMatch(/box +status +- +running, 1 of 1 running/)
  expect(events.err).toContain('alice.test/box publishes no address')
  const later = await commune(['events', 'hello', '--since', '1s', '-o', 'json'])
  expect(JSON.parse(later.out)).toEqual([])
  const verified = await commune(['verify', '--grace', '0s'])
  expect(verified).toMatchObject({ code: 0 })
  expect(verified.out).toContain('hello: what runs is what the records say')
})

it('fails fast on a crash loop, with 4', async () => {
  await report('crash-loop', { exitCode: 3, lastError: 'no configuration' })
  const result = await commune(['sync', folder, '--set', 'test', '--wait'])
  expect(result.code).toBe(4)
  expect(result.err).toContain('exit code 3: no configuration')
  const verified = await commune(['verify', 'hello', '--grace', '0s'])
  expect(verified.code).toBe(1)
  expect(verified.out).toMatch(/alice\.test\/box was chosen for 1, runs 0 and says crash-loop/)
  expect(verified.out).toContain(`at://${network.account('alice-mesh').did}/`)
  expect((await commune(['verify', 'hello', '-o', 'name', '--grace', '1h'])).code).toBe(0)
  expect((await commune(['verify', 'nothing'])).code).toBe(2)
})

it('says with 3 that everybody passed, and why', async () => {
  await bid({ slots: 0, score: 0, reason: 'no-memory', message: 'needs 4Gi, 1Gi is free' })
  await report('stopped')
  const result = await commune(['sync', folder, '--set', 'test', '--wait'])
  expect(result.code).toBe(3)
  expect(result.err).toContain('alice.test/box: needs 4Gi, 1Gi is free')
  const explained = await commune(['explain', 'hello'])
  expect(explained.out).toMatch(/passed +needs 4Gi/)
  expect(explained.out).toContain(
    'nobody offers to run 1 of them:\n    alice.test/box: needs 4Gi, 1Gi is free\n',
  )
})

it('stops waiting after the time-out with 5, or when interrupted with 130', async () => {
  await bid({})
  await report('starting')
  const late = await commune(['sync', folder, '--set', 'test', '--wait', '--timeout', '1ms'])
  expect(late.code).toBe(5)
  expect(late.err).toContain('late hello: 0/1 running')

  const stop = new AbortController()
  const interrupted = await commune(['sync', folder, '--set', 'test', '--wait'], {
    signal: stop.signal,
    onNote: (text) => {
      if (text.includes('0/1')) stop.abort()
    },
  })
  expect(interrupted.code).toBe(130)
  expect(interrupted.err).toContain('the machines go on')
})

it('reads anybody’s records without a password', async () => {
  const owner = network.account('alice').did
  const env = { COMMUNE_PLC_URL: network.plcUrl, XDG_CONFIG_HOME: folder }
  const result = await runCli(['explain', 'hello', '--owner', owner, '-o', 'json'], { env })
  expect(result.code).toBe(0)
  expect(JSON.parse(result.out)).toMatchObject({
    name: 'hello',
    missing: 0,
    chosen: [{ slots: 1 }],
  })
})

it('opens the bidding anew, and nothing but that', async () => {
  await bid({})
  await report('running')
  const before = await published()
  const dry = await commune(['rebalance', 'hello', '--dry-run'])
  expect(dry).toMatchObject({ code: 0 })
  expect(dry.out).toBe('hello: would open the bidding anew; it runs on alice.test/box\n')
  expect(await published()).toEqual(before)

  const done = await commune(['rebalance', 'hello', '-o', 'json'])
  expect(done).toMatchObject({ code: 0 })
  const after = await published()
  const meshletDid = network.account('alice-mesh').did
  expect(JSON.parse(done.out)).toEqual([
    {
      name: 'hello',
      revision: after.cid,
      before: [{ meshlet: meshletDid, name: 'alice.test/box', replicas: 1 }],
    },
  ])
  expect(after.specHash).toBe(before.specHash)
  expect(after.placementKey).not.toBe(before.placementKey)
  const [fields] = before.placementKey.split('.')
  expect(after.placementKey.split('.')[0]).toBe(fields)
  expect(await commune(['diff', folder, '--set', 'test'])).toMatchObject({ code: 0 })
  expect(await commune(['rebalance', 'helo'])).toMatchObject({
    code: 1,
    err: expect.stringContaining('Did you mean hello?') as string,
  })
})

it('says why a machine can’t be told what to do', async () => {
  const stranger = await commune(['cordon', 'bobs-box'])
  expect(stranger).toMatchObject({ code: 1 })
  expect(stranger.err).toContain('You have no machine "bobs-box".')
  const silent = await commune(['drain', 'box', '--shutdown'])
  expect(silent).toMatchObject({ code: 1 })
  expect(silent.err).toContain('alice.test/box publishes no address to be called at.')
  expect(silent.err).toContain('behind NAT')
  expect(await commune(['drain', 'box', '--timeout', 'soon'])).toMatchObject({ code: 2 })
})

it('tells a machine that can’t be called by the owner’s record', async () => {
  const told = await commune(['cordon', 'box', '--reason', 'a new disk'])
  expect(told).toMatchObject({ code: 0 })
  expect(told.out).toContain('alice.test/box is told by record to be cordoned')
  expect(told.err).toContain('publishes no address to be called at. It is told by your record')
  const drained = await commune(['drain', 'box', '--timeout', '2m', '-o', 'json'])
  expect(JSON.parse(drained.out)).toMatchObject({ state: 'told by record to be draining' })
  expect(await commune(['uncordon', 'box'])).toMatchObject({ code: 0 })
})

it('unlinks a machine', async () => {
  expect(await commune(['meshlet', 'remove', 'box'])).toMatchObject({ code: 0 })
  expect(await commune(['meshlet', 'remove', 'box'])).toMatchObject({ code: 1 })
  const explained = await commune(['explain', 'hello'])
  expect(explained.out).toContain('no machine of yours')
})
