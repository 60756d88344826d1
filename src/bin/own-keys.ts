import path from 'node:path'
import { isKeptKey, openHeartbeatKey, type HeartbeatKey } from '../atproto/heartbeat-key.ts'
import { systemClock } from '../cli/system-clock.ts'
import type { Log } from '../ports/log.ts'
import type { SealKey } from '../ports/seal-key.ts'
import { isKeptIdentity, openSealKey } from '../secrets/seal-key.ts'
import { checkJsonFile } from '../storage/check-json-file.ts'

/** The keys that a machine makes for itself, and keeps in its state folder. */
export interface OwnKeys {
  readonly heartbeat: HeartbeatKey
  readonly seal: SealKey
}

/** Makes those that are missing. What can't be used is put aside first. */
export async function openOwnKeys(stateDir: string, log: Log): Promise<OwnKeys> {
  const [heartbeatFile, sealFile] = ['heartbeat.key', 'seal.key'].map((name) =>
    path.join(stateDir, name),
  ) as [string, string]
  const nowMs = systemClock.wallMs()
  await checkJsonFile({ file: heartbeatFile, isFine: isKeptKey, log, nowMs })
  await checkJsonFile({ file: sealFile, isFine: isKeptIdentity, log, nowMs })
  return { heartbeat: await openHeartbeatKey(heartbeatFile), seal: await openSealKey(sealFile) }
}
