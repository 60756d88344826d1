import { resolve } from 'node:path'
import type { Network } from '../../dev/network.ts'
import type { CommandContext } from '../command-spec.ts'
import { startDevMeshlets } from '../dev-meshlets.ts'
import { EXIT } from '../exit.ts'
import type { Io } from '../io.ts'
import { noteLog } from '../note-log.ts'
import { trialPolicy } from '../trial-policy.ts'

interface DevOptions {
  readonly data?: string
  readonly members?: string
  readonly meshlets?: boolean
  readonly json?: boolean
  readonly policy?: string
}

const DEFAULT_FOLDER = '.commune-dev'
const DEFAULT_MEMBERS = 'alice,bob,carol'

/** Runs the network until Ctrl-C or SIGTERM, which here is the way to end it and no failure. */
export async function runDev(
  { io, drivers }: CommandContext,
  _args: readonly string[],
  options: DevOptions,
): Promise<number> {
  const dir = resolve(options.data ?? DEFAULT_FOLDER)
  const owners = namesIn(options.members ?? DEFAULT_MEMBERS)
  if (options.json !== true) io.note(`Starting a PDS and a PLC directory; data in ${dir}\n`)
  await using network = await drivers.startNetwork({ dir, owners, log: noteLog(io) })
  await using _meshlets =
    options.meshlets === true
      ? await startDevMeshlets({
          ...{ io, drivers, network, dir, owners },
          policy: options.policy === undefined ? await trialPolicy(dir) : resolve(options.policy),
        })
      : undefined
  if (options.json === true) io.out(`${JSON.stringify(describe(network))}\n`)
  else io.out(summary(network, io))
  await untilAborted(io.signal)
  if (options.json !== true) io.note('Stopping.\n')
  return EXIT.done
}

function namesIn(list: string): readonly string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** The contract of `--json`. */
function describe(network: Network) {
  return {
    plcUrl: network.plcUrl,
    pdsUrl: network.pdsUrl,
    accounts: network.accounts.map(({ name, did, handle, password }) => ({
      name,
      did,
      handle,
      password,
    })),
  }
}

function summary(network: Network, io: Io): string {
  const first = network.accounts[0]
  const width = Math.max(...network.accounts.map(({ handle }) => handle.length))
  const lines = [
    'The network is ready.',
    '',
    `  PDS  ${network.pdsUrl}`,
    `  PLC  ${network.plcUrl}`,
    '',
    ...network.accounts.map(
      ({ handle, did, password }) => `  ${handle.padEnd(width)}  ${did}  password ${password}`,
    ),
  ]
  if (first === undefined) return `${lines.join('\n')}\n`
  return [
    ...lines,
    '',
    `In another terminal, to act as ${first.name}:`,
    '',
    `  export COMMUNE_SERVICE=${network.pdsUrl}`,
    `  export COMMUNE_PLC_URL=${network.plcUrl}`,
    `  export COMMUNE_IDENTIFIER=${first.handle}`,
    `  export COMMUNE_PASSWORD=${first.password}`,
    '',
    ...(io.isInteractive ? ['Ctrl-C ends it; the data stays, containers do not.', ''] : []),
  ].join('\n')
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    if (signal.aborted) return done()
    signal.addEventListener('abort', () => done(), { once: true })
  })
}
