import type { IncomingMessage } from 'node:http'
import { invariant } from '../model/errors.ts'

/** Where the client library makes a result of an answer; its types call it private. */
interface ReadsAnswers {
  buildPayload(
    error: unknown,
    isStream: boolean,
    statusCodes: Readonly<Record<number, string | true>>,
    openStdin: boolean,
    request: unknown,
    answer: IncomingMessage,
    json: unknown,
    done: (error: unknown, result: unknown) => void,
  ): void
}

/** No engine has more to say about a refusal. */
const REFUSAL_BYTES_MAX = 64 * 1024

/**
 * Makes errors of the engine's refusals in the place of the client library, which puts whatever was
 * answered into a sentence, and breaks down where nobody catches it when that is no text.
 */
export function readRefusals(modem: unknown): void {
  const target = modem as ReadsAnswers
  invariant('buildPayload' in target, 'the client library reads its answers in another way')
  const build = target.buildPayload.bind(target)
  target.buildPayload = (error, isStream, statusCodes, openStdin, request, answer, json, done) => {
    if (error || statusCodes[Number(answer.statusCode)] === true) {
      build(error, isStream, statusCodes, openStdin, request, answer, json, done)
      return
    }
    const refuse = (words: unknown) => done(refusal(Number(answer.statusCode), words), null)
    if (isStream) readWords(answer, refuse)
    else refuse(json)
  }
}

/** As the client library's own errors, so that whoever looks for the status finds it. */
function refusal(statusCode: number, words: unknown): Error {
  const said = (words as { message?: unknown } | null)?.message
  const message = typeof said === 'string' ? said : `the engine answered ${statusCode}`
  return Object.assign(new Error(message), { statusCode, json: { message } })
}

function readWords(answer: IncomingMessage, done: (words: unknown) => void): void {
  let text = ''
  answer.setEncoding('utf8')
  answer.on('data', (chunk: string) => {
    text += chunk
    if (text.length > REFUSAL_BYTES_MAX) answer.destroy()
  })
  answer.once('close', () => done(parsed(text)))
  answer.once('error', () => undefined)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
