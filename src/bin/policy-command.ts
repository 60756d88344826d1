import type { Command } from 'commander'
import { readRepos } from '../atproto/feed-snapshot.ts'
import { createIdentity } from '../atproto/identity.ts'
import { publicOrigin } from '../atproto/public-origin.ts'
import { systemClock } from '../cli/system-clock.ts'
import { formatTable } from '../cli/table.ts'
import type { MeshletSettings } from '../meshlet/flags.ts'
import { partyOf } from '../meshlet/house-rules.ts'
import { createDockerEngine } from '../engine/docker.ts'
import { CommuneError, messageOf } from '../model/errors.ts'
import { COLLECTION } from '../model/nsid.ts'
import type { WorkloadRecord } from '../model/records.ts'
import { parseWorkloadUri, workloadUri } from '../model/workload-uri.ts'
import type { Engine, EngineInfo } from '../ports/engine.ts'
import { describeTerms } from '../policy/describe-terms.ts'
import { faultInGvisor } from '../policy/gvisor-fault.ts'
import { gvisorWish, withIsolation } from '../policy/isolation.ts'
import { judge } from '../policy/judge.ts'
import { STANDARD_POLICY } from '../policy/standard-policy.ts'
import { readPolicyFile } from './policy-source.ts'

const ASK_MS_MAX = 10_000

/** `meshlet policy check` and `meshlet policy explain`; the settings are those of the program itself. */
export function addPolicyCommand(program: Command, settings: () => MeshletSettings): void {
  const policy = program
    .command('policy')
    .description('Check and explain what this machine allows to whom.')
  policy
    .command('check <file>')
    .description('Say what is wrong in a policy file. Exit code 0 when nothing is.')
    .action(async (file: string) => {
      const { rules } = await readPolicyFile(file)
      process.stdout.write(
        `${file} is sound: ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'}.\n`,
      )
    })
  policy
    .command('explain <workload>')
    .description('Say what the policy says of a published workload: at://DID/…/NAME or DID/NAME.')
    .option('-o, --output <format>', 'table or json', 'table')
    .action(async (workload: string, { output }: { output: string }) => {
      await explain(workload, output, settings())
    })
}

async function explain(text: string, output: string, settings: MeshletSettings): Promise<void> {
  if (output !== 'table' && output !== 'json')
    throw new CommuneError('usage', `-o ${output}: expected table or json`)
  const [, shortOwner, shortName] = /^(did:[^/]+)\/([^/]+)$/.exec(text) ?? []
  const uri = shortOwner && shortName ? workloadUri(shortOwner as never, shortName) : text
  const parsed = parseWorkloadUri(uri)
  if (!parsed)
    throw new CommuneError(
      'usage',
      `“${text}” is no workload; expected at://DID/…/NAME or DID/NAME`,
    )
  const record = await readWorkload(uri, settings)
  const file =
    settings.policy === undefined ? STANDARD_POLICY : await readPolicyFile(settings.policy)
  const info = await askEngine(settings)
  const policy = withIsolation(file, {
    gvisor: info?.gvisor !== undefined,
    userNamespaces: info?.host?.userNamespaces ?? false,
  })
  const party = partyOf({ ownerDid: settings.owner, clusters: settings.clusters }, parsed.owner)
  const refusal =
    judge(policy, party, record, systemClock.wallMs()) ??
    (info && faultInGvisor(info.gvisor, gvisorWish(policy, party, record), record))
  const terms = describeTerms(policy, party)
  const isMember = party.isOwn || party.clusters.length > 0
  const stranger = 'its owner is in no cluster of this machine'
  const mayRun = isMember && refusal === undefined
  const why = isMember ? refusal?.message : stranger
  if (output === 'json') {
    const answer = { workload: uri, mayRun, ...(why === undefined ? {} : { why }), terms }
    process.stdout.write(`${JSON.stringify(answer, null, 2)}\n`)
    return
  }
  const rows = terms.map(({ term, value, rule }) => [term, value, rule])
  process.stdout.write(formatTable(['TERM', 'VALUE', 'RULE'], rows))
  process.stdout.write(mayRun ? `${uri} may run here.\n` : `${uri} may not run here: ${why}.\n`)
}

/** What is granted depends on the walls of the machine; without an answer it is told as if it had none. */
async function askEngine({ dockerHost }: MeshletSettings): Promise<EngineInfo | undefined> {
  const environment = process.env
  let engine: Engine | undefined
  try {
    engine = createDockerEngine({
      dockerHost: dockerHost ?? environment['DOCKER_HOST'],
      environment,
    })
    return await engine.info(AbortSignal.timeout(ASK_MS_MAX))
  } catch (error) {
    const why = messageOf(error)
    process.stderr.write(`Told without what the engine has of gVisor or user namespaces: ${why}\n`)
    return undefined
  } finally {
    await engine?.close()
  }
}

async function readWorkload(uri: string, settings: MeshletSettings): Promise<WorkloadRecord> {
  const { owner, name } = parseWorkloadUri(uri) ?? {}
  if (owner === undefined || name === undefined)
    throw new CommuneError('usage', `“${uri}” is no workload`)
  const allowPrivateAddresses = [settings.service, settings.plcUrl].some(
    (url) => url !== undefined && publicOrigin(url) === undefined,
  )
  const identity = createIdentity({
    allowPrivateAddresses,
    ...(settings.plcUrl === undefined ? {} : { plcUrl: settings.plcUrl }),
  })
  using view = await readRepos({
    identity,
    clock: systemClock,
    seed: [owner],
    grow: () => [],
    allowPrivateAddresses,
    signal: AbortSignal.timeout(30_000),
  })
  const record = view.get<WorkloadRecord>(owner, COLLECTION.workload, name)
  if (record) return record.value
  throw new CommuneError('not-found', `${owner} has no workload “${name}”`)
}
