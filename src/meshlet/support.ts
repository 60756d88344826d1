import type { WorkloadRecord } from '../model/records.ts'

/** What a workload can ask for that this version can't do yet, and how to tell. */
const UNSUPPORTED: readonly (readonly [string, (workload: WorkloadRecord) => unknown])[] = [
  ['kind: Job', ({ kind }) => kind === 'Job'],
  ['a kind that it does not know', ({ kind }) => kind !== 'Workload' && kind !== 'Job'],
  ['schedule', ({ schedule }) => schedule],
  ['volumes', ({ volumes }) => volumes?.length],
  ['secrets', ({ secrets }) => secrets?.length],
  ['egress: internet', ({ egress }) => egress === 'internet'],
  [
    'placement.atMostOne with more than one replica',
    ({ placement, replicas, everywhere }) =>
      placement?.atMostOne && (everywhere === true || (replicas ?? 1) > 1),
  ],
  ['update.before', ({ update }) => update?.before],
  ['udp ports', ({ ports }) => ports?.some(({ protocol }) => protocol === 'udp')],
]

/**
 * Everything about the workload that this version can't run, in one sentence; undefined when there is
 * nothing. Said in a pass, so that nothing is ignored in silence.
 */
export function unsupportedReason(workload: WorkloadRecord): string | undefined {
  const found = UNSUPPORTED.filter(([, asks]) => asks(workload)).map(([name]) => name)
  return found.length === 0 ? undefined : `not supported by this version: ${found.join(', ')}`
}
