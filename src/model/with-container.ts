import type { ContainerSpec, WorkloadRecord } from './records.ts'

/** The workload with another container: everything that shapes one comes from the spec, the rest stays. */
export function withContainer(workload: WorkloadRecord, spec: ContainerSpec): WorkloadRecord {
  const {
    image: _image,
    entrypoint: _entrypoint,
    command: _command,
    env: _env,
    user: _user,
    workingDir: _workingDir,
    tmpfs: _tmpfs,
    stopSignal: _stopSignal,
    security: _security,
    runtime: _runtime,
    capAdd: _capAdd,
    readOnly: _readOnly,
    egress: _egress,
    resources: _resources,
    secrets: _secrets,
    ports: _ports,
    volumes: _volumes,
    healthcheck: _healthcheck,
    liveness: _liveness,
    ...rest
  } = workload
  const { specHash: _hash, $type: _type, ...container } = spec
  return { ...rest, ...container }
}
