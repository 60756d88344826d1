import type { Surface } from './surface.ts'
import { composeSurfaces } from './surfaces/compose-files.ts'
import { recordSurfaces, validRecordSurface } from './surfaces/records.ts'
import { textSurfaces } from './surfaces/short-texts.ts'
import { tokenSurface } from './surfaces/tokens.ts'
import { yamlSurfaces } from './surfaces/yaml-files.ts'

/** Every way in for what others wrote. */
export const SURFACES: readonly Surface[] = [
  ...yamlSurfaces,
  ...composeSurfaces,
  ...recordSurfaces,
  validRecordSurface,
  ...textSurfaces,
  tokenSurface,
]

/** Fails when there is none of this name. */
export function surfaceNamed(name: string): Surface {
  const found = SURFACES.find((surface) => surface.name === name)
  if (found === undefined) throw new RangeError(`there is no surface ${name}`)
  return found
}
