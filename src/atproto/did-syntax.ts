import type { Did } from '../model/records.ts'

const DID_PLC = /^did:plc:[a-z2-7]{24}$/
const DOMAIN =
  /^(?=.{1,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?$/
const DID_WEB = 'did:web:'
const LOCALHOST = /^localhost(%3A\d{1,5})?$/

export type DidSyntax =
  | { readonly ok: true; readonly did: Did; readonly method: 'plc' | 'web' }
  | { readonly ok: false; readonly error: string }

/**
 * Checks that this is a DID of a method that atproto blesses (atproto.com/specs/did). A did:web is a
 * bare host name: no path, no escapes, no address; `localhost` with a port only where `allowLocalhost`.
 */
export function parseDid(text: string, options: { allowLocalhost?: boolean } = {}): DidSyntax {
  if (text.startsWith('did:plc:')) {
    if (DID_PLC.test(text)) return { ok: true, did: text as Did, method: 'plc' }
    return { ok: false, error: `${quoted(text)} is not a valid did:plc.` }
  }
  if (text.startsWith(DID_WEB)) {
    const host = text.slice(DID_WEB.length)
    const localhost = options.allowLocalhost === true && LOCALHOST.test(host)
    if (localhost || DOMAIN.test(host)) return { ok: true, did: text as Did, method: 'web' }
    return { ok: false, error: `${quoted(text)} must be did:web: and a bare public host name.` }
  }
  return { ok: false, error: `${quoted(text)} is neither a did:plc nor a did:web.` }
}

/** In quotes, without control characters, and cut: the text may come from anywhere. */
function quoted(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text)
}
