import type { GvisorRuntime } from '../ports/engine.ts'
import { auditLimits } from './audit-limits.ts'
import type { HostFacts, HostFinding } from './host-audit.ts'

const CHECK = 'gVisor'
const INSTALL = 'Install runsc (gvisor.dev), add it to the runtimes in /etc/docker/daemon.json'

/** Whether containers can be kept away from the machine’s kernel, and whether that works. */
export function auditGvisor(facts: HostFacts): HostFinding[] {
  const { engine, gvisorLimits: trial, policyWantsGvisor = false } = facts
  if ('problem' in engine) return []
  if (engine.gvisor === undefined) return [without(policyWantsGvisor)]
  if (trial === undefined) return []
  // What keeps any container from being tried says nothing of gVisor.
  if (trial.kind === 'untried' && facts.limits.kind === 'tried') {
    const message = `no container starts in ${engine.gvisor.runtime}: ${trial.why}`
    const fix = 'See that runsc fits this kernel, and its --platform this machine (runsc do true).'
    return [{ check: CHECK, state: 'problem', message, fix }]
  }
  const held = auditLimits(trial, CHECK)
  const message = `${engine.gvisor.runtime}: ${held.message}`
  return [{ ...held, message }, ...ports(engine.gvisor)]
}

function without(isWanted: boolean): HostFinding {
  if (!isWanted) {
    const message = 'not there: containers share the kernel of this machine'
    return { check: CHECK, state: 'ok', message }
  }
  const message =
    'the policy puts work into gVisor, and the engine knows none: that work is refused'
  return { check: CHECK, state: 'problem', message, fix: `${INSTALL}, and restart the engine.` }
}

function ports({ portsProblem }: GvisorRuntime): HostFinding[] {
  if (portsProblem === undefined) return []
  const fix = 'Add --network=host to the runtimeArgs of runsc, and restart the engine.'
  return [{ check: 'ports in gVisor', state: 'warning', message: portsProblem, fix }]
}

/** Engines of this machine that take orders from whoever reaches them. */
export function auditOpenEngines(
  open: NonNullable<HostFacts['openEngines']>,
): readonly HostFinding[] {
  return open.map(({ address, isLoopback }) => ({
    check: 'open engine',
    state: 'problem',
    message: `an engine listens at ${address} without encryption: ${
      isLoopback ? 'every program of this machine' : 'whoever reaches this machine'
    } is root there`,
    fix: 'Take tcp:// out of its hosts (daemon.json, or -H of the service), or let it ask for certificates.',
  }))
}
