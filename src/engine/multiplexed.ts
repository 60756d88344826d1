import type { Readable } from 'node:stream'
import { CommuneError } from '../model/errors.ts'

/** One frame of Docker's multiplexed stream. */
export interface OutputFrame {
  readonly stream: 'stdout' | 'stderr'
  readonly payload: Buffer
}

const HEADER_BYTES = 8
const FRAME_BYTES_MAX = 16 * 1024 * 1024

/**
 * Splits what a container without a terminal writes into its two streams. A frame is one byte for
 * the stream, three zero bytes, four bytes of length (big-endian), and the payload (Docker's API
 * reference, "Attach to a container", "Stream format").
 */
export async function* outputFrames(stream: Readable): AsyncGenerator<OutputFrame> {
  let buffer = Buffer.alloc(0)
  for await (const chunk of stream) {
    buffer =
      buffer.length === 0 ? Buffer.from(chunk as Buffer) : Buffer.concat([buffer, chunk as Buffer])
    while (buffer.length >= HEADER_BYTES) {
      const kind = buffer.readUInt8(0)
      const length = buffer.readUInt32BE(4)
      if (kind > 2 || length > FRAME_BYTES_MAX) {
        throw new CommuneError('engine', 'The engine sent output that is not in frames')
      }
      if (buffer.length < HEADER_BYTES + length) break
      const payload = buffer.subarray(HEADER_BYTES, HEADER_BYTES + length)
      yield { stream: kind === 2 ? 'stderr' : 'stdout', payload }
      buffer = buffer.subarray(HEADER_BYTES + length)
    }
  }
}
