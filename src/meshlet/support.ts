import type { WorkloadRecord } from '../model/records.ts'

/** What this version can't run yet; said in a pass, so that nothing is ignored in silence. */
export function unsupportedReason(workload: WorkloadRecord): string | undefined {
  if (workload.kind !== 'Workload') return `kind ${workload.kind} is not run by this version`
  if (workload.schedule !== undefined) return 'schedules are not run by this version'
  if (workload.volumes?.length) return 'volumes are not supported by this version'
  if (workload.secrets?.length) return 'secrets are not supported by this version'
  if (workload.egress === 'internet') return 'egress: internet needs a firewall, which this version lacks'
  if (workload.placement?.atMostOne) return 'placement.atMostOne is not supported by this version'
  if (workload.placement?.onPartition === 'stop')
    return 'placement.onPartition: stop is not supported by this version'
  if (workload.update?.before) return 'update.before is not supported by this version'
  if (workload.ports?.some((port) => port.protocol === 'udp'))
    return 'udp ports are not supported by this version'
  return undefined
}
