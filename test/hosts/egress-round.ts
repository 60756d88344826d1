/**
 * A network and one meshlet on it, inside of a walled host: `egress-round.ts FOLDER DOCKER_HOST IMAGE`.
 * Publishes one workload with a way to the internet, and prints as JSON, a line each, what is known of
 * it whenever that changes.
 */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { startDaemon } from '../../src/bin/meshlet-daemon.ts'
import { startNetwork } from '../../src/dev/network.ts'
import { COLLECTION } from '../../src/model/nsid.ts'
import type { BidRecord, MeshletStatusRecord } from '../../src/model/records.ts'
import { silentLog } from '../../src/ports/log.ts'
import { runCli } from '../cli/run-cli.ts'
import type { Seen } from './start-egress-round.ts'

const [folder = '', dockerHost = '', image = ''] = process.argv.slice(2)
const LOOK_EVERY_MS = 200

const network = await startNetwork({
  dir: join(folder, 'network'),
  owners: ['alice'],
  log: silentLog,
})
const account = (name: string) => {
  const found = network.accounts.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no account ${name}`)
  return found
}
const [alice, mesh] = [account('alice'), account('alice-mesh')]
const commune = async (...args: readonly string[]) => {
  const { code, out, err } = await runCli(args, {
    env: {
      COMMUNE_SERVICE: network.pdsUrl,
      COMMUNE_PLC_URL: network.plcUrl,
      COMMUNE_IDENTIFIER: alice.handle,
      COMMUNE_PASSWORD: alice.password,
      XDG_CONFIG_HOME: join(folder, 'config'),
    },
  })
  if (code !== 0) throw new Error(`commune ${args.join(' ')} ended with ${code}: ${out}${err}`)
  return out
}

await commune('meshlet', 'add', mesh.did, '--name', 'box')
const daemon = await startDaemon(
  {
    did: mesh.did,
    owner: alice.did,
    clusters: new Map(),
    service: network.pdsUrl,
    identifier: mesh.did,
    password: mesh.password,
    plcUrl: network.plcUrl,
    stateDir: join(folder, 'meshlet'),
    // Where a careless owner would have it listen.
    listenHost: '0.0.0.0',
    listenPort: 0,
    dockerHost,
    cpuMilli: 1_000,
    memoryBytes: 1024 ** 3,
    storageBytes: 1024 ** 3,
    labels: {},
    liveness: 'fast',
    logFormat: 'text',
    verbose: false,
  },
  '0.0.0-test',
  silentLog,
)
const set = join(folder, 'workloads')
await mkdir(set, { recursive: true })
const workload = {
  kind: 'Workload',
  name: 'web',
  image,
  egress: 'internet',
  replicas: 2,
  resources: { cpu: '100m', memory: '32Mi' },
  placement: { bidWindow: '1s' },
}
// JSON is YAML.
await writeFile(join(set, 'web.yaml'), JSON.stringify(workload))
await commune('sync', set, '--set', 'walls')

let before = ''
for (;;) {
  const text = JSON.stringify(await look())
  if (text !== before) process.stdout.write(`${text}\n`)
  before = text
  await pause(LOOK_EVERY_MS)
}

async function look(): Promise<Seen> {
  const { view, walls } = daemon.meshlet
  const [[, bid] = []] = view.list<BidRecord>(mesh.did, COLLECTION.bid)
  const status = view.get<MeshletStatusRecord>(mesh.did, COLLECTION.meshletStatus, 'self')
  const canary = walls.canary.known('internet')
  const message = bid?.value.message
  return {
    port: Number(new URL(daemon.url).port),
    bid: message ?? (bid === undefined ? 'none' : `${bid.value.slots} slots`),
    canary: canary.kind === 'open' ? canary.open.join('; ') : canary.kind,
    labels: (status?.value.labels ?? []).map(({ name, value }) => `${name}=${value}`),
    told: message === undefined ? '' : await commune('explain', 'web'),
  }
}
