import type { Surface } from './surface.ts'
import { commandSurfaces } from './surfaces/command-lines.ts'
import { commitEventSurface } from './surfaces/commit-events.ts'
import { composeSurfaces } from './surfaces/compose-files.ts'
import { decisionSurface } from './surfaces/decisions.ts'
import { didSurface } from './surfaces/did-documents.ts'
import { engineSurfaces } from './surfaces/engine-answers.ts'
import { frameSurface } from './surfaces/frames.ts'
import { guardSurface } from './surfaces/guard-messages.ts'
import { keptSurfaces } from './surfaces/kept-files.ts'
import { planSurfaces } from './surfaces/plans.ts'
import { recordSurfaces, validRecordSurface } from './surfaces/records.ts'
import { registrySurface } from './surfaces/registry-answers.ts'
import { repoSurface } from './surfaces/repo-answers.ts'
import { textSurfaces } from './surfaces/short-texts.ts'
import { tokenSurface } from './surfaces/tokens.ts'
import { xrpcSurfaces } from './surfaces/xrpc-calls.ts'
import { yamlSurfaces } from './surfaces/yaml-files.ts'

/** Every way in for what others wrote. */
export const SURFACES: readonly Surface[] = [
  ...yamlSurfaces,
  ...composeSurfaces,
  ...recordSurfaces,
  validRecordSurface,
  ...textSurfaces,
  tokenSurface,
  guardSurface,
  ...keptSurfaces,
  ...planSurfaces,
  registrySurface,
  didSurface,
  ...engineSurfaces,
  frameSurface,
  commitEventSurface,
  repoSurface,
  ...xrpcSurfaces,
  decisionSurface,
  ...commandSurfaces,
]

/** Fails when there is none of this name. */
export function surfaceNamed(name: string): Surface {
  const found = SURFACES.find((surface) => surface.name === name)
  if (found === undefined) throw new RangeError(`there is no surface ${name}`)
  return found
}
