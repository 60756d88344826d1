import { describe, expect, it } from 'vitest'
import { faults, firstIssue, HEAD, summaries } from '../../test/support/workload-faults.ts'
import { parseDocuments } from './parse-documents.ts'

describe('keys', () => {
  it.each([
    ['imge: x', 'imge', 'image'],
    ['stop_grace_period: 5s', 'stop_grace_period', 'stopGracePeriod'],
    ['restart: { polcy: no }', 'restart.polcy', 'policy'],
    ['ports: [{ container: 8080, nmae: a }]', 'ports[0].nmae', 'name'],
    ['memory: 64Mi', 'memory', 'resources.memory'],
    ['environment: { A: b }', 'environment', 'env'],
    [
      'healthcheck: { tcp: { port: 1 }, start_period: 1s }',
      'healthcheck.start_period',
      'startPeriod',
    ],
    ['ports: [{ container: 8080, containerPort: 1 }]', 'ports[0].containerPort', 'container'],
  ])('%s', (lines, path, suggestion) => {
    expect(firstIssue(HEAD + lines)).toMatchObject({ path, suggestion, severity: 'error', line: 4 })
  })

  it('lists what is known when nothing is near', () => {
    const issue = firstIssue(`${HEAD}update: { zzzzzz: 1 }`)
    expect(issue.expected).toContain('maxUnavailable')
    expect(issue.suggestion).toBeUndefined()
    expect(issue.column).toBe(11)
  })

  it('misses what is required', () => {
    expect(summaries('kind: Workload')).toEqual([
      '1:1 : the key image is missing',
      '1:1 : the key name is missing',
    ])
    expect(faults('volumes:\n  - name: a')).toEqual(['2:5 volumes[0]: the key path is missing'])
    expect(faults('healthcheck: { http: { path: / } }')).toEqual([
      '1:16 healthcheck.http: the key port is missing',
    ])
  })
})

describe('kinds', () => {
  it.each([
    ['Worklod', 'found the text "Worklod"', 'Workload'],
    ['job', 'found the text "job"', 'Job'],
    ['Deployment', 'unknown kind "Deployment"', 'Workload'],
    ['CronJob', 'unknown kind "CronJob"', 'Job, with a schedule'],
    ['Secrt', 'unknown kind "Secrt"', 'Secret'],
    ['Secret', 'kind Secret is not supported by this version', undefined],
    ['Clustr', 'unknown kind "Clustr"', 'Cluster'],
    ['Zebra', 'unknown kind "Zebra"', undefined],
  ])('%s', (kind, message, suggestion) => {
    const text = `kind: ${kind}\nname: a\nimage: b\n`
    expect(parseDocuments(text, 'a').issues).toHaveLength(1)
    expect(firstIssue(text)).toMatchObject({
      path: 'kind',
      message,
      expected: expect.stringMatching(/^Workload or Job$|^Workload, Job or Cluster$/),
    })
    expect(firstIssue(text).suggestion).toBe(suggestion)
  })
})

describe('values', () => {
  it.each<[string, string]>([
    ['replicas: 1001', '1:11 replicas: found the number 1001'],
    ['replicas: -1', '1:11 replicas: found the number -1'],
    ['replicas: 1.5', '1:11 replicas: found the number 1.5'],
    ['replicas: every', '1:11 replicas: found the text "every"'],
    ['command: ls', '1:10 command: found the text "ls"'],
    ['command: [sleep, 5]', '1:18 command[1]: found the number 5'],
    ['env: [A=b]', '1:6 env: found a list'],
    ['env: { A: true }', '1:11 env.A: found true'],
    ['env: { A: }', '1:8 env.A: has no value'],
    ['env: { "A B": x }', '1:8 env.A B: "A B" is not the name of a variable'],
    [
      'env: { COMMUNE_REPLICA: x }',
      '1:8 env.COMMUNE_REPLICA: names that begin with COMMUNE_ are set by the meshlet',
    ],
    ['env:', '1:1 env: has no value'],
    ['resources: { cpu: 0 }', '1:19 resources.cpu: found the number 0, which is too little'],
    ['resources: { cpu: 2000 }', '1:19 resources.cpu: found the number 2000, which is too much'],
    ['resources: { cpu: -1 }', '1:19 resources.cpu: found the number -1'],
    [
      'resources: { memory: 5Mi }',
      '1:22 resources.memory: found the text "5Mi", which is too little',
    ],
    [
      'resources: { memory: 64 }',
      '1:22 resources.memory: found the number 64, which is too little',
    ],
    ['resources: { memory: 100Pi }', '1:22 resources.memory: found the text "100Pi"'],
    [
      'resources: { memory: 65Ti }',
      '1:22 resources.memory: found the text "65Ti", which is too much',
    ],
    ['resources: { memory: 64MB }', '1:22 resources.memory: found the text "64MB"'],
    [
      'healthcheck: { tcp: { port: 1 }, interval: 5 }',
      '1:44 healthcheck.interval: found the number 5',
    ],
    ['healthcheck: {}', '1:1 healthcheck: found none of them'],
    [
      'healthcheck: { tcp: { port: 1 }, http: { port: 2 } }',
      '1:1 healthcheck: found the keys "tcp", "http"',
    ],
    ['healthcheck: { exec: { command: [] } }', '1:33 healthcheck.exec.command: the list is empty'],
    [
      'healthcheck: { http: { port: 1, path: x } }',
      '1:39 healthcheck.http.path: found the text "x"',
    ],
    ['healthcheck: { tcp: { port: 65536 } }', '1:29 healthcheck.tcp.port: found the number 65536'],
    ['stopGracePeriod: 25h', '1:18 stopGracePeriod: found the text "25h", which is too much'],
    ['stopSignal: SIGBAD', '1:13 stopSignal: found the text "SIGBAD"'],
    [
      'placement: { bidWindow: 61s }',
      '1:25 placement.bidWindow: found the text "61s", which is too much',
    ],
    [
      'placement: { bidWindow: 0s }',
      '1:25 placement.bidWindow: found the text "0s", which is too little',
    ],
    ['placement: { onPartition: stay }', '1:27 placement.onPartition: found the text "stay"'],
    ['replicas: 2\nplacement: { atMostOne: true }', '1:11 replicas: placement.atMostOne is true'],
    [
      'replicas: everywhere\nplacement: { atMostOne: true }',
      '1:11 replicas: placement.atMostOne is true',
    ],
    [
      'placement: { atMostOne: true }\nupdate: { maxSurge: 1 }',
      '2:21 update.maxSurge: placement.atMostOne is true, so the old one stops first',
    ],
    [
      'update: { maxUnavailable: 0, maxSurge: 0 }',
      '1:40 update.maxSurge: no replica could ever be replaced',
    ],
    [
      'update: { maxUnavailable: 0, order: stop-first }',
      '1:27 update.maxUnavailable: nothing may stop first',
    ],
    ['update: { healthyAfter: 2m, deadline: 1m }', '1:39 update.deadline: found the text "1m"'],
    ['update: { before: { image: A } }', '1:28 update.before.image: "A" is not an image'],
    ['restart: { policy: sometimes }', '1:20 restart.policy: found the text "sometimes"'],
    [
      'restart: { policy: no }\nliveness: { tcp: { port: 1 } }',
      '1:20 restart.policy: liveness starts containers again',
    ],
    ['liveness: { http: { port: 80, path: up } }', '1:37 liveness.http.path: found the text "up"'],
    [
      'liveness: { tcp: { port: 1 }, interval: 0s }',
      '1:41 liveness.interval: found the text "0s", which is too little',
    ],
    [
      'restart: { backoff: { initial: 5m, max: 1s } }',
      '1:41 restart.backoff.max: found the text "1s"',
    ],
    ['schedule: "* * * * *"', '1:1 schedule: only a Job has a schedule'],
    ['constraints: ["x > 1"]', '1:15 constraints[0]: "x > 1" is not a label selector'],
    ['constraints: [" "]', '1:15 constraints[0]: " " is not a label selector'],
    ['spread: -x', '1:9 spread: found "-x"'],
    ['clusters: [Friends]', '1:12 clusters[0]: "Friends" is not a name'],
    ['clusters: [a, a]', '1:15 clusters[1]: the cluster a stands twice'],
    ['user: root', '1:7 user: found "root"'],
    ['user: 1000:1000:1', '1:7 user: found "1000:1000:1"'],
    ['user: -1', '1:7 user: found "-1"'],
    ['user: 4294967295', '1:7 user: found "4294967295"'],
    ['workingDir: app', '1:13 workingDir: found the text "app"'],
    ['tmpfs: [tmp]', '1:9 tmpfs[0]: found the text "tmp"'],
    ['tmpfs: ["/tmp", "/tmp:size=1m"]', '1:17 tmpfs[1]: something is already mounted at "/tmp"'],
    ['tmpfs: ["/"]', '1:9 tmpfs[0]: found the text "/"'],
    ['tmpfs: ["/proc/sys"]', '1:9 tmpfs[0]: nothing can be mounted at "/proc/sys"'],
    ['volumes: [{ name: a, path: data }]', '1:28 volumes[0].path: found the text "data"'],
    ['volumes: [{ name: a, path: /a, size: -1 }]', '1:38 volumes[0].size: found the number -1'],
    [
      'volumes: [{ name: a, path: /a }, { name: a, path: /b }]',
      '1:42 volumes[1].name: the volume a stands twice',
    ],
    [
      'volumes: [{ name: a, path: /a }, { name: b, path: /a/ }]',
      '1:51 volumes[1].path: something is already mounted at "/a/"',
    ],
    ['secrets: [{ name: a, file: a }]', '1:28 secrets[0].file: found the text "a"'],
    [
      'ports: [{ container: 8080 }, { container: 8080 }]',
      '1:43 ports[1].container: the port 8080/tcp stands twice',
    ],
    [
      'ports: [{ container: 1025, name: a }, { container: 1026, name: a }]',
      '1:64 ports[1].name: the port name a stands twice',
    ],
    ['ports: [{ container: 0 }]', '1:22 ports[0].container: found the number 0'],
    ['ports: ["8080:80"]', '1:9 ports[0]: found the text "8080:80"'],
    ['ports: [{ container: 80 }]', '1:22 warning ports[0].container: port 80 may need a privilege'],
  ])('%s', (lines, expected) => {
    expect(faults(lines)).toEqual([expected])
  })

  it.each([
    'ports: [{ container: 5353 }, { container: 5353, protocol: udp }]',
    'update: { maxUnavailable: 0, maxSurge: 1, order: start-first }',
    'replicas: everywhere',
    'replicas: 0',
    'user: 1000',
    'user: "1000:1000"',
    'resources: { cpu: 0.1, memory: 6291456, storage: 1e9 }',
    'tmpfs: ["/tmp:size=16m,mode=1777", /run]',
    'healthcheck: { http: { port: 8080 }, startPeriod: 0s }',
    'spread: example.org/rack',
    'schedule: "@daily"\nkind: Job',
  ])('takes %s', (lines) => {
    const text = lines.includes('kind: Job')
      ? HEAD.replace('Workload', 'Job') + lines.slice(0, -10)
      : HEAD + lines
    expect(parseDocuments(text, 'a').issues).toEqual([])
  })

  it.each([
    ['resources: { memory: 64m }', '64Mi'],
    ['resources: { memory: 64 }', '64Mi'],
    ['resources: { memory: 64MB }', '64Mi'],
    ['resources: { memory: 1.5gb }', '1.5Gi'],
    ['stopGracePeriod: 30', '30s'],
    ['command: echo hi', '["/bin/sh", "-c", "echo hi"]'],
    ['command: [sleep, 5]', '"5" in quotes'],
    ['ports: ["127.0.0.1:8080:80/udp"]', '{ container: 80, protocol: udp }'],
    ['volumes: ["data:/data"]', '{ name: data, path: /data }'],
    ['capAdd: [CAP_CHOWN]\nsecurity: baseline', 'CHOWN'],
    ['stopSignal: TERM', 'SIGTERM'],
    ['restart: { policy: on-failur }', 'on-failure'],
    ['livenessProbe: { tcp: { port: 1 } }', 'liveness'],
    ['readinessProbe: { tcp: { port: 1 } }', 'healthcheck'],
    ['priority: "5"', '5 without quotes'],
    ['user: 0', 'security: baseline'],
  ])('%s: try %s', (lines, suggestion) => {
    expect(firstIssue(HEAD + lines)).toMatchObject({ suggestion })
  })

  it('finds faults of the schema and of the sense at once', () => {
    const lines =
      'imge: x\nresources: { cpu: 0, memry: 1Gi }\nports: [http, { container: 0 }, { container: 8080 }, { container: 8080 }]'
    expect(faults(lines)).toEqual([
      '1:1 imge: unknown key "imge"',
      '2:19 resources.cpu: found the number 0, which is too little',
      '2:22 resources.memry: unknown key "memry"',
      '3:9 ports[0]: found the text "http"',
      '3:28 ports[1].container: found the number 0',
      '3:67 ports[3].container: the port 8080/tcp stands twice',
    ])
  })
})

describe('jobs', () => {
  const job = HEAD.replace('Workload', 'Job')
  it('end, so they are not always restarted', () => {
    expect(summaries(`${job}restart: { policy: always }`)).toEqual([
      '4:20 restart.policy: a Job ends, so it is not always restarted',
    ])
    expect(summaries(`${job}restart: { policy: on-failure }\nschedule: "0 3 * * *"`)).toEqual([])
  })

  it('have schedules that can come true', () => {
    expect(summaries(`${job}schedule: "0 0 30 2 *"`)).toEqual([
      '4:11 schedule: "0 0 30 2 *" is not a schedule',
    ])
  })
})

describe('secrets in the environment', () => {
  it.each([
    'DB_PASSWORD: x',
    'PASSWORD: x',
    'API_KEY: x',
    'GITHUB_TOKEN: x',
    'jwt-secret: x',
    'AWS_SECRET_ACCESS_KEY: x',
    'dbpassword: x',
    'URL: postgres://me:pass@db/x',
    'A: "-----BEGIN RSA PRIVATE KEY-----"',
    'A: ghp_0123456789',
  ])('%s is a warning', (line) => {
    const { issues, workloads } = parseDocuments(`${HEAD}env:\n  ${line}`, 'a')
    expect(issues).toMatchObject([{ severity: 'warning', line: 5, column: 3 }])
    expect(workloads).toHaveLength(1)
  })

  it.each([
    'POSTGRES_PASSWORD_FILE: /run/secrets/db',
    'PASSWORD: ""',
    'TOKENIZER: bpe',
    'MONKEY: x',
    'PASSED: x',
    'URL: https://example.org/a:b@c',
    'SECRETARY: Ann',
  ])('%s is none', (line) => {
    expect(summaries(`${HEAD}env:\n  ${line}`)).toEqual([])
  })
})
