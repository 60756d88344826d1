import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { judgeViewValue } from '../../../src/atproto/record-store-parse.ts'
import type { RepoSnapshot } from '../../../src/atproto/feed-snapshot.ts'
import { COMMANDS } from '../../../src/cli/command-table.ts'
import type { Drivers } from '../../../src/cli/drivers.ts'
import { CommuneError } from '../../../src/model/errors.ts'
import type { Did } from '../../../src/model/records.ts'
import { runCli } from '../../cli/run-cli.ts'
import { MemoryView } from '../../support/memory-view.ts'
import { hostileText } from '../arbitraries/hostile-text.ts'
import { expectThat, type Surface } from '../surface.ts'
import { hostileWrite, type HostileWrite } from './decisions.ts'

const OWNER: Did = 'did:plc:aaaaaaaaaaaaaaaaaaaaaaaa'
/** They write files where they are told to, or run other programs. */
const NOT_RUN = ['dev', 'init', 'import', 'login', 'logout', 'diff', 'sync', 'render', 'validate']
/** What they show follows from the records alone. */
const READING = [
  'get workloads',
  'get meshlets',
  'get members',
  'get bids web',
  'describe workload/web',
  'explain web',
  'trace web',
  'rollout status web',
  'rollout history web',
  'get workloads -o json',
  'get meshlets -o wide',
  'explain web -o json',
  'describe workload/db',
] as const
/** Commands that wait for more than the records are stopped after this. */
const WAIT_MS = 400
/** Newlines, tabs and colours are fine. */
// oxlint-disable-next-line no-control-regex
const UNPRINTABLE = /[\u0000-\u0008\u000b-\u001a\u001c-\u001f\u202a-\u202e]/
const NOT_A_REFUSAL = /probably a bug|This is a bug/

const names = COMMANDS.map(({ name }) => name).filter((name) => !NOT_RUN.includes(name))
const flags = COMMANDS.flatMap(({ options }) =>
  options.flatMap((option) => option.flags.split(/[ ,]+/).filter((word) => word.startsWith('-'))),
)
const argument = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'web',
      'workload/web',
      'workloads',
      '--help',
      '-o',
      'json',
      'wide',
      '--',
      '-',
      '--owner',
      OWNER,
      '1h',
      '0',
      'box',
    ),
  },
  { weight: 2, arbitrary: fc.constantFrom(...flags, '-x') },
  { weight: 2, arbitrary: hostileText },
)

interface CommandLine {
  readonly args: readonly string[]
  readonly records: readonly HostileWrite[]
}

/** The program `commune`: what is typed, and what others' records make it show. */
export const commandSurfaces: readonly Surface[] = [
  {
    name: 'cli-arguments',
    inputs: fc.record({
      args: fc
        .tuple(fc.constantFrom(...names), fc.array(argument, { maxLength: 6 }))
        .map(([name, more]) => [...name.split(' '), ...more]),
      records: fc.constant([]),
    }),
    open: openCommands,
  },
  {
    name: 'cli-views',
    inputs: fc.record({
      args: fc.constantFrom(...READING).map((line) => [...line.split(' '), '--owner', OWNER]),
      records: fc.array(hostileWrite, { minLength: 1, maxLength: 15 }),
    }),
    open: openCommands,
  },
]

async function openCommands() {
  const home = await mkdtemp(join(tmpdir(), 'commune-fuzz-'))
  const feed = async (input: unknown) => {
    const { args, records } = input as CommandLine
    const drivers = driversWith(snapshotOf(records))
    const env = { HOME: home, COMMUNE_PLC_URL: 'http://127.0.0.1:1' }
    const { code, out, err } = await runCli(args, {
      drivers,
      env,
      signal: AbortSignal.timeout(WAIT_MS),
    })
    expectThat(!NOT_A_REFUSAL.test(err), `${args.join(' ').slice(0, 200)}: ${err.slice(0, 500)}`)
    expectThat(Number.isInteger(code) && code >= 0 && code <= 130, `the exit code ${code}`)
    expectThat(!UNPRINTABLE.test(out), 'what is printed is printable')
  }
  return { feed, [Symbol.asyncDispose]: () => rm(home, { recursive: true }) }
}

/** What passes for a record at the edge. */
function snapshotOf(records: readonly HostileWrite[]): RepoSnapshot {
  const view = new MemoryView().read(OWNER)
  for (const { did, collection, rkey, value } of records) {
    const judged = judgeViewValue(collection, rkey, value)
    if (judged.ok) view.put(did as Did, collection, rkey, judged.value)
  }
  const dids = [...new Set([OWNER, ...records.map(({ did }) => did as Did)])].toSorted()
  return Object.assign(view, {
    dids,
    changedAtMs: () => 1_795_255_000_000,
    invalid: () => [],
    [Symbol.dispose]: () => undefined,
  })
}

/** Nothing but the records can be had. */
function driversWith(snapshot: RepoSnapshot): Drivers {
  const nothing = () =>
    Promise.reject(new CommuneError('unsupported', 'there is no such thing here'))
  const identity = {
    resolve: (did: string) =>
      Promise.resolve({ did: did as Did, pdsUrl: 'http://127.0.0.1:1', signingKey: '' }),
    resolveHandle: nothing,
  }
  const known: Partial<Drivers> = {
    createIdentity: () => Promise.resolve(identity),
    readRepos: () => Promise.resolve(snapshot),
  }
  const missing = (_: object, name: string | symbol) => known[name as keyof Drivers] ?? nothing
  return new Proxy(known, { get: missing }) as Drivers
}
