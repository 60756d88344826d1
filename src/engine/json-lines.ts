import type { Readable } from 'node:stream'
import { CommuneError } from '../model/errors.ts'

const LINE_LENGTH_MAX = 1024 * 1024

/** The JSON values of a stream that holds one on each line. Fails with `engine` on anything else. */
export async function* jsonLines(stream: Readable): AsyncGenerator {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of stream) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    if (rest.length > LINE_LENGTH_MAX)
      throw new CommuneError('engine', 'The engine sent a line without end')
    for (const line of lines) {
      if (line.trim() !== '') yield parse(line)
    }
  }
  if (rest.trim() !== '') yield parse(rest)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new CommuneError('engine', 'The engine sent something that is no JSON', { cause })
  }
}
