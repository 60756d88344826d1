import { describe, expect, test, vi } from 'vitest'
import type { WorkloadRecord } from '../model/records.ts'
import type { NetworkCreate } from '../ports/engine.ts'
import { networkName } from '../reconcile/container-names.ts'
import { silentLog } from '../ports/log.ts'
import { WorkloadNetworks, type NetworkJob } from './workload-networks.ts'

const DID = 'did:plc:mesh'
const URI = 'at://did:plc:alice/commune.scheduler.workload/web'
const NAME = networkName(DID, URI, 'none')
const AHEAD = { name: NAME, placementKey: 'key', revision: 'bafyrev', specHash: 'spec' } as const
const WORKLOAD = { name: 'web' } as WorkloadRecord

/** An engine that ends making a network when it is told to. */
function setUp() {
  const calls: string[] = []
  const made = Promise.withResolvers<void>()
  const onFailed = vi.fn<(uri: string) => void>()
  const networks = new WorkloadNetworks({
    engine: {
      ensureNetwork: async ({ name, egress }: NetworkCreate) => {
        calls.push(`make ${egress}`)
        await made.promise
        return name
      },
      removeNetwork: async () => {
        calls.push('remove')
      },
    },
    meshletDid: DID,
    onFailed,
  })
  const job: NetworkJob = {
    ...{ uri: URI, ownerDid: 'did:plc:alice', log: silentLog, signal: AbortSignal.any([]) },
    memory: { networkAheadUnder: undefined },
  }
  return { calls, made, onFailed, networks, job }
}

describe('a network that is made ahead', () => {
  test('counts as there from the moment that it is asked for', () => {
    const { networks, job } = setUp()
    expect(networks.of(URI, [])).toEqual([])
    networks.makeAhead(job, AHEAD)
    expect(networks.of(URI, []).map(({ name }) => name)).toEqual([NAME])
    expect(networks.of('at://other', [])).toEqual([])
    const listed = [{ name: NAME, labels: {} }]
    expect(networks.of(URI, listed)).toBe(listed)
  })

  test('is waited for by the start, which makes no other', async () => {
    const { networks, job, calls, made } = setUp()
    networks.makeAhead(job, AHEAD)
    const there = networks.ensure(job, WORKLOAD, AHEAD)
    made.resolve()
    await there
    expect(calls).toEqual(['make none'])
    await networks.ensure(job, WORKLOAD, AHEAD)
    expect(calls).toEqual(['make none', 'make none'])
  })

  test('is not the one of a workload with a way to the internet', async () => {
    const { networks, job, calls, made } = setUp()
    networks.makeAhead(job, AHEAD)
    made.resolve()
    await networks.ensure(job, { ...WORKLOAD, egress: 'internet' }, AHEAD)
    expect(calls).toEqual(['make none', 'make internet'])
  })

  test('is removed only when it has been made', async () => {
    const { networks, job, calls, made } = setUp()
    networks.makeAhead(job, AHEAD)
    const gone = networks.remove(NAME, job.signal)
    await Promise.resolve()
    expect(calls).toEqual(['make none'])
    made.resolve()
    await gone
    expect(calls).toEqual(['make none', 'remove'])
    expect(networks.of(URI, [])).toEqual([])
  })

  test('that fails may be there all the same, and is tried no second time', async () => {
    const { networks, job, calls, made, onFailed } = setUp()
    networks.makeAhead(job, AHEAD)
    made.reject(new Error('the reply was lost'))
    await vi.waitFor(() => expect(onFailed).toHaveBeenCalledWith(URI))
    expect(networks.of(URI, [])).toEqual([])
    networks.makeAhead(job, AHEAD)
    expect(calls).toEqual(['make none'])
  })
})
