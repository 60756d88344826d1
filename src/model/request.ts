import type { Resources, WorkloadRecord } from './records.ts'

/** An amount of machine with every part stated. */
export type Amount = Required<Omit<Resources, '$type'>>

/** What a replica gets that asks for nothing: enough for a small server. */
export const DEFAULT_REQUEST: Amount = {
  cpuMilli: 100,
  memoryBytes: 64 * 1024 * 1024,
  storageBytes: 0,
}

/** What one replica asks for, with the defaults filled in. */
export function requestOf(workload: Pick<WorkloadRecord, 'resources'>): Amount {
  const { cpuMilli, memoryBytes, storageBytes } = workload.resources ?? {}
  return {
    cpuMilli: cpuMilli ?? DEFAULT_REQUEST.cpuMilli,
    memoryBytes: memoryBytes ?? DEFAULT_REQUEST.memoryBytes,
    storageBytes: storageBytes ?? DEFAULT_REQUEST.storageBytes,
  }
}
