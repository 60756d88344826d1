import type { Script } from 'node:vm'
import { readCompiledCode, writeCompiledCode } from './compiled-code.ts'

export interface CompiledPartsOptions {
  /** Where compiled code is kept; undefined: nowhere. */
  readonly kept: string | undefined
  /** The command that is asked for: what was compiled for it before is taken. */
  readonly command: string
}

/** A part that was loaded. */
interface Part {
  readonly exports: object
  readonly source: Buffer
  readonly script: Script
  /** Whether its compiled code was there, and not older than a day. */
  readonly isCompiled: boolean
}

const DAY_MS = 86_400_000

const { mkdirSync, readFileSync } = process.getBuiltinModule('node:fs')
const path = process.getBuiltinModule('node:path')
const vm = process.getBuiltinModule('node:vm')

/**
 * Loads the parts of a built program with what V8 compiled of them before. Node keeps compiled code,
 * too, but takes it down before a module runs, and so without the functions that are compiled when they
 * are first called, which are nearly all. Here it is taken down after a command, for each command what
 * it needs, and again when it is a day old, with what other ways through the same command have added.
 */
export class CompiledParts {
  readonly #options: CompiledPartsOptions
  readonly #parts = new Map<string, Part>()
  #outside: NodeJS.Require | undefined

  constructor(options: CompiledPartsOptions) {
    this.#options = options
  }

  /** What the part in this file exports. */
  load(file: string): object {
    const known = this.#parts.get(file)
    if (known !== undefined) return known.exports
    const source = readFileSync(file)
    const code = this.#codeOf(file)
    const found = code === undefined ? undefined : readCompiledCode(code, source)
    // The build writes nothing but ASCII, which is read more quickly as what it is.
    const script = new vm.Script(source.toString('latin1'), {
      filename: file,
      ...(found === undefined ? {} : { cachedData: found.code }),
    })
    // What another version of Node, or one with other options, cannot use is not written anew at once:
    // the two might take turns.
    const isCompiled = found !== undefined && Date.now() - found.keptAtMs < DAY_MS
    const exports = {}
    this.#parts.set(file, { exports, source, script, isCompiled })
    const run = script.runInThisContext() as (...given: readonly unknown[]) => void
    run(exports, (id: string) => this.#require(file, id), file)
    return exports
  }

  /** Keeps what was compiled for the next time. Where nothing can be written, nothing is kept. */
  keep(): void {
    try {
      for (const [file, { source, script, isCompiled }] of this.#parts) {
        const code = this.#codeOf(file)
        if (code === undefined || isCompiled) continue
        mkdirSync(path.dirname(code), { recursive: true })
        writeCompiledCode(code, source, script.createCachedData())
      }
    } catch {
      return
    }
  }

  #codeOf(file: string): string | undefined {
    const { kept, command } = this.#options
    return kept && path.join(kept, `${command}-${path.basename(file)}.code`)
  }

  #require(file: string, id: string): unknown {
    if (id.startsWith('.')) return this.load(path.join(path.dirname(file), id))
    const ofNode = process.getBuiltinModule(id)
    if (ofNode !== undefined) return ofNode
    if (this.#outside === undefined) {
      const { createRequire, enableCompileCache } = process.getBuiltinModule('node:module')
      // Of libraries Node keeps what it compiles.
      if (this.#options.kept !== undefined) enableCompileCache(this.#options.kept)
      this.#outside = createRequire(file)
    }
    return this.#outside(id)
  }
}
