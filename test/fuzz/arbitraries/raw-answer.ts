import fc from 'fast-check'
import type { RawAnswer } from '../answering-server.ts'
import { hostileText, mutatedText } from './hostile-text.ts'
import { mutatedValue } from './hostile-value.ts'
import { jsonText } from './yaml-text.ts'

const HEADERS = [
  'content-type',
  'content-length',
  'transfer-encoding',
  'content-encoding',
  'location',
  'retry-after',
  'docker-content-digest',
  'www-authenticate',
  'ratelimit-reset',
  'set-cookie',
  'x',
] as const
const VALUES = [
  'application/json',
  'text/html',
  '0',
  '-1',
  '99999999999999999999',
  'chunked',
  'gzip',
  'br',
  '/',
  'http://169.254.169.254/',
  'https://[::1]/',
  'NaN',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.raw-stream',
] as const
const STATUS = [
  200, 200, 200, 200, 201, 204, 301, 302, 307, 400, 401, 403, 404, 409, 410, 429, 500, 502, 503,
  599,
] as const

const headerValue = fc
  .oneof(fc.constantFrom(...VALUES), hostileText)
  .map((text) => text.replaceAll(/[\r\n]/g, '').slice(0, 8_000))

/** Answers with JSON that is nearly what is asked for, and all else that a server can send. */
export function rawAnswer(
  bodies: fc.Arbitrary<unknown>,
  headers: fc.Arbitrary<readonly (readonly [string, string])[]> = fc.constant([]),
): fc.Arbitrary<RawAnswer> {
  const text = fc.oneof(
    { weight: 5, arbitrary: mutatedValue(bodies, 2).map(jsonText) },
    { weight: 1, arbitrary: mutatedText(bodies.map(jsonText), ['{', '[', '"', '\\u0000', 'null']) },
  )
  const more = fc.array(fc.tuple(fc.constantFrom(...HEADERS), headerValue), { maxLength: 1 })
  return fc
    .record({
      status: fc.constantFrom(...STATUS),
      more,
      text,
      usual: headers,
      isPlain: fc.boolean(),
    })
    .map(({ status, more, text, usual, isPlain }) => ({
      status,
      headers: [['content-type', 'application/json'] as const, ...usual, ...(isPlain ? [] : more)],
      body: Uint8Array.from(Buffer.from(text)),
    }))
}
