import { encode } from '@atproto/lex-cbor'

/** A value as atproto signs it: DAG-CBOR. */
export function dagCbor(value: Parameters<typeof encode>[0]): Uint8Array {
  return encode(value)
}
