import { describe, expect, test } from 'vitest'
import type { EngineHost, EngineInfo } from '../ports/engine.ts'
import { auditHost, type HostFacts, type HostFinding } from './host-audit.ts'

const GIB = 1024 ** 3
const host: EngineHost = {
  runc: '1.3.3',
  seccomp: true,
  accessControl: 'AppArmor',
  userNamespaces: true,
  limitsMissing: [],
  cgroupVersion: '2',
}
const engine: EngineInfo = {
  name: 'Docker',
  version: '28.2.2',
  apiVersion: '1.50',
  os: 'linux',
  architecture: 'amd64',
  cpus: 2,
  memoryBytes: GIB,
  runtimes: ['runc'],
  hasInit: true,
  host,
}
const asked = { memoryBytes: 32 * 1024 * 1024, pids: 256, cpuMilli: 100 }
const good: HostFacts = {
  engine,
  reach: { kind: 'socket', path: '/var/run/docker.sock', mode: 0o660 },
  limits: { kind: 'tried', asked, found: { ...asked, cpuMilli: 104 } },
  walls: { kind: 'standing', tried: 40 },
  firewall: { kind: 'standing' },
  listens: [{ what: 'calls of others', host: '127.0.0.1', port: 0 }],
  files: [
    { path: '/state', mode: 0o700, isSecret: true },
    { path: '/state/heartbeat.key', mode: 0o600, isSecret: true },
    { path: '/etc/policy.yaml', mode: 0o644, isSecret: false },
  ],
  clock: { keptBy: 'chrony', offsetMs: 300 },
  disks: [{ what: 'the state folder', path: '/state', freeBytes: 10 * GIB }],
}

function found(change: Partial<HostFacts>): readonly HostFinding[] {
  return auditHost({ ...good, ...change }).filter(({ state }) => state !== 'ok')
}
const onHost = (change: Partial<EngineHost>): Partial<HostFacts> => ({
  engine: { ...engine, host: { ...host, ...change } },
})
const limits = (change: Partial<typeof asked>): Partial<HostFacts> => ({
  limits: { kind: 'tried', asked, found: { ...asked, ...change } },
})
const file = (mode: number, isSecret: boolean): Partial<HostFacts> => ({
  files: [{ path: '/f', mode, isSecret }],
})

test('a machine that is fit has nothing to mend', () => {
  expect(found({})).toEqual([])
  const checks = auditHost(good).map(({ check }) => check)
  expect(checks).toEqual([
    ...['settings', 'engine', 'runc', 'user namespaces', 'seccomp', 'access control', 'cgroups'],
    ...[
      'ports of containers',
      'way to the engine',
      'limits',
      'gVisor',
      'walls',
      'firewall',
      'calls of others',
      'files',
      'clock',
    ],
    'disk of the state folder',
  ])
})

describe('what is found', () => {
  test.each<[Partial<HostFacts>, HostFinding['state'], string, RegExp, RegExp]>([
    [
      { engine: { problem: 'No container engine listens', hint: 'start it' } },
      ...(['problem', 'engine', /No container engine/, /^Start it/] as const),
    ],
    [
      { engine: { ...engine, apiVersion: '1.40' } },
      ...(['problem', 'engine', /too old/, /20\.10/] as const),
    ],
    [onHost({ runc: '1.1.12' }), 'problem', 'runc', /^1\.1\.12 has known ways out/, /1\.2\.8/],
    [onHost({ runc: '1.1.5+ds1-1+deb12u1' }), 'warning', 'runc', /repaired/, /CVE-2025-31133/],
    [onHost({ userNamespaces: false }), 'warning', 'user namespaces', /^off: /, /userns-remap/],
    [onHost({ seccomp: false }), 'problem', 'seccomp', /does not filter/, /seccomp/],
    [onHost({ accessControl: undefined }), 'warning', 'access control', /AppArmor/, /Turn on/],
    [onHost({ limitsMissing: ['swap'] }), 'warning', 'cgroups', /swap/, /swapaccount=1/],
    [onHost({ limitsMissing: ['memory', 'pids'] }), 'problem', 'cgroups', /memory, pids/, /cgroup/],
    [
      { engine: { ...engine, portsProblem: 'no CAP_SYS_ADMIN' } },
      ...(['warning', 'ports of containers', /no CAP_SYS_ADMIN/, /as root/] as const),
    ],
    [
      { reach: { kind: 'socket', path: '/s', mode: 0o666 } },
      ...(['problem', 'way to the engine', /every user/, /chmod o-rwx \/s/] as const),
    ],
    [
      { reach: { kind: 'network', address: 'tcp://10.0.0.1:2375', isEncrypted: false } },
      ...(['problem', 'way to the engine', /not encrypted/, /DOCKER_TLS_VERIFY/] as const),
    ],
    [limits({ memoryBytes: 2 ** 63 }), 'problem', 'limits', /not in force: memory \(/, /cgroup/],
    [limits({ pids: 0 }), 'problem', 'limits', /processes \(asked 256, in force 0\)/, /cgroup/],
    [limits({ cpuMilli: 990 }), 'problem', 'limits', /a loop got 990m/, /cgroup/],
    [
      { limits: { kind: 'untried', why: 'no image is on this machine' } },
      ...(['warning', 'limits', /not tried: no image/, /again/] as const),
    ],
    [
      { listens: [{ what: 'metrics', host: '0.0.0.0', port: 9100 }] },
      ...(['warning', 'metrics', /0\.0\.0\.0, port 9100/, /reverse proxy/] as const),
    ],
    [file(0o640, true), 'problem', 'files', /others may use \/f \(mode 640\)/, /chmod go-rwx \/f/],
    [file(0o664, false), 'problem', 'files', /others may change \/f/, /chmod go-w \/f/],
    [{ clock: {} }, 'warning', 'clock', /nothing was found/, /synchronisation/],
    [
      { clock: { keptBy: 'ntpd', offsetMs: -61_000 } },
      ...(['problem', 'clock', /61 s behind/, /synchronisation/] as const),
    ],
    [
      { disks: [{ what: 'the engine', path: '/d', freeBytes: GIB }] },
      ...(['warning', 'disk of the engine', /1\.0 GiB free at \/d/, /prune/] as const),
    ],
    [
      { disks: [{ what: 'the engine', path: '/d', freeBytes: 1 }] },
      ...(['problem', 'disk of the engine', /0\.0 GiB/, /prune/] as const),
    ],
    [
      { settingsProblem: '--owner: missing\n--listen: wrong' },
      ...(['warning', 'settings', /^--owner: missing; --listen: wrong$/, /--config/] as const),
    ],
  ])('%j', (change, state, check, message, fix) => {
    expect(found(change)).toEqual([
      { check, state, message: expect.stringMatching(message), fix: expect.stringMatching(fix) },
    ])
  })

  test('loopback by any name is no open port', () => {
    for (const name of ['127.0.0.1', '127.3.0.1', '::1', 'localhost'])
      expect(found({ listens: [{ what: 'metrics', host: name, port: 1 }] })).toEqual([])
  })
})

test('a machine without firewall rules is sound, and hears what it does not offer', () => {
  const why = 'the firewall rules for egress: internet are not there'
  const [finding] = auditHost({ ...good, firewall: { kind: 'down', why } }).filter(
    ({ check }) => check === 'firewall',
  )
  expect(finding).toMatchObject({
    state: 'ok',
    message: `egress: internet is not offered: ${why}`,
  })
})

describe('the walls', () => {
  test('that a canary gets through are a problem, with what it reached', () => {
    const open = ['this machine can be reached at 192.0.2.2, TCP port 4000']
    expect(found({ walls: { kind: 'open', tried: 40, open } })).toEqual([
      {
        check: 'walls',
        state: 'problem',
        message: `from inside a container: ${open[0]}`,
        fix: expect.stringContaining('docs/security.md'),
      },
    ])
  })

  test('that could not be tried are a warning that says what it costs', () => {
    const [finding] = found({ walls: { kind: 'unproven', why: 'it can’t be entered' } })
    expect(finding).toMatchObject({
      state: 'warning',
      message: 'not tried, so that only your own work runs here: it can’t be entered',
      fix: expect.stringContaining('CAP_SYS_ADMIN'),
    })
  })
})

describe('gVisor', () => {
  const known = (gvisor: EngineInfo['gvisor'], trial: HostFacts['limits']): Partial<HostFacts> => ({
    engine: { ...engine, ...(gvisor && { gvisor }) },
    gvisorLimits: trial,
  })
  const tried = { kind: 'tried', asked, found: asked } as const
  const failed = { kind: 'untried', why: 'unknown platform: systrap' } as const
  const findings = (change: Partial<HostFacts>) =>
    auditHost({ ...good, ...change }).filter(({ check }) => check.includes('gVisor'))

  test('that holds what it promises is ok, and says under which name', () => {
    expect(findings(known({ runtime: 'runsc' }, tried))).toEqual([
      expect.objectContaining({ state: 'ok', message: expect.stringMatching(/^runsc: .* held$/) }),
    ])
  })

  test('whose ports can’t be reached is a warning that says what to do', () => {
    const gvisor = { runtime: 'runsc', portsProblem: 'no way in' }
    expect(findings(known(gvisor, tried))[1]).toMatchObject({
      state: 'warning',
      message: 'no way in',
      fix: expect.stringContaining('--network=host'),
    })
  })

  test('in which nothing starts is a problem with the engine’s own words', () => {
    expect(findings(known({ runtime: 'runsc' }, failed))).toEqual([
      expect.objectContaining({
        state: 'problem',
        message: 'no container starts in runsc: unknown platform: systrap',
      }),
    ])
    // Where no container could be tried at all, that is no fault of gVisor.
    const untried = { ...known({ runtime: 'runsc' }, failed), limits: failed }
    expect(findings(untried)).toEqual([expect.objectContaining({ state: 'warning' })])
  })

  test('that is not there is a problem only where the policy wants it', () => {
    expect(findings({})).toEqual([expect.objectContaining({ state: 'ok' })])
    expect(findings({ policyWantsGvisor: true })).toEqual([
      expect.objectContaining({ state: 'problem', fix: expect.stringContaining('runsc') }),
    ])
  })
})

test('an engine that takes orders from everybody is a problem, and from this machine too', () => {
  const open = (isLoopback: boolean) =>
    found({ openEngines: [{ address: 'port 2375', isLoopback }] })[0]
  expect(open(false)).toMatchObject({
    state: 'problem',
    message: expect.stringContaining('whoever reaches this machine'),
  })
  expect(open(true)?.message).toContain('every program of this machine')
})

test('a disk without room for more files is a problem, however many bytes are free', () => {
  const disk = { what: 'the engine', path: '/data', freeBytes: 100 * GIB }
  const full = { ...disk, files: { free: 10, all: 1_000 } }
  expect(found({ disks: [full] })).toEqual([
    expect.objectContaining({ message: '/data can hold only 10 more files' }),
  ])
  expect(found({ disks: [{ ...disk, files: { free: 500, all: 1_000 } }] })).toEqual([])
})
