import { Readable } from 'node:stream'
import type { EngineLogLine, LogOptions } from '../ports/engine.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { gone, statusOf, toEngineError } from './engine-error.ts'
import { outputFrames } from './multiplexed.ts'

/** Docker splits longer lines into pieces of 16 KiB; so many of them are put together again. */
const LINE_LENGTH_MAX = 64 * 1024
const STAMP = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)) /

/**
 * The lines that a container wrote, oldest first. With `follow` it goes on until the container ends
 * or the signal is aborted, which ends it without an error. Fails with `not-found`.
 */
export async function* containerLogs(
  client: EngineClient,
  id: string,
  options: LogOptions,
): AsyncGenerator<EngineLogLine> {
  if (options.signal?.aborted) return
  const doing = `reading the log of container ${id}`
  const stop = new AbortController()
  const onAbort = () => stop.abort()
  options.signal?.addEventListener('abort', onAbort, { once: true })
  try {
    const stream = await client.call(
      { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal: stop.signal },
      (docker) =>
        docker.getContainer(id).logs({
          stdout: true,
          stderr: true,
          timestamps: true,
          // The type of the client library allows either true or false here, not both.
          follow: (options.follow ?? false) as true,
          ...(options.tail === undefined ? {} : { tail: options.tail }),
          ...(options.sinceMs === undefined ? {} : { since: sinceParameter(options.sinceMs) }),
          abortSignal: stop.signal,
        }) as unknown as Promise<Readable | Buffer>,
      (error) => {
        if (statusOf(error) === 404) throw gone(id, error)
        throw toEngineError(error, doing, client.address)
      },
    )
    yield* logLines(asStream(stream))
  } catch (error) {
    if (!options.signal?.aborted) throw toEngineError(error, doing, client.address)
  } finally {
    options.signal?.removeEventListener('abort', onAbort)
    stop.abort()
  }
}

/** Lines out of frames: a frame starts with a time, and a line may come in several frames. */
export async function* logLines(stream: Readable): AsyncGenerator<EngineLogLine> {
  const open: Partial<Record<'stdout' | 'stderr', EngineLogLine>> = {}
  for await (const frame of outputFrames(stream)) {
    const text = frame.payload.toString('utf8')
    const pieces = text.split('\n')
    for (const [index, piece] of pieces.entries()) {
      const last = index === pieces.length - 1
      if (last && piece === '') continue
      const line = joined(open[frame.stream], { stream: frame.stream, ...stamped(piece) })
      if (last) open[frame.stream] = line
      else {
        delete open[frame.stream]
        yield line
      }
    }
  }
  for (const line of Object.values(open)) yield line
}

function joined(start: EngineLogLine | undefined, next: EngineLogLine): EngineLogLine {
  if (start === undefined) return next
  return { ...start, line: (start.line + next.line).slice(0, LINE_LENGTH_MAX) }
}

function stamped(piece: string): { timeMs: number; line: string } {
  const stamp = STAMP.exec(piece)?.[1]
  if (stamp === undefined) return { timeMs: 0, line: piece }
  const line = piece.slice(stamp.length + 1)
  return { timeMs: Date.parse(stamp), line: line.endsWith('\r') ? line.slice(0, -1) : line }
}

/** Seconds with nine decimals. */
function sinceParameter(sinceMs: number): number {
  return `${Math.floor(sinceMs / 1000)}.${String(sinceMs % 1000).padStart(3, '0')}000000` as unknown as number
}

function asStream(value: Readable | Buffer): Readable {
  return Buffer.isBuffer(value) ? Readable.from([value]) : value
}
