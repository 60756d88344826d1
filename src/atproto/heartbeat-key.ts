import { P256Keypair } from '@atproto/crypto'
import { randomBytes } from 'node:crypto'
import path from 'node:path'
import { CommuneError } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { Did } from '../model/records.ts'
import { makePrivateFolder, readKept, writeKept } from './private-file.ts'
import { HEARTBEAT_KID, SERVICE_FRAGMENT } from './service-auth.ts'

/** The key with which a meshlet signs its heartbeats; see docs/decisions/0001-heartbeat-auth.md. */
export interface HeartbeatKey {
  /** did:key, for the field `heartbeatKey` of `meshletStatus`. */
  readonly publicKey: string
  sign(message: Uint8Array): Promise<Uint8Array>
}

const LIFETIME_SECONDS = 60
const KEY_BYTES = 32

/** The key in the file, which is made when there is none; readable by its owner only. */
export async function openHeartbeatKey(file: string): Promise<HeartbeatKey> {
  const kept = await readKept(file)
  if (kept === undefined) {
    const pair = await P256Keypair.create({ exportable: true })
    await makePrivateFolder(path.dirname(file))
    await writeKept(file, Buffer.from(await pair.export()).toString('hex'))
    return keyOf(pair)
  }
  if (!isKeptKey(kept)) {
    throw new CommuneError('io', `${file} is damaged: it holds no key.`, {
      hint: 'Delete it: a new key is made and published.',
    })
  }
  return keyOf(await P256Keypair.import(Buffer.from(kept, 'hex').subarray(0, KEY_BYTES)))
}

/** Whether a file that `openHeartbeatKey` keeps holds this. */
export function isKeptKey(content: unknown): content is string {
  return typeof content === 'string' && /^[0-9a-f]{64}$/.test(content)
}

/** A token for one heartbeat, signed here, so that no PDS needs to be asked. */
export async function signHeartbeatToken(
  key: HeartbeatKey,
  from: Did,
  to: Did,
  /** The time at the receiver, as far as known, milliseconds since 1970. */
  theirNowMs: number,
): Promise<string> {
  const iat = Math.floor(theirNowMs / 1000)
  const header = { typ: 'JWT', alg: 'ES256', kid: HEARTBEAT_KID }
  const claims = {
    iss: from,
    aud: `${to}${SERVICE_FRAGMENT}`,
    lxm: METHOD.heartbeat,
    iat,
    exp: iat + LIFETIME_SECONDS,
    jti: randomBytes(16).toString('hex'),
  }
  const signed = `${encode(header)}.${encode(claims)}`
  const signature = await key.sign(Buffer.from(signed, 'ascii'))
  return `${signed}.${Buffer.from(signature).toString('base64url')}`
}

function keyOf(pair: P256Keypair): HeartbeatKey {
  return { publicKey: pair.did(), sign: (message) => pair.sign(message) }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
