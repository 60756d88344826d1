import { randomBytes } from 'node:crypto'
import { CommuneError } from '../model/errors.ts'
import type { Did } from '../model/records.ts'

export interface Account {
  readonly name: string
  readonly did: Did
  readonly handle: string
  /** Letters and digits only, so that it needs no quotes in a shell. */
  readonly password: string
}

/** What is kept of an account; the DID comes once the PDS has made it. */
export interface KeptAccount {
  readonly name: string
  readonly handle: string
  readonly password: string
  readonly did?: Did
}

/** A PDS takes 3 to 18 characters before its own domain, and the meshlet's name is five longer. */
const HANDLE_LABEL_MIN = 3
const OWNER_NAME_MAX = 13
const OWNER_NAME = /^[a-z]([a-z0-9-]*[a-z0-9])?$/

/** The accounts of the owners: each has her own and one for her meshlet. Fails with code `usage`. */
export function planAccounts(owners: readonly string[]): KeptAccount[] {
  const names = owners.flatMap((owner) => {
    if (!OWNER_NAME.test(owner) || owner.length > OWNER_NAME_MAX) {
      throw new CommuneError('usage', `${JSON.stringify(owner)} can't be the name of an owner.`, {
        hint: `Use at most ${OWNER_NAME_MAX} characters of a-z, 0-9 and -, the first a letter.`,
      })
    }
    return [owner, `${owner}-mesh`]
  })
  const handles = names.map(handleOf)
  const twice = names.find((_, index) => handles.indexOf(handles[index] ?? '') !== index)
  if (twice !== undefined) {
    throw new CommuneError('usage', `The name ${twice} is taken by another of the owners.`)
  }
  return names.map((name, index) => ({
    name,
    handle: handles[index] ?? '',
    password: newPassword(),
  }))
}

/** Short names are padded, since a PDS refuses handles with fewer than three characters. */
function handleOf(name: string): string {
  return name.length < HANDLE_LABEL_MIN ? `${name}-owner.test` : `${name}.test`
}

function newPassword(): string {
  return randomBytes(16).toString('hex')
}

/**
 * Makes the account, or finds the one that an earlier start made just before it died: the password
 * is kept before the account is made, so signing in with it proves that the account is ours. Fails
 * with `invalid-input` when the PDS refuses the name.
 */
export async function ensureAccount(pdsUrl: string, kept: KeptAccount): Promise<Account> {
  const { name, handle, password } = kept
  if (kept.did !== undefined) return { name, handle, password, did: kept.did }
  const created = await post(pdsUrl, 'com.atproto.server.createAccount', {
    handle,
    email: `${name}@commune.test`,
    password,
  })
  if (created.did !== undefined) return { name, handle, password, did: created.did }
  const session = await post(pdsUrl, 'com.atproto.server.createSession', {
    identifier: handle,
    password,
  })
  if (session.did !== undefined) return { name, handle, password, did: session.did }
  throw new CommuneError(
    'invalid-input',
    `The account ${handle} can't be made: ${created.message}`,
    {
      hint: 'If the name is reserved or taken, choose another one.',
    },
  )
}

async function post(
  pdsUrl: string,
  method: string,
  body: object,
): Promise<{ readonly did?: Did; readonly message: string }> {
  const response = await fetch(`${pdsUrl}/xrpc/${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  const answer = (await response.json()) as { did?: Did; message?: string }
  const message = answer.message ?? `status ${response.status}`
  return response.ok && answer.did !== undefined ? { did: answer.did, message } : { message }
}
