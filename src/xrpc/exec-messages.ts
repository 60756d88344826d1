import { farm } from '../lexicons/index.ts'
import type { TerminalSize } from '../ports/engine.ts'

/** What whoever runs a command on another machine sends there; `farm.meshlet.exec` describes the bytes. */
export type ExecMessage =
  | {
      readonly kind: 'start'
      readonly command: readonly string[]
      readonly terminal?: TerminalSize | undefined
    }
  | { readonly kind: 'data'; readonly data: Uint8Array }
  | { readonly kind: 'end' }
  | { readonly kind: 'resize'; readonly size: TerminalSize }

const START = 1
const DATA = 2
const END = 3
const RESIZE = 4

/** The longest message: a command with its arguments. */
export const EXEC_MESSAGE_BYTES_MAX = 64 * 1024

export function encodeExecMessage(message: ExecMessage): Uint8Array {
  switch (message.kind) {
    case 'start': {
      const { command, terminal } = message
      return tagged(START, Buffer.from(JSON.stringify({ command, ...(terminal && { terminal }) })))
    }
    case 'data':
      return tagged(DATA, message.data)
    case 'end':
      return tagged(END, new Uint8Array())
    case 'resize': {
      const size = Buffer.alloc(4)
      size.writeUInt16BE(message.size.columns, 0)
      size.writeUInt16BE(message.size.rows, 2)
      return tagged(RESIZE, size)
    }
  }
}

/** Undefined when it is none. */
export function parseExecMessage(bytes: Uint8Array): ExecMessage | undefined {
  const rest = Buffer.from(bytes.subarray(1))
  switch (bytes[0]) {
    case START:
      return parseStart(rest)
    case DATA:
      return { kind: 'data', data: rest }
    case END:
      return rest.length === 0 ? { kind: 'end' } : undefined
    case RESIZE: {
      if (rest.length !== 4) return undefined
      const size = { columns: rest.readUInt16BE(0), rows: rest.readUInt16BE(2) }
      return size.columns > 0 && size.rows > 0 ? { kind: 'resize', size } : undefined
    }
    default:
      return undefined
  }
}

function tagged(kind: number, data: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([kind]), data])
}

function parseStart(json: Buffer): ExecMessage | undefined {
  let value: unknown
  try {
    value = JSON.parse(json.toString('utf8'))
  } catch {
    return undefined
  }
  const { start } = farm.meshlet.exec
  if (!start.safeParse(value).success) return undefined
  const { command, terminal } = value as farm.meshlet.exec.Start
  // Programs are given their arguments as texts that end with a zero.
  if (command.some((word) => word.includes('\0'))) return undefined
  return { kind: 'start', command, ...(terminal && { terminal }) }
}
