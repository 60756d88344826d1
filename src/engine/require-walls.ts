import { CommuneError } from '../model/errors.ts'
import type { WallState, Walls } from '../ports/walls.ts'

/** Fails with `unsupported` when the walls are known to be down, or nobody can know. */
export async function requireWalls(
  walls: Walls | undefined,
  signal?: AbortSignal,
): Promise<WallState> {
  const state = await walls?.state(signal)
  // What can’t be read is for a trial from inside to show.
  if (state !== undefined && state.kind !== 'down') return state
  const why = state?.why ?? 'this program knows of no firewall'
  throw new CommuneError('unsupported', `egress: internet is not offered here: ${why}`)
}
