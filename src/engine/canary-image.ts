import { buffer } from 'node:stream/consumers'
import type { Readable } from 'node:stream'
import { pack } from 'tar-stream'
import { CommuneError } from '../model/errors.ts'
import type { EngineClient } from './client.ts'
import { ENGINE_TIMEOUT_MS } from './engine-timeouts.ts'
import { oneLine, statusOf, toEngineError } from './engine-error.ts'
import { jsonLines } from './json-lines.ts'

/**
 * Kept on the engine between trials. The number grows when the program changes; it is no tag, since Podman
 * brings in every archive as the latest.
 */
const REPOSITORY = 'commune-canary-1'
const TAG = 'latest'
/** Of the program in the image. */
export const CANARY_PROGRAM = '/pause'

/**
 * A program that waits until it is killed, in the machine words of each processor: no image can be
 * presumed on a machine, and none has to be fetched for this.
 */
const CODE: Readonly<Record<string, { readonly machine: number; readonly code: string }>> = {
  x64: {
    machine: 62,
    code:
      'b822000000' + // again: mov eax, 34 (pause)
      '0f05' + //             syscall
      'ebf7', //              jmp again
  },
  arm64: {
    machine: 183,
    code:
      '000080d2' + // again: mov x0, 0
      '010080d2' + //        mov x1, 0
      '020080d2' + //        mov x2, 0 (no time-out)
      '030080d2' + //        mov x3, 0
      '280980d2' + //        mov x8, 73 (ppoll)
      '010000d4' + //        svc 0
      'faffff17', //         b again
  },
}

/** The image's reference, once the engine has it. Fails with `unsupported` on another processor. */
export async function ensureCanaryImage(
  client: EngineClient,
  signal?: AbortSignal,
): Promise<string> {
  const reference = `${REPOSITORY}:${TAG}`
  if (await hasImage(client, reference, signal)) return reference
  const doing = 'bringing in the image of the canary'
  const archive = await canaryArchive()
  const options = { doing, timeoutMs: ENGINE_TIMEOUT_MS.write, signal }
  await client.call(options, async (docker, abortSignal) => {
    const query = { repo: REPOSITORY, tag: TAG, abortSignal }
    // The types of the client library know files and streams only.
    const said = await docker.importImage(archive as unknown as string, query)
    for await (const event of jsonLines(said as Readable)) {
      const { error } = event as { readonly error?: unknown }
      if (error !== undefined)
        throw new CommuneError('engine', `${doing}: ${oneLine(JSON.stringify(error))}`)
    }
  })
  return reference
}

/** An archive with nothing but the program; the same bytes each time. */
export async function canaryArchive(architecture: string = process.arch): Promise<Buffer> {
  const found = CODE[architecture]
  if (found === undefined)
    throw new CommuneError('unsupported', `the canary has no program for ${architecture}`)
  const tar = pack()
  const bytes = buffer(tar)
  const name = CANARY_PROGRAM.slice(1)
  const program = executable(found.machine, Buffer.from(found.code, 'hex'))
  tar.entry({ name, mode: 0o755, uid: 0, gid: 0, mtime: new Date(0) }, program)
  tar.finalize()
  return bytes
}

const LOADED_AT = 0x40_0000
const HEADER_BYTES = 64
const SEGMENT_BYTES = 56
/** The largest page of the processors above. */
const PAGE_BYTES = 0x1_0000

/** The smallest file that Linux runs: an ELF header (elf(5)), one segment that is the whole file, the code. */
export function executable(machine: number, code: Buffer): Buffer {
  const start = HEADER_BYTES + SEGMENT_BYTES
  const file = Buffer.alloc(start + code.length)
  // 64 bits, little-endian, version 1, no particular system.
  Buffer.from('7f454c46020101', 'hex').copy(file)
  file.writeUInt16LE(2, 16) // an executable
  file.writeUInt16LE(machine, 18)
  file.writeUInt32LE(1, 20) // version
  file.writeBigUInt64LE(BigInt(LOADED_AT + start), 24) // where it begins
  file.writeBigUInt64LE(BigInt(HEADER_BYTES), 32) // where the segments are described
  file.writeUInt16LE(HEADER_BYTES, 52)
  file.writeUInt16LE(SEGMENT_BYTES, 54)
  file.writeUInt16LE(1, 56) // one segment
  file.writeUInt32LE(1, HEADER_BYTES) // to be loaded
  file.writeUInt32LE(5, HEADER_BYTES + 4) // read and executed
  file.writeBigUInt64LE(BigInt(LOADED_AT), HEADER_BYTES + 16)
  file.writeBigUInt64LE(BigInt(LOADED_AT), HEADER_BYTES + 24)
  file.writeBigUInt64LE(BigInt(file.length), HEADER_BYTES + 32) // in the file
  file.writeBigUInt64LE(BigInt(file.length), HEADER_BYTES + 40) // in memory
  file.writeBigUInt64LE(BigInt(PAGE_BYTES), HEADER_BYTES + 48)
  code.copy(file, start)
  return file
}

function hasImage(
  client: EngineClient,
  reference: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const doing = `looking at image ${reference}`
  const options = { doing, timeoutMs: ENGINE_TIMEOUT_MS.read, signal }
  return client.call(
    options,
    async (docker) => {
      await docker.getImage(reference).inspect()
      return true
    },
    (error) => {
      if (statusOf(error) === 404) return false
      throw toEngineError(error, doing, client.address)
    },
  )
}
