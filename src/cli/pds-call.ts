import { pdsError } from '../atproto/pds-error.ts'
import type { Session } from '../atproto/session.ts'

/** Runs one call to the PDS of a session; what it rejects with says what to do. */
export async function pdsCall<T>(session: Session, call: () => Promise<T>): Promise<T> {
  try {
    return await call()
  } catch (error) {
    throw pdsError(error, { service: session.pdsUrl, identifier: session.handle })
  }
}
