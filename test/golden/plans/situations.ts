import { COLLECTION } from '../../../src/model/nsid.ts'
import { placementKey } from '../../../src/model/placement-key.ts'
import { recordKeyFor } from '../../../src/model/record-key.ts'
import { workloadUri } from '../../../src/model/workload-uri.ts'
import type { Did, MeshletStatusRecord, WorkloadRecord } from '../../../src/model/records.ts'
import { forecastPlan } from '../../../src/sync/forecast-plan.ts'
import { planSync, type PlanSyncInput } from '../../../src/sync/plan-sync.ts'
import type { Outcome } from '../../../src/sync/plan-data.ts'
import {
  desired,
  DIGEST_1,
  DIGEST_2,
  existing,
  OWNER,
  planInput,
  SET,
} from '../../../src/sync/sync-fixtures.ts'
import type { SyncPlan } from '../../../src/sync/sync-plan.ts'
import { did, MemoryView } from '../../support/memory-view.ts'

interface Situation {
  readonly plan: SyncPlan
  readonly outcome?: Outcome
}

function planned(changes: Partial<PlanSyncInput>): Situation {
  return { plan: planSync(planInput(changes)) }
}

const BOB = did('bob')

/** Alice with two machines, and Bob with two that accept her work. */
function commune(): MemoryView {
  const view = new MemoryView().read(OWNER).read(BOB)
  view.own(OWNER, did('box'), [OWNER, BOB]).own(OWNER, did('pi'), [OWNER, BOB])
  view.own(BOB, did('tower'), [OWNER, BOB]).own(BOB, did('shelf'), [OWNER, BOB])
  status(view, 'box', { available: { cpuMilli: 3500, memoryBytes: 6_442_450_944 } })
  status(view, 'pi', {
    available: { cpuMilli: 900, memoryBytes: 536_870_912 },
    labels: [{ name: 'arch', value: 'arm64' }],
  })
  status(view, 'tower', { available: { cpuMilli: 2000, memoryBytes: 4_294_967_296 } })
  status(view, 'shelf', { state: 'cordoned', stateReason: 'its disk is changed' })
  return view
}

function status(view: MemoryView, name: string, changes: Partial<MeshletStatusRecord>): void {
  view.put(did(name), COLLECTION.meshletStatus, 'self', {
    epoch: 1,
    state: 'active',
    capacity: { cpuMilli: 4000, memoryBytes: 8_589_934_592 },
    labels: [{ name: 'arch', value: 'amd64' }],
    ...changes,
  })
}

function bid(view: MemoryView, machine: string, record: WorkloadRecord, slots: number): void {
  const uri = workloadUri(OWNER, record.name)
  const key = placementKey(OWNER, record)
  const offer = { workload: uri, placementKey: key, round: 0, epoch: 1, slots, score: 500 }
  view.put(did(machine), COLLECTION.bid, recordKeyFor(uri), offer)
}

/** The same plan, after a look at the commune; the machines named have bid for what is there. */
function foreseen(
  changes: Partial<PlanSyncInput>,
  bidders: Readonly<Record<string, readonly string[]>> = {},
  view: MemoryView = commune(),
): Situation {
  const input = planInput(changes)
  for (const { name, record } of input.existing) {
    for (const machine of bidders[name] ?? []) if (record) bid(view, machine, record, 1)
  }
  const nameOf = (machine: Did) => machine.replace('did:plc:', '')
  const downAmong = () => new Set([did('nobody')])
  return {
    plan: forecastPlan(planSync(input), {
      view,
      nameOf,
      downAmong,
      shareOf: () => undefined,
      existing: input.existing,
    }),
  }
}

const { replicas: _, ...uncounted } = desired('everywhere').record
const EVERYWHERE = { ...desired('everywhere'), record: { ...uncounted, everywhere: true } }
const { set: _nobody, ...NOBODYS } = existing('nobodys')

const DATA = { volumes: [{ name: 'data', path: '/data', sizeBytes: 1_073_741_824 }] }

/** One situation for each thing that a plan can say; the files beside show how it says it. */
export const PLANS: Readonly<Record<string, Situation>> = {
  'nothing-to-do': planned({
    desired: [desired('api'), desired('web')],
    existing: [existing('api'), existing('web')],
  }),
  'first-sync': planned({
    desired: [desired('api'), EVERYWHERE, desired('later', { replicas: 0 })],
  }),
  'every-consequence': planned({
    desired: [
      desired('image', { image: `registry.example/app:2@${DIGEST_2}` }),
      desired('in-place', { priority: 3, stopGracePeriodMs: 5000 }),
      desired('moves', {
        resources: { cpuMilli: 250, memoryBytes: 134_217_728 },
        constraints: ['arch=arm64'],
        replicas: 3,
      }),
      desired('scales', { replicas: 5 }),
      desired('starts'),
      desired('stops', { replicas: 0 }),
    ],
    existing: [
      existing('image'),
      existing('in-place'),
      existing('moves'),
      existing('scales'),
      existing('starts', { replicas: 0 }),
      existing('stops'),
    ],
  }),
  'fields-of-every-kind': planned({
    desired: [
      desired('app', {
        command: ['/bin/app', '--verbose'],
        env: [
          { name: 'API_TOKEN', value: 'new-token' },
          { name: 'DB_PASSWORD', value: 'first' },
          { name: 'GREETING', value: 'hi\u001B[2J' },
        ],
        healthcheck: { http: { port: 8080, path: '/healthy' }, intervalMs: 5000 },
        ports: [{ container: 8080, name: 'http' }],
      }),
    ],
    existing: [
      existing('app', {
        command: ['/bin/app'],
        env: [
          { name: 'API_TOKEN', value: 'old-token' },
          { name: 'OLD_SECRET', value: 'gone' },
          { name: 'PLAIN', value: '1' },
        ],
        ports: [{ container: 80, name: 'http' }],
      }),
    ],
  }),
  removals: planned({
    desired: [desired('stays')],
    existing: [
      existing('database', DATA),
      existing('gone', { env: [{ name: 'A', value: '1' }] }),
      existing('safe', { protect: true, user: '7' }),
      existing('stays'),
    ],
    prune: true,
  }),
  'kept-without-prune': planned({
    desired: [desired('stays')],
    existing: [existing('gone', { user: '7' }), existing('stays')],
  }),
  'from-another-repository': planned({
    desired: [desired('mine'), desired('too')],
    existing: [
      existing('mine'),
      existing('too'),
      existing('theirs', { source: { set: SET, repo: 'example.org/bob/app', path: 'a.yaml' } }),
    ],
    prune: true,
  }),
  renames: planned({
    desired: [desired('journal', DATA), desired('web', { user: '7' })],
    existing: [existing('diary', DATA), existing('site', { user: '7' })],
    prune: true,
  }),
  'rename-without-prune': planned({
    desired: [desired('web')],
    existing: [existing('site')],
  }),
  'broken-folder': planned({
    desired: [desired('good'), desired('tag', { image: 'registry.example/app:nope' })],
    existing: [existing('gone')],
    broken: [{ file: 'bad.yaml', line: 3, message: 'replica: unknown key "replica"' }],
    lookups: new Map([
      ['registry.example/app:nope', { kind: 'failed', message: 'no such tag', hint: 'check it' }],
    ]),
    prune: true,
  }),
  'two-sets': planned({
    desired: [desired('nobodys'), desired('shared')],
    existing: [NOBODYS, existing('shared', {}, 'bob/other')],
  }),
  'taken-over': planned({
    desired: [desired('shared')],
    existing: [existing('shared', {}, 'bob/other')],
    adopt: true,
  }),
  'invalid-record': planned({
    desired: [desired('hello')],
    existing: [{ name: 'hello', cid: 'cid-of-hello', set: SET }],
  }),
  'no-machine-yet': foreseen({ desired: [desired('hello')] }, {}, new MemoryView().read(OWNER)),
  'where-it-would-run': foreseen(
    {
      desired: [
        desired('anew', { resources: { cpuMilli: 500, memoryBytes: 1_073_741_824 } }),
        EVERYWHERE,
        desired('large', { resources: { cpuMilli: 3000, memoryBytes: 67_108_864 }, replicas: 3 }),
        desired('needs-more', { security: 'baseline', replicas: 2 }),
        desired('nowhere', { constraints: ['gpu'] }),
        desired('on-arm', { constraints: ['arch=arm64'], replicas: 1 }),
        desired('rolls', { user: '7' }),
        desired('scales', { replicas: 3 }),
        desired('stops', { replicas: 0 }),
      ],
      existing: [
        existing('anew'),
        existing('gone', { user: '9' }),
        existing('rolls'),
        existing('scales'),
        existing('stops'),
      ],
      prune: true,
    },
    {
      anew: ['box', 'tower'],
      gone: ['box', 'pi'],
      rolls: ['box', 'tower'],
      scales: ['box', 'tower'],
      stops: ['tower', 'pi'],
    },
  ),
  done: {
    ...planned({
      desired: [desired('new', { image: `registry.example/app:1@${DIGEST_1}` }), desired('same')],
      existing: [existing('gone', { user: '7' }), existing('same')],
      prune: true,
    }),
    outcome: {
      rev: '3mexampleaaaa',
      written: ['gone', 'new'],
      revisions: { new: 'cid-of-new', same: 'cid-of-same' },
    },
  },
}
