import type { WorkloadRecord } from './records.ts'
import { GVISOR } from './runtime.ts'

/** Something that a workload asks for and no machine of this version gives. */
export interface UnsupportedPart {
  /** As a person names it. */
  readonly name: string
  /** The key of the record that asks for it. */
  readonly key: keyof WorkloadRecord & string
}

type Asking = Omit<WorkloadRecord, '$type' | 'createdAt'>

const UNSUPPORTED: readonly (readonly [UnsupportedPart, (workload: Asking) => unknown])[] = [
  [{ name: 'kind: Job', key: 'kind' }, ({ kind }) => kind === 'Job'],
  [
    { name: 'a kind that it does not know', key: 'kind' },
    ({ kind }) => kind !== 'Workload' && kind !== 'Job',
  ],
  [{ name: 'schedule', key: 'schedule' }, ({ schedule }) => schedule],
  [{ name: 'volumes', key: 'volumes' }, ({ volumes }) => volumes?.length],
  [{ name: 'secrets', key: 'secrets' }, ({ secrets }) => secrets?.length],
  [
    { name: 'a runtime that it does not know', key: 'runtime' },
    ({ runtime }) => runtime !== undefined && runtime !== GVISOR,
  ],
  [
    { name: 'placement.atMostOne with more than one replica', key: 'placement' },
    ({ placement, replicas, everywhere }) =>
      placement?.atMostOne && (everywhere === true || (replicas ?? 1) > 1),
  ],
  [{ name: 'update.before', key: 'update' }, ({ update }) => update?.before],
  [
    { name: 'udp ports', key: 'ports' },
    ({ ports }) => ports?.some(({ protocol }) => protocol === 'udp'),
  ],
]

/** Everything about the workload that the machines of this version can't run, in a fixed order. */
export function unsupportedParts(workload: Asking): readonly UnsupportedPart[] {
  return UNSUPPORTED.filter(([, asks]) => asks(workload)).map(([part]) => part)
}
