import type { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import type { Exec } from 'dockerode'
import type { ExecResult } from '../ports/engine.ts'
import type { EngineClient } from './client.ts'
import { endProcess } from './end-process.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { gone, statusOf, toEngineError } from './engine-error.ts'
import { outputFrames } from './multiplexed.ts'

const OUTPUT_BYTES_MAX = 64 * 1024
const EXIT_CODE_ATTEMPTS_MAX = 100
const EXIT_CODE_DELAY_MS = 20

/**
 * Runs a command inside and gathers what it writes, at most 64 KiB. After `timeoutMs` it is killed
 * where the engine is on this machine (Docker itself has no way to end it) and the result has no
 * exit code. Fails with `not-found` or `engine`.
 */
export async function execInContainer(
  client: EngineClient,
  id: string,
  command: readonly string[],
  options: { readonly timeoutMs: number; readonly signal?: AbortSignal },
): Promise<ExecResult> {
  const doing = `running a command in container ${id}`
  const { signal } = options
  const exec = await client.call(
    { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal },
    (docker, abortSignal) =>
      docker.getContainer(id).exec({
        Cmd: [...command],
        AttachStdout: true,
        AttachStderr: true,
        abortSignal,
      }),
    (error) => {
      if (statusOf(error) === 404) throw gone(id, error)
      throw toEngineError(error, doing, client.address)
    },
  )
  const stop = new AbortController()
  const deadline = setTimeout(() => stop.abort(), options.timeoutMs)
  const onAbort = () => stop.abort()
  signal?.addEventListener('abort', onAbort, { once: true })
  const output: Buffer[] = []
  try {
    const stream = (await client.call(
      { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal: stop.signal },
      () => exec.start({ Detach: false, Tty: false, abortSignal: stop.signal }),
    )) as unknown as Readable
    await gather(stream, output, stop.signal)
    signal?.throwIfAborted()
    const exitCode = await exitCodeOf(client, exec, doing, stop.signal)
    return { ...(exitCode === undefined ? {} : { exitCode }), output: text(output) }
  } catch (error) {
    if (!stop.signal.aborted) throw toEngineError(error, doing, client.address)
    await endProcess(client, exec, id)
    signal?.throwIfAborted()
    return { output: text(output) }
  } finally {
    clearTimeout(deadline)
    signal?.removeEventListener('abort', onAbort)
    stop.abort()
  }
}

async function gather(stream: Readable, output: Buffer[], signal: AbortSignal): Promise<void> {
  const onAbort = () => stream.destroy(new Error('aborted'))
  signal.addEventListener('abort', onAbort, { once: true })
  let bytes = 0
  try {
    for await (const frame of outputFrames(stream)) {
      const room = OUTPUT_BYTES_MAX - bytes
      if (room <= 0) continue
      output.push(Buffer.from(frame.payload.subarray(0, room)))
      bytes += Math.min(room, frame.payload.length)
    }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The output can end a moment before the engine knows how the command ended. */
export async function exitCodeOf(
  client: EngineClient,
  exec: Exec,
  doing: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  for (let attempt = 0; attempt < EXIT_CODE_ATTEMPTS_MAX; attempt += 1) {
    const { Running, ExitCode } = await client.call(
      { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal },
      () => exec.inspect(),
    )
    if (!Running && ExitCode !== null) return ExitCode
    await delay(EXIT_CODE_DELAY_MS, undefined, { signal })
  }
  return undefined
}

function text(output: readonly Buffer[]): string {
  return Buffer.concat(output).toString('utf8')
}
