import type { CallableMethod, MeshletCall, MeshletOutput } from '../../src/xrpc/client.ts'
import { createMeshletClient } from '../../src/xrpc/client.ts'
import type { RealCommune } from './real-commune.ts'

type Rest<N extends CallableMethod> = Omit<MeshletCall<N>, 'did' | 'endpoint' | 'method' | 'token'>

/** Calls a method of the owner's machine as an account, with a token that its PDS made. */
export async function callAs<N extends CallableMethod>(
  commune: RealCommune,
  account: string,
  target: { readonly machine: string; readonly url: string; readonly method: N },
  rest: Rest<N>,
): Promise<MeshletOutput<N>> {
  const did = commune.did(target.machine)
  const session = await commune.session(account)
  const token = await session.getServiceAuth({ aud: did, lxm: target.method })
  const client = createMeshletClient({ allowPrivateAddresses: true })
  const call = { ...rest, did, endpoint: target.url, method: target.method, token }
  return client.call<N>(call as unknown as MeshletCall<N>)
}
