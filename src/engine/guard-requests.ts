import { createHash } from 'node:crypto'
import { invariant } from '../model/errors.ts'
import { assertAllowed, type EngineRequest } from './allow-list.ts'
import type { SecurityLevel } from './allowed-container.ts'

/** Where the client library sends a request; its types call it private. */
interface SendsRequests {
  buildRequest(
    request: { readonly method: string; readonly path: string },
    context: { readonly options?: { readonly level?: SecurityLevel } | undefined },
    body: unknown,
    done: (error: unknown) => void,
  ): void
}

/**
 * Puts the allow-list in front of every request that the client library sends, whichever of its methods
 * made it. What is refused fails with `forbidden` and never leaves this process.
 */
export function guardRequests(modem: unknown): void {
  const target = modem as SendsRequests
  invariant('buildRequest' in target, 'the client library sends its requests in another way')
  const send = target.buildRequest.bind(target)
  target.buildRequest = (request, context, body, done) => {
    try {
      const { method, path } = request
      const level = context.options?.level
      assertAllowed({ method, path, ...contentOf(body), level })
    } catch (error) {
      // Thrown, it would reach nobody: the library calls this later.
      done(error)
      return
    }
    send(request, context, body, done)
  }
}

/** A stream is nothing that commune sends, and is no JSON either. */
function contentOf(body: unknown): Pick<EngineRequest, 'body' | 'archive'> {
  if (body === undefined) return {}
  if (typeof body === 'string') return { body }
  if (!Buffer.isBuffer(body)) return { body: '\0' }
  return { archive: createHash('sha256').update(body).digest('hex') }
}
