import type { Agent, ClientRequest } from 'node:http'

/** Node calls this on the agent of every request; its types leave it out. */
interface AddsRequests {
  addRequest(request: ClientRequest, ...rest: unknown[]): void
}

/**
 * Makes a request fail when its answer breaks off half-way. Docker's client library waits for the end
 * of an answer only, so that an engine that dies while it speaks would be waited for until the time-out.
 * Redirects are not followed.
 */
export function failOnBrokenAnswers<T extends Agent>(agent: T): T {
  const target = agent as unknown as AddsRequests
  const add = target.addRequest.bind(agent)
  target.addRequest = (request, ...rest) => {
    // An engine sends nobody elsewhere, and the client library would go wherever it is sent.
    request.prependOnceListener('response', (answer) => delete answer.headers.location)
    request.once('response', (answer) => {
      answer.once('error', (error) => request.emit('error', error))
    })
    add(request, ...rest)
  }
  return agent
}
