/** The places of the stack by which the fault is known. */
const PLACES = ['Parser.finish', 'onHttpSocketEnd']

/**
 * Lets the process live through one known fault of the HTTP client that Node brings along
 * (nodejs/undici#5360): a server that ends the connection while the client is still behind with its
 * answer makes it throw where nobody can catch it. The call itself then ends by its time-out. Every other
 * error that nobody catches ends the process as before.
 */
export function surviveParserFault(onFault: (error: Error) => void): void {
  process.on('uncaughtException', (error) => {
    if (isParserFault(error)) return onFault(error)
    throw error
  })
}

/** Whether this is that fault and nothing else. */
export function isParserFault(error: unknown): error is Error {
  // Loading the class that it is of would take longer than the rest of a small command.
  if (!(error instanceof Error) || error.name !== 'AssertionError') return false
  const stack = error.stack ?? ''
  return PLACES.every((place) => stack.includes(place))
}
