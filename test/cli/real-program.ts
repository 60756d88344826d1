import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

export const PROGRAM = fileURLToPath(new URL('../../src/bin/commune.ts', import.meta.url))

/** One run of the real program. */
export class Program {
  readonly #child: ChildProcessWithoutNullStreams
  readonly #exit: Promise<number | null>
  #text = ''
  #wake: () => void = () => {}

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(process.execPath, [PROGRAM, ...args], { env: { ...process.env, ...env } })
    this.#exit = new Promise((done) =>
      // When all that it printed has been read, too.
      this.#child.once('close', (code) => done(code)),
    )
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#text += `${line}\n`
        this.#wake()
      })
    }
  }

  /** Resolves to the first match in what was printed so far or will be. */
  async sees(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#text)
      if (found !== null) return found
      const printed = new Promise<'more'>((done) => {
        this.#wake = () => done('more')
      })
      const next = await Promise.race([printed, this.#exit])
      if (next !== 'more') throw new Error(`ended with ${next}, and only said:\n${this.#text}`)
    }
  }

  /** Fails unless it ends by itself with this code. */
  async ends(code: number): Promise<void> {
    const ended = await this.#exit
    if (ended !== code) throw new Error(`ended with ${ended}, and said:\n${this.#text}`)
  }

  end(signal: NodeJS.Signals): Promise<number | null> {
    this.#child.kill(signal)
    return this.#exit
  }
}
