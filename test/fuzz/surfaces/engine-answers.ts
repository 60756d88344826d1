import fc from 'fast-check'
import { createDockerEngine } from '../../../src/engine/docker.ts'
import { unsupportedNetns } from '../../../src/engine/netns.ts'
import { LABEL } from '../../../src/model/nsid.ts'
import type { Engine } from '../../../src/ports/engine.ts'
import { startAnsweringServer, type RawAnswer } from '../answering-server.ts'
import { mutatedBytes } from '../arbitraries/cbor.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { rawAnswer } from '../arbitraries/raw-answer.ts'
import { refusable, type Surface } from '../surface.ts'

const ID = 'c'.repeat(64)
const IMAGE = `a/b@sha256:${'0'.repeat(64)}`
const DID = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
/** More answers are not waited for. */
const WAIT_MS = 3_000

const json = (value: unknown) => rawAnswer(fc.constant(value))

const inspected = {
  Id: ID,
  Name: '/web-0',
  Created: '2026-01-01T00:00:00Z',
  State: {
    Status: 'exited',
    Running: true,
    Pid: 4_000_000,
    ExitCode: 1,
    OOMKilled: false,
    Error: '',
    StartedAt: '2026-01-01T00:00:00Z',
    FinishedAt: '0001-01-01T00:00:00Z',
  },
  Config: { Image: IMAGE, Labels: { [LABEL.meshletDid]: DID } },
  HostConfig: { Memory: 1, NanoCpus: 1, PidsLimit: 1 },
  NetworkSettings: { Networks: { a: { IPAddress: '10.0.0.2' } } },
}
const image = {
  Id: `sha256:${'1'.repeat(64)}`,
  RepoDigests: [IMAGE],
  Size: 1,
  Architecture: 'amd64',
  Os: 'linux',
  Config: { Env: ['A=b'], Labels: {}, Volumes: { '/v': {} } },
}
const stats = {
  memory_stats: { limit: 1, usage: 1, stats: { inactive_file: 0 } },
  pids_stats: { limit: 1, current: 1 },
  cpu_stats: { cpu_usage: { total_usage: 1 } },
}
const version = {
  Version: '20.10.24',
  ApiVersion: '1.41',
  Os: 'linux',
  Arch: 'amd64',
  Components: [{ Name: 'runc', Version: '1.1.5', Details: { GitCommit: '' } }],
}
const info = {
  NCPU: 2,
  MemTotal: 1,
  OSType: 'linux',
  Runtimes: { runc: {} },
  InitBinary: 'docker-init',
  InitCommit: { ID: 'a' },
  SecurityOptions: ['name=seccomp,profile=default'],
  MemoryLimit: true,
  SwapLimit: false,
  CgroupVersion: '1',
  DockerRootDir: '/var/lib/docker',
}
const network = {
  Id: 'n',
  Name: 'cmn',
  Driver: 'bridge',
  Internal: true,
  Labels: {},
  Options: {},
  Containers: {},
  IPAM: { Config: [{ Subnet: '10.0.0.0/24' }] },
}

const lines = (values: readonly unknown[]) =>
  fc
    .array(rawAnswer(fc.constantFrom(...values)), { maxLength: 6 })
    .map((answers) =>
      stream(Buffer.concat(answers.flatMap(({ body }) => [body, Buffer.from('\n')]))),
    )
const pulled = lines([
  { id: 'a', status: 'Downloading', progressDetail: { current: 1, total: 2 } },
  { status: 'Digest: sha256:0' },
  { error: 'denied' },
])
const happened = lines([
  { Action: 'die', Actor: { ID, Attributes: { a: 'b' } } },
  { Action: 'start' },
])
const logged = mutatedBytes(
  fc
    .array(fc.tuple(fc.constantFrom(1, 2), hostileText), { maxLength: 5 })
    .map((frames) =>
      Uint8Array.from(Buffer.concat(frames.map(([kind, text]) => logFrame(kind, text)))),
    ),
).map(stream)

interface Call {
  readonly answers: fc.Arbitrary<readonly RawAnswer[]>
  readonly run: (engine: Engine, signal: AbortSignal) => unknown
}

/** Each call of the engine with the answers that it asks for. */
const CALLS: Readonly<Record<string, Call>> = {
  info: {
    answers: fc.tuple(json(version), json(info)),
    run: (engine, signal) => engine.info(signal),
  },
  list: {
    answers: fc.tuple(json([{ Id: ID, Names: ['/web-0'] }]), json(inspected)),
    run: (engine, signal) => engine.listContainers(DID, signal),
  },
  find: {
    answers: fc.tuple(json(inspected)),
    run: (engine, signal) => engine.findContainer('web-0', signal),
  },
  image: {
    answers: fc.tuple(json(image)),
    run: (engine, signal) => engine.inspectImage(IMAGE, signal),
  },
  networks: {
    answers: fc.tuple(json([network])),
    run: (engine, signal) => engine.listNetworks(DID, signal),
  },
  network: {
    answers: fc.tuple(json(network), json([network]), json({ Id: 'n' })),
    run: (engine, signal) =>
      engine.ensureNetwork({ name: 'cmn', labels: {}, egress: 'none' }, signal),
  },
  stats: {
    answers: fc.tuple(json(version), json(info), json(stats), json(inspected)),
    run: (engine, signal) => engine.stats(ID, signal),
  },
  logs: {
    answers: fc.tuple(logged),
    run: (engine, signal) => drained(engine.logs(ID, { signal })),
  },
  events: {
    answers: fc.tuple(happened),
    run: (engine, signal) => drained(engine.events(DID, signal)),
  },
  pull: {
    answers: fc.tuple(pulled, json(image)),
    run: (engine, signal) => engine.pullImage(IMAGE, { signal }),
  },
  exec: {
    answers: fc.tuple(json({ Id: 'e' }), logged, json({ ExitCode: 0, Running: false })),
    run: (engine, signal) => engine.exec(ID, ['true'], { timeoutMs: WAIT_MS, signal }),
  },
  probe: {
    answers: fc.tuple(json(inspected)),
    run: (engine, signal) => engine.probe(ID, { kind: 'tcp', port: 1 }, 100, signal),
  },
  remove: {
    answers: fc.tuple(json({ message: 'already in progress' })),
    run: (engine, signal) => engine.removeContainer(ID, signal),
  },
}

/** A container engine that answers anything. */
export const engineSurfaces: readonly Surface[] = Object.entries(CALLS).map(([name, call]) => ({
  name: `engine-${name}`,
  inputs: call.answers,
  open: () => openEngine(call),
}))

async function openEngine({ run }: Call) {
  const server = await startAnsweringServer()
  return {
    feed: async (input: unknown) => {
      const answers = [...(input as RawAnswer[])]
      server.answer = () => (answers.length > 1 ? answers.shift() : answers[0]) as RawAnswer
      // Made anew, since it remembers what it has learnt.
      const engine = createDockerEngine({
        dockerHost: `tcp://127.0.0.1:${server.port}`,
        environment: {},
        netns: unsupportedNetns('not here'),
      })
      try {
        await refusable(() => run(engine, AbortSignal.timeout(WAIT_MS)))
      } catch (error) {
        if (!(error instanceof Error) || error.name !== 'TimeoutError') throw error
      } finally {
        await engine.close()
      }
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  }
}

async function drained(values: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of values);
}

function stream(body: Uint8Array): RawAnswer {
  return { status: 200, headers: [], body: Uint8Array.from(body) }
}

function logFrame(kind: number, text: string): Buffer {
  const payload = Buffer.from(`2026-01-01T00:00:00Z ${text}`)
  const head = Buffer.from([kind, 0, 0, 0, 0, 0, 0, 0])
  head.writeUInt32BE(payload.length, 4)
  return Buffer.concat([head, payload])
}
