import type { Agent, ClientRequest, IncomingMessage } from 'node:http'
import { CommuneError } from '../model/errors.ts'

/** Node calls this on the agent of every request; its types leave it out. */
interface AddsRequests {
  addRequest(request: ClientRequest, ...rest: unknown[]): void
}

/** Of an answer that is kept whole: far more than an engine has to say at once. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024

/**
 * Makes a request fail when its answer breaks off half-way, or goes on for more than 64 MiB although it
 * is no stream. Docker's client library waits for the end of an answer only, so that an engine that dies
 * while it speaks would be waited for until the time-out, and one that never ends would fill the memory.
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
      // By then the library has begun to gather the answer, unless it hands it out as a stream.
      process.nextTick(() => {
        if (answer.listenerCount('data') > 0) endWhenTooLong(answer)
      })
    })
    add(request, ...rest)
  }
  return agent
}

function endWhenTooLong(answer: IncomingMessage): void {
  let bytes = 0
  answer.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes > ANSWER_BYTES_MAX) answer.destroy(tooLong())
  })
}

function tooLong(): CommuneError {
  const message = `The engine’s answer is longer than ${ANSWER_BYTES_MAX / 1024 ** 2} MiB`
  return new CommuneError('engine', message, {
    hint: 'see whether it is an engine that answers there',
  })
}
