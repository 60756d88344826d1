import type { Readable } from 'node:stream'
import { CommuneError } from '../model/errors.ts'
import type { PullOptions } from '../ports/engine.ts'
import { engineMessage, engineText, oneLine } from './engine-error.ts'
import { jsonLines } from './json-lines.ts'

interface PullEvent {
  readonly id?: string
  readonly status?: string
  readonly error?: string
  readonly progressDetail?: { readonly current?: number; readonly total?: number }
}

export interface FollowOptions {
  readonly reference: string
  readonly totalMs: number
  readonly signal: AbortSignal
  readonly onProgress: PullOptions['onProgress']
}

const LAYERS_MAX = 1000

/**
 * Reads a pull to its end. Docker answers 200 at once and reports failures as events of the stream,
 * so the events are what decides. Rejects after `totalMs`.
 */
export async function followPull(stream: Readable, options: FollowOptions): Promise<void> {
  const layers = new Map<string, { done: number; total: number }>()
  const giveUp = (message: string) => () =>
    stream.destroy(new CommuneError('registry-unreachable', message, { retry: true }))
  const { totalMs } = options
  const total = setTimeout(
    giveUp(`Pulling ${options.reference} took more than ${totalMs / 1000} s`),
    totalMs,
  )
  const onAbort = () => stream.destroy(toError(options.signal.reason))
  options.signal.addEventListener('abort', onAbort, { once: true })
  if (options.signal.aborted) onAbort()
  try {
    for await (const value of jsonLines(stream)) {
      const event = value as PullEvent
      if (event.error !== undefined) throw pullError(options.reference, new Error(event.error))
      noteProgress(layers, event)
      if (isSignOfLife(event)) options.onProgress?.(sum(layers))
    }
  } catch (error) {
    if (options.signal.aborted) throw options.signal.reason
    if (error instanceof CommuneError) throw error
    const message = `The engine broke off while it pulled ${options.reference}`
    throw new CommuneError('engine-unreachable', message, { retry: true, cause: error })
  } finally {
    clearTimeout(total)
    options.signal.removeEventListener('abort', onAbort)
    stream.destroy()
  }
}

/** Sorts the engine's words for a failed pull into codes. */
export function pullError(reference: string, error: unknown): CommuneError {
  const said = engineMessage(error)
  const text = engineText(error).toLowerCase()
  if (/denied|unauthorized|authentication required|no basic auth|forbidden/.test(text)) {
    return new CommuneError('image-denied', `The registry refuses ${reference}: ${said}`, {
      hint: 'the image may not exist, or needs credentials: docker login',
      cause: error,
    })
  }
  if (
    /manifest unknown|not found|name unknown|does not exist|no such image|no matching manifest/.test(
      text,
    )
  ) {
    return new CommuneError('image-not-found', `The registry has no ${reference}: ${said}`, {
      cause: error,
    })
  }
  const unreachable =
    /dial tcp|no such host|lookup |timeout|timed out|deadline|connection re|tls|x509|eof|http response to https|toomanyrequests|received unexpected http status|50\d|unavailable|bad gateway/
  if (unreachable.test(text)) {
    return new CommuneError('registry-unreachable', `${reference} can't be fetched: ${said}`, {
      retry: true,
      cause: error,
    })
  }
  return new CommuneError('engine', `The engine can't pull ${reference}: ${oneLine(said)}`, {
    retry: true,
    cause: error,
  })
}

/** An engine that waits says so again and again. */
function isSignOfLife({ status = '' }: PullEvent): boolean {
  return status !== 'Waiting' && !status.startsWith('Retrying')
}

/** Only downloads are counted: they are what takes long. */
function noteProgress(
  layers: Map<string, { done: number; total: number }>,
  event: PullEvent,
): void {
  const { id, status, progressDetail } = event
  if (id === undefined || (!layers.has(id) && layers.size >= LAYERS_MAX)) return
  const layer = layers.get(id)
  if (status === 'Downloading') {
    layers.set(id, { done: progressDetail?.current ?? 0, total: progressDetail?.total ?? 0 })
  }
  if (status === 'Download complete' && layer !== undefined) {
    layers.set(id, { done: layer.total, total: layer.total })
  }
}

function sum(layers: ReadonlyMap<string, { done: number; total: number }>) {
  const all = [...layers.values()]
  return {
    doneBytes: all.reduce((bytes, layer) => bytes + layer.done, 0),
    totalBytes: all.reduce((bytes, layer) => bytes + layer.total, 0),
  }
}

function toError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason))
}
