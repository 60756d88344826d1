import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { startRegistry } from '../../src/dev/registry.ts'
import { formatMs } from './narrator.ts'
import { OWNERS, type Published, type Stage } from './stage.ts'
import { copyWithStandIns } from './stand-ins.ts'

/** What `commune get bids -o json` prints, as far as the demo reads it. */
interface Happening {
  readonly kind: string
  readonly time: string
}

/** What a machine notes when the PDS has its bid. */
const BIDS: ReadonlySet<string> = new Set(['offered', 'passed', 'refused'])

/** The chapters in their order. What has to outlive them is left on the stack. */
export async function tellStory(
  stage: Stage,
  examples: string,
  stack: AsyncDisposableStack,
): Promise<void> {
  await machinesJoin(stage)
  stage.tell.chapter(
    'The examples name public images; small stand-ins are built and served on loopback',
  )
  const registry = stack.use(await startRegistry())
  const copy = await copyWithStandIns(examples, stage.workloads, registry)
  for (const line of copy.replaced) stage.tell.say(line)
  await folderIsSynced(stage)
  await choiceIsExplained(stage)
  await portsAnswer(stage)
  await killedReplicaIsRepaired(stage)
  await watchFollowsTheFolder(stage)
  await lostMachineIsReplaced(stage)
}

async function machinesJoin(stage: Stage): Promise<void> {
  const { tell } = stage
  tell.chapter('Three people contribute a machine each, and list one another')
  await Promise.all(
    OWNERS.map(async (owner) => {
      const machine = stage.account(`${owner}-mesh`)
      await stage.run(owner, ['meshlet', 'add', machine.did, '--name', machine.name])
      await stage.startMachine(owner)
    }),
  )
  tell.say('alice:  $ commune meshlet add alice-mesh')
  tell.say('        $ meshlet --did=alice-mesh --owner=alice --cluster-members=bob,carol')
  tell.say('bob and carol do the same on their machines (names stand for DIDs)')
  await stage.until('all machines see each other', async () => {
    const members = await stage.rows<{ readonly verdict: string }>('alice', ['get', 'members'])
    return members.filter(({ verdict }) => verdict === 'yes').length === OWNERS.length
  })
  await stage.show('alice', ['get', 'members'])
}

async function folderIsSynced(stage: Stage): Promise<void> {
  stage.tell.chapter('Alice publishes a folder of YAML files')
  await stage.show('alice', ['sync', stage.workloads], ['sync', 'examples/workloads'])
  await stage.runs('site', 2)
  await stage.runs('api', 3)
  await stage.runs('worker', 1)
  stage.tell.say('three of them run; the others need what this version can’t do yet, and wait:')
  await stage.show('alice', ['get', 'workloads'])
}

async function choiceIsExplained(stage: Stage): Promise<void> {
  stage.tell.chapter(
    'Who bid, who was chosen, and why: anybody can recompute it from public records',
  )
  await stage.show('alice', ['explain', 'site'])
  await stage.show('alice', ['explain', 'database'])
}

async function portsAnswer(stage: Stage): Promise<void> {
  stage.tell.chapter(
    'Each replica answers on the loopback of its machine; it can itself reach nobody',
  )
  const rows = await stage.rows<Published>('alice', ['get', 'workloads', 'site'])
  const endpoints = rows.flatMap(({ replicas }) => replicas.flatMap((one) => one.endpoints ?? []))
  for (const { address } of endpoints) {
    const answer = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(5_000) })
    stage.tell.say(`$ curl http://${address}/`)
    stage.tell.quote(stage.named(await answer.text()))
  }
}

async function killedReplicaIsRepaired(stage: Stage): Promise<void> {
  const { tell, docker } = stage
  tell.chapter('Somebody kills a container by hand')
  const victim = await stage.container('site')
  tell.say(`$ docker kill ${victim.name}`)
  const killedMs = Date.now()
  await docker.kill(victim.id)
  const startedAgain = async () =>
    (await docker.containers('site')).find(({ startedAtMs }) => startedAtMs > killedMs)
  await stage.until('it runs again', async () => (await startedAgain()) !== undefined)
  const took = ((await startedAgain())?.startedAtMs ?? killedMs) - killedMs
  tell.say(`${stage.ownerOf(victim)}’s meshlet had it running again after ${formatMs(took)}`)
  await stage.runs('site', 2)
}

async function watchFollowsTheFolder(stage: Stage): Promise<void> {
  const { tell } = stage
  tell.chapter('Alice keeps `commune sync --watch --prune` running and edits her files')
  await using watch = stage.start(
    'alice',
    ['sync', stage.workloads, '--watch', '--prune', '--yes'],
    'watch.log',
  )
  tell.say(`$ commune sync workloads --watch --prune &   (process ${watch.process.pid})`)
  await newFileRuns(stage)
  await countIsRaised(stage)
  tell.say('she deletes worker.yaml')
  await rm(join(stage.workloads, 'worker.yaml'))
  await stage.runs('worker', 0)
  tell.say('the worker is gone, from her repo and from the machine')
}

async function newFileRuns(stage: Stage): Promise<void> {
  const { tell, docker } = stage
  const site = await readFile(join(stage.workloads, 'site.yaml'), 'utf8')
  const image = /^image: (\S+)/m.exec(site)?.[1]
  tell.say('she writes hello.yaml, with an image that the machines have already')
  await writeFile(
    join(stage.workloads, 'hello.yaml'),
    `kind: Workload\nname: hello\nimage: ${image}\nresources: { cpu: 250m, memory: 16Mi }\n`,
  )
  await stage.runs('hello', 1)
  const container = await stage.container('hello')
  const events = await stage.rows<Happening>('alice', ['events', 'hello'])
  const [workload] = await stage.rows<Published>('alice', ['get', 'workloads', 'hello'])
  const publishedMs = Date.parse(workload?.record.createdAt ?? '')
  const bids = events.filter(({ kind }) => BIDS.has(kind))
  const lastBidMs = Math.max(...bids.map(({ time }) => Date.parse(time)))
  const dockerMs = await docker.timeOneStart(container)
  tell.say(`from the sync’s commit to running: ${formatMs(container.startedAtMs - publishedMs)}`)
  tell.say(
    `from when the PDS had the last bid to running: ${formatMs(container.startedAtMs - lastBidMs)}; Docker alone ` +
      `takes ${formatMs(dockerMs)} for a network, and such a container created and started on it`,
  )
}

async function countIsRaised(stage: Stage): Promise<void> {
  const { tell, docker } = stage
  tell.say('she changes `replicas: 2` to `replicas: 3` in site.yaml')
  const file = join(stage.workloads, 'site.yaml')
  const before = new Set((await docker.containers('site')).map(({ id }) => id))
  await writeFile(file, (await readFile(file, 'utf8')).replace('replicas: 2', 'replicas: 3'))
  await stage.runs('site', 3)
  const after = await docker.containers('site')
  const added = after.filter(({ id }) => !before.has(id))
  if (after.length - added.length !== 2) throw new Error('a replica that ran was touched')
  const machines = added.map((one) => `${stage.ownerOf(one)}’s`).join(' and ')
  tell.say(`the third one runs on ${machines} machine; the other two were not touched`)
}

async function lostMachineIsReplaced(stage: Stage): Promise<void> {
  const { tell, docker } = stage
  tell.chapter('A machine is lost')
  const victim = stage.ownerOf(await stage.container('hello'))
  const { did } = stage.account(`${victim}-mesh`)
  tell.say(`$ kill -9 ${victim}-mesh, and its containers go with it`)
  const killedMs = Date.now()
  await stage.killMachine(victim)
  await docker.sweep([did])
  await stage.runs('hello', 1)
  const replacement = await stage.container('hello')
  const savior = stage.ownerOf(replacement)
  tell.say(
    `the others agree that it is down, and ${savior}’s machine runs hello ` +
      `${formatMs(replacement.startedAtMs - killedMs)} after the loss`,
  )
  await stage.runs('site', 3)
  await stage.show('alice', ['get', 'workloads'])
  tell.say(`${victim}’s machine comes back`)
  await stage.startMachine(victim)
  await stage.runs('api', 3)
  await stage.runs('hello', 1)
  const after = stage.ownerOf(await stage.container('hello'))
  if (after !== savior) throw new Error(`hello moved back to ${after}`)
  tell.say(`every workload is at its count; hello stays with ${savior}, nothing moves without need`)
}
