import { rm } from 'node:fs/promises'
import path from 'node:path'
import { makePrivateFolder, readKept, writeKept } from './private-file.ts'
import type { SessionTokens } from './token-session.ts'

/** Tokens of an account, and for whom and where they are good. */
export interface KeptSession {
  readonly service: string
  readonly identifier: string
  readonly pdsUrl: string
  readonly tokens: SessionTokens
}

/** The kept session; undefined when there is none for this service and identifier. */
export async function readSession(
  file: string,
  wanted: { readonly service: string; readonly identifier: string },
): Promise<KeptSession | undefined> {
  const kept = await readKept(file)
  if (!isKeptSession(kept)) return undefined
  return kept.service === wanted.service && kept.identifier === wanted.identifier ? kept : undefined
}

/** Readable by its owner only: whoever has the tokens can write to the repo. */
export async function writeSession(file: string, session: KeptSession): Promise<void> {
  await makePrivateFolder(path.dirname(file))
  await writeKept(file, session)
}

export async function removeSession(file: string): Promise<void> {
  await rm(file, { force: true })
}

function isKeptSession(value: unknown): value is KeptSession {
  const kept = value as Partial<KeptSession> | null | undefined
  const tokens = kept?.tokens as Partial<SessionTokens> | null | undefined
  return (
    typeof kept?.service === 'string' &&
    typeof kept.identifier === 'string' &&
    typeof kept.pdsUrl === 'string' &&
    URL.canParse(kept.pdsUrl) &&
    typeof tokens?.accessJwt === 'string' &&
    typeof tokens.refreshJwt === 'string' &&
    typeof tokens.did === 'string' &&
    typeof tokens.handle === 'string'
  )
}
