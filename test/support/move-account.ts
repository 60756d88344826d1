import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Agent } from '@atproto/api'
import { Secp256k1Keypair } from '@atproto/crypto'
import * as plc from '@did-plc/lib'
import { openSession, type Session } from '../../src/atproto/session.ts'
import { startPds, type RunningPds } from '../../src/dev/pds.ts'
import type { TestNetwork } from '../../src/dev/test-network.ts'
import type { RealCommune } from './real-commune.ts'
import { pdsApi } from './pds-api.ts'

/** A second PDS of the commune's network, without accounts. */
export function startSecondPds({ network }: RealCommune): Promise<RunningPds> {
  return startPds({ dir: join(network.dir, 'second-pds'), plcUrl: network.plcUrl })
}

/**
 * Moves an account to another PDS as its owner would (atproto.com/guides/account-migration): account,
 * repo, DID document with new keys, then the old one is deactivated. The password stays the same.
 * Gives a session on the new one.
 */
export async function moveAccount(
  commune: RealCommune,
  name: string,
  to: RunningPds,
): Promise<Session> {
  const { did, handle, password } = commune.network.account(name)
  const before = await commune.session(name)
  const old = pdsApi(before)
  const lxm = 'com.atproto.server.createAccount'
  const token = await before.getServiceAuth({ aud: `did:web:localhost%3A${to.port}`, lxm })
  const account = { did, handle, password, email: `${name}@second.test` }
  const proof = {
    headers: { authorization: `Bearer ${token}` },
    encoding: 'application/json' as const,
  }
  await new Agent(to.url).com.atproto.server.createAccount(account, proof)
  const session = await openSession({ service: to.url, identifier: did, password })
  const fresh = pdsApi(session)
  const { data: car } = await old.com.atproto.sync.getRepo({ did })
  await fresh.com.atproto.repo.importRepo(car, { encoding: 'application/vnd.ipld.car' })
  const wanted = await fresh.com.atproto.identity.getRecommendedDidCredentials()
  await updateDid(
    placeOf(commune),
    did,
    (before) => ({ ...before, ...wanted.data }) as typeof before,
  )
  await fresh.com.atproto.server.activateAccount()
  await old.com.atproto.server.deactivateAccount({})
  return session
}

type Operation = Parameters<Parameters<typeof plc.createUpdateOp>[2]>[0]

/** Changes the DID document of an account, signed with the rotation key of the network's PDS. */
export async function updateDid(
  network: Pick<TestNetwork, 'dir' | 'plcUrl'>,
  did: string,
  change: (before: Operation) => Operation,
): Promise<void> {
  const client = new plc.Client(network.plcUrl)
  const last = await client.getLastOp(did)
  if (last.type === 'plc_tombstone') throw new Error(`${did} was deleted`)
  const key = await Secp256k1Keypair.import((await secretsOf(network.dir)).rotationKey)
  await client.sendOperation(did, await plc.createUpdateOp(last, key, change))
}

/** Takes an account down, or puts it back, as the operator of its PDS can. */
export async function takeDown(commune: RealCommune, name: string, applied: boolean) {
  const { network } = commune
  const { adminPassword } = await secretsOf(placeOf(commune).dir)
  const response = await fetch(`${network.pdsUrl}/xrpc/com.atproto.admin.updateSubjectStatus`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`admin:${adminPassword}`).toString('base64')}`,
    },
    body: JSON.stringify({
      subject: { $type: 'com.atproto.admin.defs#repoRef', did: commune.did(name) },
      takedown: { applied },
    }),
  })
  if (!response.ok) throw new Error(await response.text())
}

/** Where the network itself keeps what it needs, below what belongs to the commune. */
function placeOf({ network: { dir, plcUrl } }: RealCommune) {
  return { dir: join(dir, 'network'), plcUrl }
}

/** Of the folder of a network. */
async function secretsOf(dir: string) {
  const text = await readFile(join(dir, 'pds', 'secrets.json'), 'utf8')
  const secrets = JSON.parse(text) as Record<string, string>
  return {
    rotationKey: secrets['plcRotationKeyK256PrivateKeyHex'] ?? '',
    adminPassword: secrets['adminPassword'] ?? '',
  }
}
