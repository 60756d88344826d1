import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js'

const BASE32_ALPHABET = 'abcdefghijklmnopqrstuvwxyz234567'

/** SHA-256 of the text in UTF-8. A lone surrogate counts as U+FFFD. */
export function sha256Bytes(text: string): Uint8Array {
  return sha256(utf8ToBytes(text))
}

/** SHA-256 of the text in UTF-8, 64 hexadecimal digits in lower case. */
export function sha256Hex(text: string): string {
  return bytesToHex(sha256Bytes(text))
}

/** RFC 4648 base32 in lower case without padding. */
export function base32Lower(bytes: Uint8Array): string {
  let text = ''
  let pending = 0
  let pendingBits = 0
  for (const byte of bytes) {
    pending = ((pending << 8) | byte) & 0xfff
    pendingBits += 8
    while (pendingBits >= 5) {
      pendingBits -= 5
      text += BASE32_ALPHABET[(pending >> pendingBits) & 31]
    }
  }
  if (pendingBits > 0) text += BASE32_ALPHABET[(pending << (5 - pendingBits)) & 31]
  return text
}
