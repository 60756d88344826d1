import type { Did } from '../model/records.ts'
import { wallsProblem, type WallsKnown } from './canary-watch.ts'
import type { Meshlet } from './meshlet.ts'

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
    wallsProblem(meshlet.canary.known('none')),
    openWalls(meshlet.canary.known('internet')),
  ]
  return problems
    .filter((problem) => typeof problem === 'string')
    .map((text) => text.slice(0, 1_000))
}

/** Not to offer a way to the internet, for want of a firewall, is no problem; to offer an open one is. */
function openWalls(known: WallsKnown): string | undefined {
  return known.kind === 'open' ? `egress: internet: ${wallsProblem(known)}` : undefined
}
