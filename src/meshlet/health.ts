import type { Did } from '../model/records.ts'
import { isInternetNetwork } from '../reconcile/container-names.ts'
import { wallsProblem } from './canary-watch.ts'
import type { Meshlet } from './meshlet.ts'
import { breach } from './watch-walls.ts'

/** What needs attention, a sentence each; empty when all is well. */
export function problemsOf(meshlet: Meshlet): string[] {
  const owner: Did = meshlet.config.ownerDid
  const problems = [
    meshlet.engineState.problem &&
      `The engine does not answer: ${meshlet.engineState.problem.message}`,
    meshlet.storage.problem &&
      `The state folder can’t be written: ${meshlet.storage.problem.message}`,
    meshlet.own.problem && `Records can’t be written: ${meshlet.own.problem}`,
    meshlet.view.repoProblem(owner) &&
      `The owner’s repo can’t be read: ${meshlet.view.repoProblem(owner)}`,
    meshlet.engineState.info?.portsProblem,
    wallsProblem(meshlet.walls.canary.known('none')),
    openWalls(meshlet),
  ]
  return problems
    .filter((problem) => typeof problem === 'string')
    .map((text) => text.slice(0, 1_000))
}

/**
 * Not to offer a way to the internet, for want of a firewall, is no problem; to have containers behind
 * rules that are gone is, and so is a wall that a trial got through.
 */
function openWalls({ walls, engineState }: Meshlet): string | undefined {
  const open = breach('internet', walls)
  const { known } = walls.firewall
  const isGone = known.kind === 'down'
  const isUsed = engineState.lastSeen?.networks.some(({ name }) => isInternetNetwork(name))
  return open === undefined || (isGone && !isUsed) ? undefined : `egress: internet: ${open}`
}
