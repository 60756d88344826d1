/** What a message of the event stream says on its outside. */
export interface FramePeek {
  readonly type: string
  readonly seq: number
  readonly did: string
  readonly time: string | undefined
}

/**
 * Reads of a message no more than it takes to know whom it is about: its content is neither read nor
 * checked, which costs a tenth of decoding it. Undefined when it is of another form, which need not
 * mean that it is none.
 */
export function peekFrame(bytes: Uint8Array): FramePeek | undefined {
  const reader = new CborReader(bytes)
  const header = reader.fields(['op', 't'])
  if (header?.['op'] !== MESSAGE || typeof header['t'] !== 'string') return undefined
  const type = header['t']
  const didName = type === '#commit' ? 'repo' : 'did'
  const body = reader.fields(['seq', didName, 'time'])
  const { seq, [didName]: did, time } = body ?? {}
  if (typeof seq !== 'number' || typeof did !== 'string') return undefined
  return { type, seq, did, time: typeof time === 'string' ? time : undefined }
}

const MESSAGE = 1

/** The major types of CBOR. */
const NUMBER = 0
const BYTES = 2
const TEXT = 3
const ARRAY = 4
const MAP = 5
const TAG = 6

/** Goes through items of CBOR. Whatever makes no sense, or is cut off, ends it. */
class CborReader {
  readonly #bytes: Buffer
  #at = 0
  /** Of the item whose head was read last. */
  #type = 0
  #value = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  /**
   * Reads the next item, a map, up to the last of these fields that it has not found yet. Gives texts
   * and numbers.
   */
  fields(names: readonly string[]): Record<string, string | number | undefined> | undefined {
    if (this.#nextType() !== MAP) return undefined
    const found: Record<string, string | number | undefined> = {}
    let missing = names.length
    for (let left = this.#value; left > 0 && missing > 0; left--) {
      if (this.#nextType() !== TEXT) return undefined
      const name = this.#text()
      if (!names.includes(name)) {
        if (!this.#skip()) return undefined
        continue
      }
      missing--
      const type = this.#nextType()
      if (type === NUMBER) found[name] = this.#value
      else if (type === TEXT) found[name] = this.#text()
      else return undefined
    }
    return found
  }

  #nextType(): number | undefined {
    return this.#head() ? this.#type : undefined
  }

  /** Reads type and value of the next item; what is cut off has none. */
  #head(): boolean {
    const first = this.#bytes[this.#at++]
    if (first === undefined) return false
    this.#type = first >> 5
    const minor = first & 31
    if (minor < 24) {
      this.#value = minor
      return true
    }
    // Lengths that are not told beforehand are not allowed here.
    if (minor > 27) return false
    const length = 1 << (minor - 24)
    if (this.#at + length > this.#bytes.length) return false
    this.#value = length < 8 ? this.#bytes.readUIntBE(this.#at, length) : this.#long()
    this.#at += length
    return Number.isSafeInteger(this.#value)
  }

  #long(): number {
    return this.#bytes.readUInt32BE(this.#at) * 2 ** 32 + this.#bytes.readUInt32BE(this.#at + 4)
  }

  /** After the head of a text; one that is cut off ends here. */
  #text(): string {
    const start = this.#at
    this.#at += this.#value
    return this.#bytes.toString('utf8', start, this.#at)
  }

  /** Passes over an item with all that is in it. */
  #skip(): boolean {
    for (let open = 1; open > 0; open--) {
      if (!this.#head()) return false
      if (this.#type === ARRAY) open += this.#value
      else if (this.#type === MAP) open += 2 * this.#value
      else if (this.#type === TAG) open += 1
      else if (this.#type === BYTES || this.#type === TEXT) this.#at += this.#value
    }
    return this.#at <= this.#bytes.length
  }
}
