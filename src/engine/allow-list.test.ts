import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContainerCreate } from '../ports/engine.ts'
import { assertAllowed } from './allow-list.ts'
import type { SecurityLevel } from './allowed-container.ts'
import { createOptions } from './hardening.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`
const container: ContainerCreate = {
  name: 'commune-web-0',
  image: `registry.example/web@${DIGEST}`,
  labels: { 'farm.meshlet.did': 'did:plc:me' },
  network: 'commune-web',
  security: 'restricted',
  user: '65532',
  env: { A: 'b' },
  stopGracePeriodMs: 1_000,
  readOnly: true,
  capAdd: ['NET_BIND_SERVICE'],
  tmpfs: ['/run', '/dev/shm/x'],
  memoryBytes: 2 ** 26,
  cpuMilli: 100,
}
const image = { env: ['LD_PRELOAD=/x'], labels: ['traefik.enable'], volumes: ['/data'] }
const engine = { hasInit: true, isPodman: false }

type Fields = Record<string, unknown>

function bodyOf(change: Partial<ContainerCreate> = {}): Fields & { HostConfig: Fields } {
  const { name: _, ...body } = createOptions({ ...container, ...change }, image, engine)
  return structuredClone(body) as Fields & { HostConfig: Fields }
}

const create = (body: unknown, level?: SecurityLevel) =>
  assertAllowed({
    method: 'POST',
    path: '/containers/create?name=x',
    body: JSON.stringify(body),
    level,
  })
const forbidden = (message?: RegExp) =>
  expect.objectContaining({
    code: 'forbidden',
    ...(message === undefined ? {} : { message: expect.stringMatching(message) }),
  })
function refused(act: () => void, message?: RegExp): void {
  expect(act).toThrow(forbidden(message))
}

const baseline: Partial<ContainerCreate> = {
  security: 'baseline',
  user: '0',
  readOnly: false,
  capAdd: ['CHOWN', 'SETUID'],
}

describe('a container', () => {
  test('as commune makes them may be made, also on Podman and without an init process', () => {
    create(bodyOf())
    create(bodyOf({ entrypoint: ['/x'], command: ['y'], workingDir: '/z', hostname: 'web' }))
    create(bodyOf(baseline), 'baseline')
    create(bodyOf({ runtime: 'runsc' }))
    create(bodyOf({ runtime: 'gvisor-kvm' }))
    const podman = createOptions(container, image, { hasInit: false, isPodman: true })
    const { name: _, ...body } = podman
    create(body)
  })

  test('of the level baseline is refused where that was not asked for, or nobody said', () => {
    refused(
      () => create(bodyOf(baseline), 'restricted'),
      /CapAdd is more than the level restricted/,
    )
    refused(() => create(bodyOf(baseline)))
    refused(() => create(bodyOf({ ...baseline, capAdd: [] })), /no root/)
    refused(() => create(bodyOf({ ...baseline, capAdd: [], user: '5:0' })), /no root/)
    refused(() => create(bodyOf({ ...baseline, capAdd: [], user: '5' })), /read-only root/)
  })

  test.each<[string, unknown]>([
    ['Privileged', true],
    ['privileged', true],
    ['CapDrop', []],
    ['CapAdd', ['SYS_ADMIN']],
    ['CapAdd', ['ALL']],
    ['CapAdd', ['NET_RAW']],
    ['CapAdd', 'SYS_ADMIN'],
    ['Capabilities', ['CAP_SYS_ADMIN']],
    ['SecurityOpt', ['seccomp=unconfined']],
    ['SecurityOpt', ['no-new-privileges:true', 'apparmor=unconfined']],
    ['Binds', ['/var/run/docker.sock:/s']],
    ['Mounts', [{ Type: 'bind', Source: '/', Target: '/host' }]],
    ['VolumesFrom', ['other']],
    ['Devices', [{ PathOnHost: '/dev/sda' }]],
    ['DeviceRequests', [{ Count: -1 }]],
    ['DeviceCgroupRules', ['a *:* rwm']],
    ['PidMode', 'host'],
    ['PidMode', 'container:x'],
    ['IpcMode', 'host'],
    ['UTSMode', 'host'],
    ['UsernsMode', 'host'],
    ['CgroupnsMode', 'host'],
    ['CgroupParent', '/'],
    ['NetworkMode', 'host'],
    ['NetworkMode', 'container:x'],
    ['NetworkMode', 'bridge'],
    ['Runtime', 'other'],
    ['Runtime', 'runc'],
    ['Runtime', ''],
    ['Runtime', 'runsc/../runc'],
    ['Runtime', { name: 'runsc' }],
    ['VolumeDriver', 'x'],
    ['Sysctls', { 'kernel.core_pattern': '|/x' }],
    ['PublishAllPorts', true],
    ['PortBindings', { '80/tcp': [{}] }],
    ['OomKillDisable', true],
    ['OomScoreAdj', -1000],
    ['Memory', 0],
    ['MemorySwap', -1],
    ['NanoCpus', 0],
    ['PidsLimit', -1],
    ['PidsLimit', 257],
    ['ShmSize', 2 ** 40],
    ['Ulimits', []],
    ['Dns', ['8.8.8.8']],
    ['Dns', ['192.168.1.1']],
    ['Dns', []],
    ['DnsSearch', ['corp.example']],
    ['Tmpfs', { '/proc': 'nosuid,nodev' }],
    ['Tmpfs', { '/dev': 'nosuid,nodev' }],
    ['Tmpfs', { '/x/../proc': 'nosuid,nodev' }],
    ['Tmpfs', { '/x': '' }],
    ['Tmpfs', { '/x': 'nosuid,nodev,suid' }],
    ['Tmpfs', { '/a:/b': 'nosuid,nodev' }],
    ['MaskedPaths', []],
    ['ReadonlyPaths', []],
    ['RestartPolicy', { Name: 'always' }],
    ['LogConfig', { Type: 'syslog', Config: { 'syslog-address': 'tcp://10.0.0.1' } }],
    ['__proto__', { Privileged: true }],
  ])('#39 is refused with %s: %j, at either level', (name, value) => {
    for (const level of ['restricted', 'baseline'] as const) {
      const body = bodyOf()
      Object.defineProperty(body.HostConfig, name, { value, enumerable: true, configurable: true })
      refused(() => create(body, level))
    }
  })

  test.each<[string, unknown]>([
    ['User', 'root'],
    ['User', ''],
    ['Volumes', { '/data': {} }],
    ['Healthcheck', { Test: ['CMD', 'x'] }],
    ['hostconfig', { Privileged: true }],
    ['NetworkingConfig', { EndpointsConfig: { host: {} } }],
    ['HostConfig', undefined],
    ['HostConfig', []],
  ])('is refused with %s: %j beside its options', (name, value) => {
    refused(() => create({ ...bodyOf(), [name]: value }, 'baseline'))
  })

  test('is refused when anything that is fixed is left out or anything else', () => {
    const free = new Set(['Memory', 'NanoCpus', 'ReadonlyRootfs', 'Init', 'CapAdd', 'ShmSize'])
    const fixed = Object.keys(bodyOf().HostConfig).filter((name) => !free.has(name))
    fc.assert(
      fc.property(fc.constantFrom(...fixed), fc.jsonValue(), (name, value) => {
        const without = bodyOf()
        delete without.HostConfig[name]
        refused(() => create(without, 'baseline'))
        const body = bodyOf()
        const before = body.HostConfig[name]
        body.HostConfig[name] = value
        const isHarmless =
          JSON.stringify(value) === JSON.stringify(before) ||
          (name === 'Tmpfs' && JSON.stringify(value) === '{}') ||
          (name === 'NetworkMode' && typeof value === 'string' && /^[\w.-]{2,}$/.test(value)) ||
          ((name === 'PidsLimit' || name === 'OomScoreAdj') && Number(value) > 0)
        if (!isHarmless) refused(() => create(body, 'baseline'))
      }),
      { seed: 11, numRuns: 1000 },
    )
  })

  test('is refused with any field that commune does not know', () => {
    const known = new Set([...Object.keys(bodyOf()), ...Object.keys(bodyOf().HostConfig)])
    const optional = new Set(['Entrypoint', 'Cmd', 'WorkingDir', 'Hostname'])
    const field = fc.string({ minLength: 1 }).filter((one) => !known.has(one) && !optional.has(one))
    const wrongCase = fc
      .constantFrom(...known)
      .map((name) => name.toLowerCase())
      .filter((name) => !known.has(name))
    fc.assert(
      fc.property(fc.oneof(field, wrongCase), fc.jsonValue(), fc.boolean(), (name, value, top) => {
        const body = bodyOf()
        Object.defineProperty(top ? body : body.HostConfig, name, { value, enumerable: true })
        refused(() => create(body, 'baseline'))
      }),
      { seed: 12, numRuns: 500 },
    )
  })

  test('of any JSON, or of something else, is refused', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (body) => refused(() => create(body, 'baseline'))),
      { seed: 13, numRuns: 300 },
    )
    const raw = (body: string | undefined) =>
      assertAllowed({ method: 'POST', path: '/containers/create', body })
    for (const body of [undefined, '', '\0', '{', 'null', `"${'x'.repeat(2 ** 20)}"`])
      refused(() => raw(body))
  })
})

test('whatever the hardened options are for any input, they are let through at their own level', () => {
  const input = fc.record({
    security: fc.constantFrom('restricted' as const, 'baseline' as const),
    user: fc.constantFrom('0', '0:0', '1000', '1000:0', '65532:7'),
    readOnly: fc.boolean(),
    capAdd: fc.subarray(['NET_BIND_SERVICE', 'CHOWN', 'KILL', 'SYS_ADMIN']),
    tmpfs: fc.subarray(['/run', '/a/b:size=1m,exec', '/dev/shm/x', '/c:mode=700,uid=3,ro', '/d/']),
    memoryBytes: fc.integer({ min: 1, max: 2 ** 40 }),
    cpuMilli: fc.integer({ min: 1, max: 64_000 }),
    env: fc.dictionary(fc.string(), fc.string()),
    command: fc.array(fc.string()),
  })
  let made = 0
  fc.assert(
    fc.property(input, (change) => {
      let body
      try {
        body = bodyOf(change)
      } catch {
        return
      }
      made += 1
      create(body, change.security)
    }),
    { seed: 14, numRuns: 500 },
  )
  expect(made).toBeGreaterThan(50)
})

describe('other requests', () => {
  const network = {
    Name: 'n',
    CheckDuplicate: true,
    Driver: 'bridge',
    Internal: true,
    EnableIPv6: false,
    Attachable: false,
    IPAM: { Driver: 'default', Config: [{ Subnet: '10.0.0.0/24' }] },
    Options: {
      'com.docker.network.bridge.inhibit_ipv4': 'true',
      'com.docker.network.bridge.name': 'cmn0123456789ab',
    },
    Labels: {},
  }
  const walled = {
    ...network,
    Internal: false,
    Options: { 'com.docker.network.bridge.name': 'cmn0123456789ab' },
  }
  const exec = { Cmd: ['true'], AttachStdout: true, AttachStderr: true }
  const pull = `/images/create?fromImage=registry.example%3A5000%2Fweb&tag=${DIGEST}`

  test.each<[string, string, unknown?]>([
    ['GET', '/containers/json?all=true'],
    ['GET', '/containers/commune-web-0/json'],
    ['POST', '/containers/abc/start'],
    ['POST', '/containers/abc/start', {}],
    ['POST', '/containers/abc/kill?signal=SIGKILL', { signal: 'SIGKILL' }],
    ['DELETE', '/containers/abc?force=true&v=true'],
    ['GET', `/images/[::1]:5000/team/web@${DIGEST}/json`],
    ['POST', pull],
    ['POST', '/containers/abc/exec', exec],
    ['POST', '/containers/abc/exec', { ...exec, AttachStdin: true, Tty: true }],
    ['POST', '/exec/abc/resize?h=24&w=80', { h: 24, w: 80 }],
    ['POST', '/networks/create', network],
    ['POST', '/networks/create', walled],
  ])('%s %s is let through', (method, path, body) => {
    assertAllowed({ method, path, body: body === undefined ? undefined : JSON.stringify(body) })
  })

  test.each<[string, string, unknown?]>([
    ['POST', '/build'],
    ['POST', '/volumes/create', { Name: 'x', DriverOpts: { type: 'none', device: '/' } }],
    ['POST', '/swarm/init', {}],
    ['POST', '/plugins/pull?remote=x'],
    ['POST', '/containers/abc/update', { Memory: 0 }],
    ['PUT', '/containers/abc/archive?path=/'],
    ['POST', '/containers/abc/start', { Privileged: true }],
    ['POST', '/containers/abc/start', []],
    ['POST', '/containers/../create', {}],
    ['POST', '/containers/a%2Fb/start'],
    ['POST', '/v1.20/containers/create', {}],
    ['POST', '//containers/create', {}],
    ['post', '/containers/create', {}],
    ['GET', '/images/../containers/json'],
    ['GET', '/images/a/../b/json'],
    ['POST', '/images/load'],
    ['POST', '/images/create?fromSrc=-'],
    ['POST', '/images/create'],
    ['POST', '/images/create?fromImage=web&tag=latest'],
    ['POST', `${pull}&tag=latest`],
    ['POST', `${pull}&fromSrc=http://x/`],
    ['POST', '/networks/n/connect', { Container: 'x' }],
    ['POST', '/containers/abc/exec', { ...exec, Privileged: true }],
    ['POST', '/containers/abc/exec', { ...exec, privileged: true }],
    ['POST', '/containers/abc/exec', { ...exec, User: '0' }],
    ['POST', '/containers/abc/exec', { ...exec, Env: ['LD_PRELOAD=/x'] }],
    ['POST', '/containers/abc/exec', { ...exec, WorkingDir: '/' }],
    ['POST', '/containers/abc/exec', { ...exec, DetachKeys: 'x' }],
    ['POST', '/containers/abc/exec', { ...exec, Tty: { Privileged: true } }],
    ['POST', '/containers/abc/exec', { ...exec, Cmd: 'true' }],
    ['POST', '/containers/abc/exec'],
    ['POST', '/networks/create', { ...network, Driver: 'host' }],
    ['POST', '/networks/create', { ...network, Internal: false }],
    ['POST', '/networks/create', { ...network, Options: {} }],
    ['POST', '/networks/create', { ...network, Options: walled.Options }],
    ['POST', '/networks/create', { ...walled, Options: {} }],
    ['POST', '/networks/create', { ...walled, EnableIPv6: true }],
    [
      'POST',
      '/networks/create',
      { ...walled, Options: { 'com.docker.network.bridge.name': 'docker0' } },
    ],
    ['POST', '/networks/create', { ...network, ConfigFrom: { Network: 'x' } }],
    ['POST', '/networks/create', { ...network, IPAM: { Driver: 'evil', Config: [] } }],
    [
      'POST',
      '/networks/create',
      { ...network, IPAM: { Driver: 'default', Config: [{ Subnet: 'x', Gateway: '10.0.0.1' }] } },
    ],
  ])('%s %s %j is refused', (method, path, body) => {
    const text = body === undefined ? undefined : JSON.stringify(body)
    refused(() => assertAllowed({ method, path, body: text, level: 'baseline' }))
  })

  test('whatever is asked, it is refused in one short line', () => {
    const part = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('..', 'containers', '\n'))
    const path = fc.array(part, { minLength: 3, maxLength: 60 }).map((parts) => parts.join('/'))
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'PUT'), path, (method, tail) => {
        try {
          assertAllowed({ method, path: `/x/${tail}`, body: undefined })
          expect.unreachable()
        } catch (error) {
          expect(error).toEqual(forbidden(/^[\x20-\x7e]{1,400}$/))
        }
      }),
      { seed: 15, numRuns: 300 },
    )
  })
})
