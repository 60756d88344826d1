/** What a registry asks for in `WWW-Authenticate` (RFC 9110 §11.6.1; distribution specification, token). */
export type Challenge =
  | { readonly scheme: 'basic' }
  | {
      readonly scheme: 'bearer'
      readonly realm: string
      readonly service?: string
      readonly scope?: string
    }

const PARAMETER = /([a-zA-Z]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/g
const HEADER_LENGTH_MAX = 4096

/** The first challenge that we can answer; undefined when there is none. */
export function parseChallenge(header: string | null): Challenge | undefined {
  if (header === null || header.length > HEADER_LENGTH_MAX) return undefined
  const bearer = /(?:^|,)\s*bearer\s+/i.exec(header)
  if (bearer === null) return /(?:^|,)\s*basic\b/i.test(header) ? { scheme: 'basic' } : undefined
  const values = new Map<string, string>()
  for (const [, name, quoted, plain] of header
    .slice(bearer.index + bearer[0].length)
    .matchAll(PARAMETER)) {
    const value = quoted === undefined ? plain : quoted.replaceAll(/\\(.)/g, '$1')
    if (name !== undefined && value !== undefined) values.set(name.toLowerCase(), value)
  }
  const realm = values.get('realm')
  if (realm === undefined) return undefined
  const service = values.get('service')
  const scope = values.get('scope')
  return {
    scheme: 'bearer',
    realm,
    ...(service === undefined ? {} : { service }),
    ...(scope === undefined ? {} : { scope }),
  }
}
