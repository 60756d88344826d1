import { CommuneError } from '../model/errors.ts'
import type { WallState } from '../ports/walls.ts'

/** For programs that have nothing to do with firewalls. */
export const NO_FIREWALL: WallState = {
  kind: 'down',
  why: 'this program knows of no firewall',
}

/** Fails with `unsupported` when the walls are known to be down; what can’t be read a trial has to show. */
export function requireWalls(state: WallState): void {
  if (state.kind !== 'down') return
  throw new CommuneError('unsupported', `egress: internet is not offered here: ${state.why}`)
}
