import { parentPort } from 'node:worker_threads'
import { CommuneError, invariant, messageOf } from '../model/errors.ts'
import { createAttemptRunner } from './netns-attempts.ts'
import { startForward, type RunningForward } from './netns-forward.ts'
import type {
  NetnsCall,
  NetnsQuestion,
  NetnsReply,
  NetnsRequest,
  NetnsTarget,
} from './netns-messages.ts'
import { runProbe } from './netns-probe.ts'
import { createNamespaceSockets, type Namespace } from './netns-socket.ts'

/**
 * The network thread: the only one that enters namespaces of containers. Sockets can't be handed from
 * thread to thread, so the forwards and probes run here as well.
 */
function main(): void {
  const port = parentPort
  invariant(port !== null, 'the network thread was started as a program')
  const sockets = createNamespaceSockets()
  const runAttempts = createAttemptRunner()
  const forwards = new Map<number, RunningForward>()
  const questions = new Map<number, ((target: NetnsTarget | undefined) => void)[]>()

  /** Connections that come while the answer is under way wait for the same answer. */
  const relocate = (forwardId: number) =>
    new Promise<Namespace | undefined>((resolve, reject) => {
      const waiting = questions.get(forwardId) ?? []
      waiting.push((target) => {
        try {
          resolve(target && sockets.enter(target))
        } catch (error) {
          reject(error)
        }
      })
      questions.set(forwardId, waiting)
      const question: NetnsQuestion = { kind: 'where', forwardId }
      if (waiting.length === 1) port.postMessage(question)
    })

  const answer = async (request: NetnsRequest): Promise<Answer> => {
    switch (request.kind) {
      case 'check':
        sockets.check()
        return { kind: 'done' }
      case 'forward': {
        const { forwardId, target, wanted } = request
        const namespace = sockets.enter(target)
        const forward = await startForward(namespace, wanted, () => relocate(forwardId))
        forwards.set(forwardId, forward)
        return { kind: 'listening', port: forward.port }
      }
      case 'moved': {
        const waiting = questions.get(request.forwardId) ?? []
        questions.delete(request.forwardId)
        for (const resolve of waiting) resolve(request.target)
        return { kind: 'done' }
      }
      case 'move': {
        const forward = forwards.get(request.forwardId)
        invariant(forward !== undefined, 'a forward that is closed was moved')
        forward.moveTo(sockets.enter(request.target))
        return { kind: 'done' }
      }
      case 'close':
        await forwards.get(request.forwardId)?.close()
        forwards.delete(request.forwardId)
        return { kind: 'done' }
      case 'probe': {
        const namespace = sockets.enter(request.target)
        try {
          return {
            kind: 'probed',
            result: await runProbe(namespace, request.probe, request.timeoutMs),
          }
        } finally {
          namespace.close()
        }
      }
      case 'attempt': {
        const namespace = sockets.enter(request.target)
        try {
          const outcomes = await runAttempts(namespace, request.attempts, request.timeoutMs)
          return { kind: 'attempted', outcomes }
        } finally {
          namespace.close()
        }
      }
    }
  }

  port.on('message', (call: NetnsCall) => {
    void answer(call.request)
      .catch(failed)
      .then((reply) => port.postMessage({ ...reply, callId: call.callId }))
  })
}

type WithoutCallId<T> = T extends unknown ? Omit<T, 'callId'> : never
type Answer = WithoutCallId<NetnsReply>

function failed(error: unknown): Answer {
  const code = error instanceof CommuneError ? error.code : 'io'
  const known = code === 'unsupported' || code === 'not-found' ? code : 'io'
  return { kind: 'failed', code: known, message: messageOf(error) }
}

main()
