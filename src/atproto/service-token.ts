/** The parts of a service-auth token (atproto.com/specs/xrpc, inter-service authentication). */
export interface ServiceToken {
  readonly alg: string
  readonly typ: unknown
  readonly kid: unknown
  readonly crit: unknown
  readonly iss: unknown
  readonly aud: unknown
  readonly lxm: unknown
  readonly iat: unknown
  readonly exp: unknown
  readonly jti: unknown
  /** What the signature covers. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

const BASE64URL = /^[A-Za-z0-9_-]+$/

/** Takes a token apart without believing any of it; undefined when it is none. */
export function parseToken(text: string): ServiceToken | undefined {
  const parts = text.split('.')
  const [head, body, signature] = parts
  if (parts.length !== 3 || head === undefined || body === undefined || signature === undefined) {
    return undefined
  }
  if (!parts.every((part) => BASE64URL.test(part))) return undefined
  const header = parseObject(head)
  const claims = parseObject(body)
  if (header === undefined || claims === undefined || typeof header['alg'] !== 'string') {
    return undefined
  }
  return {
    alg: header['alg'],
    typ: header['typ'],
    kid: header['kid'],
    crit: header['crit'],
    iss: claims['iss'],
    aud: claims['aud'],
    lxm: claims['lxm'],
    iat: claims['iat'],
    exp: claims['exp'],
    jti: claims['jti'],
    signed: Buffer.from(`${head}.${body}`, 'ascii'),
    signature: Buffer.from(signature, 'base64url'),
  }
}

function parseObject(base64url: string): Record<string, unknown> | undefined {
  try {
    const value = JSON.parse(Buffer.from(base64url, 'base64url').toString('utf8')) as unknown
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return value as Record<string, unknown>
  } catch {
    return undefined
  }
}
