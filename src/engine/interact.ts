import type { Duplex } from 'node:stream'
import type { Exec } from 'dockerode'
import { CommuneError } from '../model/errors.ts'
import type { InteractOptions, InteractOutput, TerminalSize } from '../ports/engine.ts'
import type { EngineClient } from './client.ts'
import { endProcess } from './end-process.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { gone, statusOf, toEngineError } from './engine-error.ts'
import { exitCodeOf } from './exec.ts'
import { outputFrames } from './multiplexed.ts'

/** The largest piece that is passed on at once. */
const PIECE_BYTES_MAX = 32 * 1024
/** Ctrl-D. */
const END_OF_INPUT_KEY = '\u0004'

/**
 * Runs a command inside of a container and passes on what goes in and out, both no faster than the
 * other side takes it. It has the container's own user, environment and limits. It is killed when the
 * signal is aborted or the reader leaves. Fails with `not-found` or `engine`.
 */
export async function* interactWithContainer(
  client: EngineClient,
  id: string,
  options: InteractOptions,
): AsyncGenerator<InteractOutput> {
  const { terminal, signal } = options
  const doing = `running a command in container ${id}`
  signal.throwIfAborted()
  const exec = await createExec(client, id, options)
  const stop = new AbortController()
  const stream = await client.call({ doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal }, () =>
    exec.start({
      ...{ _body: { Detach: false, Tty: terminal !== undefined } },
      hijack: true,
      stdin: true,
    }),
  )
  const end = () => void stream.destroy()
  // What goes wrong is told by whoever reads.
  stream.on('error', () => undefined)
  signal.addEventListener('abort', end, { once: true })
  let hasEnded = false
  try {
    if (terminal !== undefined) await resize(client, exec, id, terminal)
    void feed(stream, options, (size) => resize(client, exec, id, size), stop.signal)
    yield* terminal === undefined ? framed(stream) : raw(stream)
    signal.throwIfAborted()
    const exitCode = await exitCodeOf(client, exec, doing, signal)
    hasEnded = true
    yield { kind: 'end', ...(exitCode === undefined ? {} : { exitCode }) }
  } catch (error) {
    signal.throwIfAborted()
    throw toEngineError(error, doing, client.address)
  } finally {
    stop.abort()
    signal.removeEventListener('abort', end)
    stream.destroy()
    if (!hasEnded) await endProcess(client, exec, id)
  }
}

async function createExec(
  client: EngineClient,
  id: string,
  { command, terminal, signal }: InteractOptions,
): Promise<Exec> {
  const doing = `running a command in container ${id}`
  return client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    (docker, abortSignal) =>
      docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdin: true,
        AttachStdout: true,
        AttachStderr: true,
        Tty: terminal !== undefined,
        abortSignal,
      }),
    (error) => {
      if (statusOf(error) === 404) throw gone(id, error)
      if (statusOf(error) === 409)
        throw new CommuneError('not-found', `Container ${id} is not running`, { cause: error })
      throw toEngineError(error, doing, client.address)
    },
  )
}

/** Passes on what comes in, for as long as the command takes it. */
async function feed(
  stream: Duplex,
  { input, terminal }: Pick<InteractOptions, 'input' | 'terminal'>,
  onResize: (size: TerminalSize) => Promise<void>,
  stopped: AbortSignal,
): Promise<void> {
  try {
    for await (const item of input) {
      if (stopped.aborted) return
      if (item.kind === 'resize') await onResize(item.size)
      else if (!stream.write(item.data)) await drained(stream, stopped)
    }
  } finally {
    if (!stream.destroyed) endInput(stream, terminal !== undefined)
  }
}

/** A terminal that loses its connection shows nothing more: there the end is a key, as for people. */
function endInput(stream: Duplex, isTerminal: boolean): void {
  if (isTerminal) stream.write(END_OF_INPUT_KEY)
  else stream.end()
}

function drained(stream: Duplex, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.off('drain', done)
      stream.off('close', done)
      stopped.removeEventListener('abort', done)
      resolve()
    }
    stream.once('drain', done)
    stream.once('close', done)
    stopped.addEventListener('abort', done, { once: true })
  })
}

/** A command that has ended has no size any more. */
async function resize(
  client: EngineClient,
  exec: Exec,
  id: string,
  { columns, rows }: TerminalSize,
): Promise<void> {
  const doing = `telling container ${id} the size of its terminal`
  await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.read },
    async () => void (await exec.resize({ h: rows, w: columns })),
    () => undefined,
  )
}

async function* framed(stream: Duplex): AsyncGenerator<InteractOutput> {
  for await (const frame of outputFrames(stream)) yield* pieces(frame.stream, frame.payload)
}

async function* raw(stream: Duplex): AsyncGenerator<InteractOutput> {
  for await (const chunk of stream) yield* pieces('stdout', chunk as Buffer)
}

function* pieces(stream: 'stdout' | 'stderr', data: Buffer): Generator<InteractOutput> {
  for (let from = 0; from < data.length; from += PIECE_BYTES_MAX)
    yield { kind: 'data', stream, data: data.subarray(from, from + PIECE_BYTES_MAX) }
}
