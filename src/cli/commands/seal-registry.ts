import { candidateSet } from '../../cluster/membership.ts'
import { CommuneError } from '../../model/errors.ts'
import { parseImageReference } from '../../model/image-reference.ts'
import { parseDnsLabel } from '../../model/name.ts'
import { COLLECTION } from '../../model/nsid.ts'
import type { Did, MeshletStatusRecord, SecretRecord, WorkloadRecord } from '../../model/records.ts'
import { workloadUri } from '../../model/workload-uri.ts'
import { isHybridRecipient, RECIPIENTS_MAX } from '../../secrets/age-file.ts'
import { PASSWORD_MAX, sealRegistryLogin, USERNAME_MAX } from '../../secrets/registry-secret.ts'
import type { ConnectionOptions } from '../command-options.ts'
import type { CommandContext } from '../command-spec.ts'
import { EXIT } from '../exit.ts'
import { openGoverning, timeOf, type Governing } from '../governing.ts'
import type { Io } from '../io.ts'
import type { Reading } from '../reading.ts'

interface SealOptions extends ConnectionOptions {
  readonly workload?: string
  readonly username?: string
  readonly dryRun?: boolean
  readonly remove?: boolean
}

interface Machine {
  readonly name: string
  /** Absent: it published none, or none of the right kind. */
  readonly recipient: string | undefined
}

/** Seals a login at a registry for the machines that may run one workload. */
export async function runSealRegistry(
  context: CommandContext,
  [host = '']: readonly string[],
  options: SealOptions,
): Promise<number> {
  const { io } = context
  const registry = registryOf(host)
  const workload = workloadOf(options.workload)
  const isWritten = options.dryRun !== true
  const isSealed = options.remove !== true
  const username = isSealed ? usernameOf(options.username) : ''
  const password = isSealed && isWritten ? await passwordOf(io) : ''
  await using governing = await openGoverning(context, options)
  const { reading, session, nowMs } = governing
  const place = { owner: session.did, name: `${workload}.${registry.replaceAll(/[[\]]/g, '')}` }
  const [collection, rkey] = [COLLECTION.secret, place.name]
  const before = reading.view.get<SecretRecord>(session.did, collection, rkey)?.value
  if (!isSealed) {
    if (before === undefined) throw new CommuneError('not-found', `There is no secret ${rkey}.`)
    if (isWritten) await governing.write([{ action: 'delete', collection, rkey }])
    io.out(`${isWritten ? 'removed' : 'would remove'} ${rkey}\n`)
    io.note('Its machines may have kept the login: change it at the registry, too.\n')
    return EXIT.done
  }
  const machines = machinesFor(governing, workload)
  const recipients = recipientsOf(machines)
  if (isWritten) {
    const unsealed = {
      workload: workloadUri(session.did, workload),
      // What was deleted is not remembered, and an older one than was used is refused.
      generation: Math.max((before?.generation ?? 0) + 1, Math.floor(nowMs / 1000)),
      recipients,
      createdAt: timeOf(nowMs),
    }
    const value = await sealRegistryLogin(place, unsealed, { registry, username, password })
    await governing.write([{ action: 'put', collection, rkey, value }])
  }
  io.out(`${isWritten ? 'sealed' : 'would seal'} ${rkey} for ${namesOf(machines, true)}\n`)
  tellRest(io, reading, { machines, workload, owner: session.did })
  return EXIT.done
}

function machinesFor({ reading, session }: Governing, workload: string): readonly Machine[] {
  const { view, names } = reading
  const record = view.get<WorkloadRecord>(session.did, COLLECTION.workload, workload)?.value
  return candidateSet(view, session.did, record?.clusters)
    .candidates.filter(({ verdict }) => verdict === 'yes')
    .map(({ meshletDid }) => {
      const status = view.get<MeshletStatusRecord>(meshletDid, COLLECTION.meshletStatus, 'self')
      const key = status?.value.publicKey
      const recipient = key !== undefined && isHybridRecipient(key) ? key : undefined
      return { name: names.meshlet(meshletDid), recipient }
    })
}

function recipientsOf(machines: readonly Machine[]): string[] {
  const found = new Set(machines.flatMap(({ recipient }) => recipient ?? []))
  if (found.size === 0)
    throw new CommuneError(
      'not-found',
      'No machine that may run it has a key; nothing was sealed.',
      {
        hint: '"commune get members" says which may. Machines publish a key when they start.',
      },
    )
  if (found.size <= RECIPIENTS_MAX) return [...found]
  const message = `${found.size} machines may run it; a secret is sealed for ${RECIPIENTS_MAX} at most.`
  throw new CommuneError('usage', message, { hint: 'Name fewer clusters in the workload.' })
}

function tellRest(
  io: Io,
  { view }: Reading,
  about: {
    readonly machines: readonly Machine[]
    readonly workload: string
    readonly owner: Did
  },
): void {
  const { machines, workload, owner } = about
  if (machines.some(({ recipient }) => recipient === undefined))
    io.note(`No key yet, so not for: ${namesOf(machines, false)}. Seal again when they have one.\n`)
  if (view.get(owner, COLLECTION.workload, workload) === undefined)
    io.note(`No workload ${workload} is published yet.\n`)
  io.note('The owners of these machines could read it. A machine that comes later can’t.\n')
}

function namesOf(machines: readonly Machine[], hasKey: boolean): string {
  return machines
    .filter(({ recipient }) => (recipient !== undefined) === hasKey)
    .map(({ name }) => name)
    .join(', ')
}

function registryOf(host: string): string {
  const parsed = parseImageReference(`${host}/name/name:1`)
  if (parsed.ok && parsed.value.registry === host) return host
  throw new CommuneError('usage', `"${host}" is no registry.`, {
    hint: 'Write it as in images: ghcr.io, registry.example.org:5000, or docker.io.',
  })
}

function workloadOf(text: string | undefined): string {
  const parsed = parseDnsLabel(text ?? '')
  if (parsed.ok) return parsed.value
  throw new CommuneError('usage', `--workload ${text ?? ''}: expected ${parsed.expected}`)
}

function usernameOf(text: string | undefined): string {
  // RFC 7617: a colon ends the name. Nothing that is not printed belongs into a header.
  if (text && text.length <= USERNAME_MAX && !/[:\p{Cc}]/u.test(text)) return text
  throw new CommuneError('usage', '--username: expected the name of the login at the registry')
}

/** Never from an option, which others on this machine could see. */
async function passwordOf(io: Io): Promise<string> {
  const given = io.env['COMMUNE_REGISTRY_PASSWORD'] || (await readPassword(io))
  const password = given.replace(/\r?\n$/, '')
  if (password !== '' && password.length <= PASSWORD_MAX && !/\p{Cc}/u.test(password))
    return password
  throw new CommuneError(
    'usage',
    `The password: expected 1 to ${PASSWORD_MAX} characters in one line`,
    { hint: 'Pipe it in, or set COMMUNE_REGISTRY_PASSWORD.' },
  )
}

async function readPassword(io: Io): Promise<string> {
  if (io.isInteractive) return io.ask('Password at the registry: ', { hidden: true })
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of io.pipes?.input() ?? []) {
    chunks.push(chunk)
    bytes += chunk.length
    if (bytes > 4 * PASSWORD_MAX) break
  }
  return Buffer.concat(chunks).toString('utf8')
}
