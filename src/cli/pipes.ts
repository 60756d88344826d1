import type { TerminalSize } from '../ports/engine.ts'

/** Bytes to and from this process, for a program that runs elsewhere. */
export interface Pipes {
  /** What is typed or piped in, to its end. */
  input(): AsyncIterable<Uint8Array>
  /** Nothing more is read; else the process would wait for it. */
  endInput(): void
  /** Resolves when more may be written. */
  write(to: 'stdout' | 'stderr', bytes: Uint8Array): Promise<void>
  /** Passes keys on one by one, Ctrl-C included, until it is disposed of; undefined without a terminal. */
  rawTerminal(): RawTerminal | undefined
}

export interface RawTerminal extends Disposable {
  size(): TerminalSize
  onResize(listener: () => void): void
}

/** Those of the real process. */
export function createPipes(process: NodeJS.Process): Pipes {
  return {
    // Node opens each of them when it is first asked for.
    input: () => process.stdin,
    endInput: () => void process.stdin.destroy(),
    write(to, bytes) {
      const stream = process[to]
      return new Promise((resolve) => {
        if (stream.write(bytes)) resolve()
        else stream.once('drain', resolve)
      })
    },
    rawTerminal() {
      const { stdin, stdout } = process
      if (!stdin.isTTY || !stdout.isTTY) return undefined
      const listeners: (() => void)[] = []
      stdin.setRawMode(true)
      return {
        size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
        onResize(listener) {
          listeners.push(listener)
          stdout.on('resize', listener)
        },
        [Symbol.dispose]() {
          stdin.setRawMode(false)
          for (const listener of listeners) stdout.off('resize', listener)
        },
      }
    },
  }
}
