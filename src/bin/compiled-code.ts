/** What V8 compiled of a source, as it was kept. */
export interface CompiledCode {
  readonly code: Buffer
  readonly keptAtMs: number
}

/** Before the code: the sums over the source and over the code itself, 32 bits each. */
const HEADER_BYTES = 8

// To import these as modules makes Node load some thirty of its own that they might lead to.
const fs = process.getBuiltinModule('node:fs')
const { crc32 } = process.getBuiltinModule('node:zlib')

/** Undefined without a file, and for one that is spoilt or of another source: V8 would believe it. */
export function readCompiledCode(path: string, source: Buffer): CompiledCode | undefined {
  try {
    const bytes = fs.readFileSync(path)
    const code = bytes.subarray(HEADER_BYTES)
    if (bytes.readUInt32LE(0) !== crc32(source) || bytes.readUInt32LE(4) !== crc32(code))
      return undefined
    return { code, keptAtMs: fs.statSync(path).mtimeMs }
  } catch {
    return undefined
  }
}

/** Puts it in place at once, when it is on the disk. Throws where nothing can be written. */
export function writeCompiledCode(path: string, source: Buffer, code: Buffer): void {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32LE(crc32(source), 0)
  header.writeUInt32LE(crc32(code), 4)
  const beside = `${path}.${process.pid}`
  fs.writeFileSync(beside, Buffer.concat([header, code]), { mode: 0o600, flush: true })
  fs.renameSync(beside, path)
}
