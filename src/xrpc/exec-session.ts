import type WebSocket from 'ws'
import { farm } from '../lexicons/index.ts'
import { CommuneError } from '../model/errors.ts'
import { METHOD } from '../model/nsid.ts'
import type { InteractInput, TerminalSize } from '../ports/engine.ts'
import type { ExecOutput } from './api.ts'
import { encodeExecMessage, type ExecMessage } from './exec-messages.ts'
import { messagesOf, openStream, type StreamTarget } from './stream-client.ts'

export interface ExecSession extends Omit<StreamTarget, 'method' | 'params'> {
  readonly params: { readonly workload: string; readonly replica?: number }
  readonly command: readonly string[]
  readonly terminal?: TerminalSize | undefined
  /** What the command reads; its end is the end of its standard input. */
  readonly input: AsyncIterable<InteractInput>
  readonly signal: AbortSignal
}

/** The largest piece of input that is sent at once. */
const PIECE_BYTES_MAX = 32 * 1024

/**
 * Runs a command inside of a replica on one machine. What it writes is handed on, and then how it
 * ended. When the signal is aborted, or nobody reads any more, the connection ends, and the machine
 * kills it. Fails as `subscribeLogs` does, and with `unsupported`.
 */
export async function* runCommand(session: ExecSession): AsyncGenerator<ExecOutput> {
  const { signal, command, terminal, input, ...target } = session
  const socket = openStream({ ...target, method: METHOD.exec })
  socket.once('open', () => void send(socket, { kind: 'start', command, terminal }, input))
  for await (const message of messagesOf(socket, signal)) {
    const item = readMessage(message)
    yield item
    if (item.kind === 'end') return
  }
}

/** A connection that has ended is told of by whoever reads. */
async function send(
  socket: WebSocket,
  start: ExecMessage,
  input: AsyncIterable<InteractInput>,
): Promise<void> {
  try {
    await sendOne(socket, start)
    for await (const item of input) {
      if (item.kind === 'resize') await sendOne(socket, item)
      else
        for (let from = 0; from < item.data.length; from += PIECE_BYTES_MAX) {
          const data = item.data.subarray(from, from + PIECE_BYTES_MAX)
          await sendOne(socket, { kind: 'data', data })
        }
    }
    await sendOne(socket, { kind: 'end' })
  } catch {
    // Told of by whoever reads.
  }
}

/** Resolves when the message is on its way, so that no more is read than the other side takes. */
function sendOne(socket: WebSocket, message: ExecMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.send(encodeExecMessage(message), (error) => (error ? reject(error) : resolve()))
  })
}

function readMessage(message: object): ExecOutput {
  const { output, exit } = farm.meshlet.exec
  const typed = { ...message, $type: fullType(message) }
  const written = output.safeParse(typed)
  if (written.success) {
    const { stream, data } = written.value
    return { kind: 'data', stream: stream === 'stderr' ? 'stderr' : 'stdout', data }
  }
  const ended = exit.safeParse(typed)
  if (!ended.success) throw new CommuneError('bad-answer', 'This is not what a command gives.')
  const { exitCode, reason } = ended.value as farm.meshlet.exec.Exit
  return { kind: 'end', exitCode, reason }
}

/** Frames name a type of their own method by its last part. */
function fullType(message: object): string {
  const type = '$type' in message ? String(message.$type) : ''
  return type.startsWith('#') ? `${METHOD.exec}${type}` : type
}
