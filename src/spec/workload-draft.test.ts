import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { main } from '../lexicons/commune/scheduler/workload.defs.ts'
import { parseDocuments } from './parse-documents.ts'
import { toWorkloadDraft } from './workload-draft.ts'

const EVERYTHING = `
kind: Workload
name: everything
image: ghcr.io/owner/app:1.2
imagePolicy: follow
replicas: 3
resources: { cpu: 1.5, memory: 64Mi, storage: 1e9 }
entrypoint: [/sbin/tini]
command: [--, app]
env: { B: 1, A: x }
user: 1000
workingDir: /app
tmpfs: [/tmp]
readOnly: true
security: baseline
runtime: gvisor
capAdd: [CHOWN]
egress: internet
secrets: [{ name: db, file: /run/secrets/db }]
ports: [{ container: 8080, name: http, protocol: tcp }]
volumes: [{ name: data, path: /data, size: 1Gi, onLoss: empty }]
healthcheck: { http: { port: 8080, path: / }, interval: 5s, timeout: 250ms, startPeriod: 1m, retries: 3 }
liveness: { tcp: { port: 8080 }, interval: 20s }
restart: { policy: always, backoff: { initial: 1s, max: 5m } }
update:
  maxUnavailable: 1
  maxSurge: 2
  order: start-first
  healthyAfter: 10s
  deadline: 5m
  onFailure: halt
  before: { image: "a:1", entrypoint: [a], command: [b], timeout: 10m }
constraints: ["arch=amd64", "!gpu"]
spread: owner
clusters: [friends]
placement: { bidWindow: 5s, onPartition: stop, atMostOne: false }
priority: -5
stopGracePeriod: 1.5s
stopSignal: SIGINT
protect: true
`

function recordOf(text: string) {
  const { workloads, issues } = parseDocuments(text, 'a.yaml')
  expect(issues).toEqual([])
  const [workload] = workloads
  if (workload === undefined) throw new Error('no workload')
  return workload.record
}

it('carries everything over, in the units of the records', () => {
  expect(recordOf(EVERYTHING)).toEqual({
    $type: 'commune.scheduler.workload',
    kind: 'Workload',
    name: 'everything',
    image: 'ghcr.io/owner/app:1.2',
    imagePolicy: 'follow',
    replicas: 3,
    resources: { cpuMilli: 1500, memoryBytes: 67_108_864, storageBytes: 1_000_000_000 },
    entrypoint: ['/sbin/tini'],
    command: ['--', 'app'],
    env: [
      { name: 'A', value: 'x' },
      { name: 'B', value: '1' },
    ],
    user: '1000',
    workingDir: '/app',
    tmpfs: ['/tmp'],
    readOnly: true,
    security: 'baseline',
    runtime: 'gvisor',
    capAdd: ['CHOWN'],
    egress: 'internet',
    secrets: [{ name: 'db', file: '/run/secrets/db' }],
    ports: [{ container: 8080, name: 'http', protocol: 'tcp' }],
    volumes: [{ name: 'data', path: '/data', sizeBytes: 1_073_741_824, onLoss: 'empty' }],
    liveness: { tcp: { port: 8080 }, intervalMs: 20_000 },
    healthcheck: {
      http: { port: 8080, path: '/' },
      intervalMs: 5000,
      timeoutMs: 250,
      startPeriodMs: 60_000,
      retries: 3,
    },
    restart: { policy: 'always', backoffInitialMs: 1000, backoffMaxMs: 300_000 },
    update: {
      maxUnavailable: 1,
      maxSurge: 2,
      order: 'start-first',
      healthyAfterMs: 10_000,
      deadlineMs: 300_000,
      onFailure: 'halt',
      before: { image: 'a:1', entrypoint: ['a'], command: ['b'], timeoutMs: 600_000 },
    },
    constraints: ['arch=amd64', '!gpu'],
    spread: 'owner',
    clusters: ['friends'],
    placement: { bidWindowMs: 5000, onPartition: 'stop', atMostOne: false },
    priority: -5,
    stopGracePeriodMs: 1500,
    stopSignal: 'SIGINT',
    protect: true,
  })
})

it('makes records that the lexicon accepts', () => {
  const record = { ...recordOf(EVERYTHING), createdAt: '2026-01-01T00:00:00Z' }
  expect(main.safeValidate(record)).toMatchObject({ success: true })
})

it('leaves out what the file leaves out', () => {
  const record = recordOf('kind: Job\nname: a\nimage: b\nreplicas: everywhere\nschedule: "@daily"')
  expect(record).toEqual({
    $type: 'commune.scheduler.workload',
    kind: 'Job',
    name: 'a',
    image: 'b',
    everywhere: true,
    schedule: '@daily',
  })
})

it('knows every field of the record that a file decides', async () => {
  const lexicon = JSON.parse(
    await readFile('lexicons/commune/scheduler/workload.json', 'utf8'),
  ) as {
    defs: { main: { record: { properties: object } } }
  }
  const others = ['createdAt', 'source', 'placementNonce', 'previous', 'rollout']
  const fields = Object.keys(lexicon.defs.main.record.properties).filter(
    (field) => !others.includes(field),
  )
  const records = [
    EVERYTHING,
    'kind: Job\nname: a\nimage: b\nreplicas: everywhere\nschedule: "@daily"',
  ]
  const written = new Set(records.map(recordOf).flatMap((record) => Object.keys(record)))
  expect([...written].filter((field) => field !== '$type').toSorted()).toEqual(fields.toSorted())
})

it('is only for documents that have been checked', () => {
  const document = { kind: 'Workload', name: 'a', image: 'b', stopGracePeriod: 'long' } as const
  expect(() => toWorkloadDraft(document)).toThrow('had not been checked')
})
