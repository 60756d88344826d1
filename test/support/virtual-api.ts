import { createMeshletApi } from '../../src/meshlet/api.ts'
import { STANDARD_POLICY } from '../../src/policy/standard-policy.ts'
import { silentLog } from '../../src/ports/log.ts'
import type { VirtualCommune } from './virtual-commune.ts'

/** What a running machine answers to calls, past the checks of who calls. */
export function apiOf(world: VirtualCommune, machine: string) {
  const { meshlet, engine } = world.machine(machine)
  const policy = () => STANDARD_POLICY
  return createMeshletApi({ meshlet, engine, clock: world.clock, policy, log: silentLog })
}
