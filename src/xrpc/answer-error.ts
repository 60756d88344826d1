import { ForbiddenError, InvalidRequestError, ResponseType, XRPCError } from '@atproto/xrpc-server'
import { CommuneError } from '../model/errors.ts'

/**
 * The one door from failures to XRPC answers. Errors by name are those of the lexicons; undefined for
 * what only a log should see.
 */
export function answerError(error: unknown): XRPCError | undefined {
  if (error instanceof XRPCError) return error
  if (!(error instanceof CommuneError)) return undefined
  switch (error.code) {
    case 'not-found':
      return new InvalidRequestError(error.message, 'WorkloadNotFound')
    case 'conflict':
      return new InvalidRequestError(error.message, 'RevisionMismatch')
    case 'invalid-input':
    case 'usage':
      return new InvalidRequestError(error.message)
    case 'forbidden':
    case 'unauthorized':
      return new ForbiddenError(error.message, 'NotAllowed')
    case 'rate-limited':
      return new XRPCError(ResponseType.RateLimitExceeded, error.message)
    case 'timeout':
    case 'interrupted':
      return new XRPCError(ResponseType.UpstreamTimeout, error.message)
    case 'unavailable':
    case 'unreachable':
    case 'engine':
    case 'engine-unreachable':
      return new XRPCError(ResponseType.NotEnoughResources, error.message, 'Unavailable')
    case 'unsupported':
      return new XRPCError(ResponseType.MethodNotImplemented, error.message)
    case 'bad-answer':
    case 'image-not-found':
    case 'image-denied':
    case 'registry-unreachable':
    case 'name-taken':
    case 'identity':
    case 'io':
    case 'internal':
      return undefined
  }
}
