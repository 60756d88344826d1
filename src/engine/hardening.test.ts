import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ContainerCreate } from '../ports/engine.ts'
import { createOptions, type ImageDefaults } from './hardening.ts'

const container: ContainerCreate = {
  name: 'hello-0',
  image: `registry.example/hello@sha256:${'a'.repeat(64)}`,
  labels: { 'farm.meshlet.did': 'did:web:mesh.example' },
  network: 'cmn-hello',
  security: 'restricted',
  user: '65532',
  env: { GREETING: 'hi' },
  stopGracePeriodMs: 10_000,
  readOnly: true,
  capAdd: [],
  tmpfs: [],
  memoryBytes: 64 * 1024 * 1024,
  cpuMilli: 250,
}
const baseline: ContainerCreate = { ...container, security: 'baseline', readOnly: false, user: '0' }
const image: ImageDefaults = { env: ['PATH=/bin'], labels: [], volumes: [] }
const engine = { hasInit: true, isPodman: false }

describe('the whole of it', () => {
  test('golden', () => {
    expect(createOptions(container, image, engine)).toEqual({
      name: 'hello-0',
      Image: container.image,
      User: '65532:65532',
      Env: ['GREETING=hi'],
      Labels: { 'farm.meshlet.did': 'did:web:mesh.example' },
      StopSignal: 'SIGTERM',
      StopTimeout: 10,
      Healthcheck: { Test: ['NONE'] },
      AttachStdin: false,
      OpenStdin: false,
      Tty: false,
      HostConfig: {
        Memory: 67_108_864,
        MemorySwap: 67_108_864,
        NanoCpus: 250_000_000,
        PidsLimit: 256,
        ShmSize: 67_108_864,
        OomScoreAdj: 500,
        OomKillDisable: false,
        Ulimits: [
          { Name: 'nofile', Soft: 4096, Hard: 4096 },
          { Name: 'core', Soft: 0, Hard: 0 },
        ],
        Privileged: false,
        CapDrop: ['ALL'],
        CapAdd: [],
        SecurityOpt: ['no-new-privileges:true'],
        ReadonlyRootfs: true,
        Tmpfs: {
          '/tmp': 'rw,noexec,nosuid,nodev,size=16777216,uid=65532,gid=65532,mode=1777',
        },
        IpcMode: 'private',
        CgroupnsMode: 'private',
        PidMode: '',
        UTSMode: '',
        UsernsMode: '',
        CgroupParent: '',
        Binds: [],
        Mounts: [],
        VolumesFrom: [],
        Devices: [],
        DeviceRequests: [],
        DeviceCgroupRules: [],
        Sysctls: {},
        GroupAdd: [],
        Links: [],
        ExtraHosts: [],
        PortBindings: {},
        PublishAllPorts: false,
        AutoRemove: false,
        NetworkMode: 'cmn-hello',
        Dns: ['127.0.0.1'],
        Init: true,
        RestartPolicy: { Name: 'no' },
        LogConfig: { Type: 'json-file', Config: { 'max-size': '1m', 'max-file': '2' } },
      },
    })
  })

  test('name servers are the public ones that are named, without the machine’s search list', () => {
    const made = createOptions({ ...container, resolvers: ['9.9.9.9'] }, image, engine)
    expect(made.HostConfig).toMatchObject({ Dns: ['9.9.9.9'], DnsSearch: ['.'] })
    for (const resolvers of [[], ['10.0.0.1'], ['9.9.9.9', '::1'], ['dns.example']])
      expect(() => createOptions({ ...container, resolvers }, image, engine)).toThrow(
        /is no public name server/,
      )
  })

  test('what the workload says about its program is passed on', () => {
    const options = createOptions(
      {
        ...container,
        entrypoint: ['/entry'],
        command: ['a', 'b'],
        workingDir: '/work',
        hostname: 'hello',
        stopSignal: 'SIGINT',
        stopGracePeriodMs: 1500,
      },
      image,
      { hasInit: false, isPodman: false },
    )
    expect(options).toMatchObject({
      Entrypoint: ['/entry'],
      Cmd: ['a', 'b'],
      WorkingDir: '/work',
      Hostname: 'hello',
      StopSignal: 'SIGINT',
      StopTimeout: 2,
      HostConfig: { Init: false },
    })
  })
})

describe('what an image brings along', () => {
  test('labels are blanked, ours stay', () => {
    const labels = ['traefik.enable', 'com.centurylinklabs.watchtower.enable', 'farm.meshlet.did']
    expect(createOptions(container, { ...image, labels }, engine).Labels).toEqual({
      'traefik.enable': '',
      'com.centurylinklabs.watchtower.enable': '',
      'farm.meshlet.did': 'did:web:mesh.example',
    })
  })

  test('variables of the loader are taken out unless the workload sets them', () => {
    const env = ['LD_PRELOAD=/evil.so', 'LD_LIBRARY_PATH=/evil', 'PGDATA=/data']
    const wanted = { ...container, env: { LD_LIBRARY_PATH: '/lib' } }
    expect(createOptions(wanted, { ...image, env }, engine).Env).toEqual([
      'LD_LIBRARY_PATH=/lib',
      'LD_PRELOAD',
    ])
    // Podman keeps a variable of the image that is named without a value.
    const podman = createOptions(wanted, { ...image, env }, { ...engine, isPodman: true })
    expect(podman.Env).toEqual(['LD_LIBRARY_PATH=/lib', 'LD_PRELOAD='])
  })

  test('Podman is told how many processes a user may have, since it asks for more than it may give', () => {
    const limits = (isPodman: boolean) =>
      createOptions(container, image, { ...engine, isPodman }).HostConfig?.Ulimits
    expect(limits(true)).toEqual([
      ...(limits(false) ?? []),
      { Name: 'nproc', Soft: 32_768, Hard: 32_768 },
    ])
  })

  test('a runtime is gVisor or none', () => {
    const runtimeOf = (runtime: string) =>
      createOptions({ ...container, runtime }, image, engine).HostConfig?.Runtime
    expect(runtimeOf('runsc')).toBe('runsc')
    expect(createOptions(container, image, engine).HostConfig).not.toHaveProperty('Runtime')
    for (const runtime of ['runc', 'kata', 'io.containerd.runc.v2', '', '../runsc'])
      expect(() => runtimeOf(runtime)).toThrow(/never runs in/)
  })

  test('volumes are covered by memory', () => {
    const { HostConfig } = createOptions(
      container,
      { ...image, volumes: ['/data/', '/tmp'] },
      engine,
    )
    expect(Object.keys(HostConfig?.Tmpfs ?? {})).toEqual(['/tmp', '/data'])
  })
})

describe('what is refused', () => {
  test.each<[string, Partial<ContainerCreate>, string]>([
    ['root', { user: '0' }, 'forbidden'],
    ['root written long', { user: '000' }, 'forbidden'],
    ['the group root', { user: '65532:0' }, 'forbidden'],
    ['a user by name', { user: 'root' }, 'invalid-input'],
    ['no user', { user: '' }, 'invalid-input'],
    ['a writable root', { readOnly: false }, 'forbidden'],
    ['a capability', { capAdd: ['CHOWN'] }, 'forbidden'],
    ['the network of the host', { network: 'host' }, 'forbidden'],
    ['the network of another container', { network: 'container:abc' }, 'invalid-input'],
    ['no memory limit', { memoryBytes: 0 }, 'invalid-input'],
    ['a negative processor limit', { cpuMilli: -1 }, 'invalid-input'],
    ['half a byte', { memoryBytes: 0.5 }, 'invalid-input'],
    ['a variable with an equals sign', { env: { 'A=B': '' } }, 'invalid-input'],
    ['a variable with a zero byte', { env: { A: '\0' } }, 'invalid-input'],
    ['a signal with a space', { stopSignal: 'KILL 1' }, 'invalid-input'],
    ['memory over /proc', { tmpfs: ['/proc'] }, 'invalid-input'],
  ])('%s', (_, change, code) => {
    expect(() => createOptions({ ...container, ...change }, image, engine)).toThrow(
      expect.objectContaining({ code }),
    )
  })

  test.each([
    '../x',
    'a/b',
    '..',
    '.hidden',
    'a\u202eb',
    'a\u200bb',
    'a\nb',
    'a b',
    '',
    'a'.repeat(200),
  ])('#44 a container can’t be called %j, nor can its network', (name) => {
    for (const change of [{ name }, { network: name }])
      expect(() => createOptions({ ...container, ...change }, image, engine)).toThrow(
        expect.objectContaining({ code: 'invalid-input' }),
      )
  })

  test.each(['SYS_ADMIN', 'ALL', 'NET_ADMIN', 'NET_RAW', 'SYS_PTRACE', 'CAP_CHOWN', 'chown'])(
    'baseline does not allow %s',
    (capability) => {
      expect(() => createOptions({ ...baseline, capAdd: [capability] }, image, engine)).toThrow(
        expect.objectContaining({ code: 'forbidden' }),
      )
    },
  )
})

test('baseline allows root, a writable root and the usual capabilities, and nothing else', () => {
  const strict = createOptions(container, image, engine)
  const loose = createOptions({ ...baseline, capAdd: ['SETUID', 'CHOWN', 'SETUID'] }, image, engine)
  expect(loose).toEqual({
    ...strict,
    User: '0:0',
    HostConfig: {
      ...strict.HostConfig,
      CapAdd: ['CHOWN', 'SETUID'],
      ReadonlyRootfs: false,
      Tmpfs: { '/tmp': 'rw,noexec,nosuid,nodev,size=16777216,uid=0,gid=0,mode=1777' },
    },
  })
})

test('no input produces privileges, host paths or host namespaces', () => {
  const hostile = fc.dictionary(
    fc.constantFrom(
      ...Object.keys(container),
      'entrypoint',
      'command',
      'HostConfig',
      'Privileged',
      'Binds',
      'PidMode',
      '__proto__',
    ),
    fc.oneof(
      fc.constantFrom('host', 'container:x', 'restricted', 'baseline', '0', '/:/host', true, false),
      fc.anything(),
    ),
  )
  const defaults = fc.record({
    env: fc.array(fc.string()),
    labels: fc.array(fc.string()),
    volumes: fc.array(
      fc.oneof(fc.string(), fc.constantFrom('/', '/proc', '/var/run', '/data:/host')),
    ),
  })
  const golden = createOptions(container, image, engine).HostConfig ?? {}
  const free = new Set([
    ...['Memory', 'MemorySwap', 'NanoCpus', 'ShmSize', 'Tmpfs'],
    ...['NetworkMode', 'CapAdd', 'ReadonlyRootfs'],
  ])
  fc.assert(
    fc.property(hostile, defaults, (change, ofImage) => {
      let options
      try {
        options = createOptions({ ...container, ...change }, ofImage, engine)
      } catch {
        return
      }
      const made = options.HostConfig ?? {}
      expect(Object.keys(made).toSorted()).toEqual(Object.keys(golden).toSorted())
      for (const [key, value] of Object.entries(golden)) {
        if (!free.has(key)) expect(made[key as keyof typeof made]).toEqual(value)
      }
      expect(made.NetworkMode).not.toMatch(/^(host|none|bridge|default|container:.*)$/)
      for (const path of Object.keys(made.Tmpfs ?? {})) {
        expect(path).toMatch(/^\/[^:]+$/)
        expect(path).not.toMatch(/^\/(proc|sys)(\/|$)/)
      }
    }),
    { seed: 7, numRuns: 500 },
  )
})
