import { BlockMap } from '@atproto/repo'

/** A value as atproto signs it: DAG-CBOR, by way of the one encoder that the repo library exports. */
export async function dagCbor(value: Parameters<BlockMap['add']>[0]): Promise<Uint8Array> {
  const blocks = new BlockMap()
  const cid = await blocks.add(value)
  return blocks.get(cid) as Uint8Array
}
