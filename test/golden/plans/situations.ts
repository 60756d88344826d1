import { planSync, type PlanSyncInput } from '../../../src/sync/plan-sync.ts'
import type { Outcome } from '../../../src/sync/plan-data.ts'
import {
  desired,
  DIGEST_1,
  DIGEST_2,
  existing,
  planInput,
  SET,
} from '../../../src/sync/sync-fixtures.ts'
import type { SyncPlan } from '../../../src/sync/sync-plan.ts'

interface Situation {
  readonly plan: SyncPlan
  readonly outcome?: Outcome
}

function planned(changes: Partial<PlanSyncInput>): Situation {
  return { plan: planSync(planInput(changes)) }
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
