import { parseImageReference } from '../model/image-reference.ts'
import { quote } from '../spec/finding.ts'
import { textOf, type ComposeMap } from './compose-value.ts'
import { convertPlacement, convertSize, convertUpdate } from './convert-deploy.ts'
import { convertEnvironment } from './convert-environment.ts'
import { convertPorts } from './convert-ports.ts'
import { convertHealthcheck, convertProgram, convertRestart } from './convert-program.ts'
import { convertSecurity } from './convert-security.ts'
import { convertSecrets, convertStorage } from './convert-storage.ts'
import { leftOut } from './left-out.ts'
import type { ComposeProject } from './load-compose.ts'
import { changed, mend, type Converted } from './note.ts'
import { mentionedServices } from './other-services.ts'

/** The registry of an image that has to be built first: example names lead nowhere (RFC 2606). */
const REGISTRY_TO_FILL_IN = 'registry.example'

/** One service as the keys of a workload file, in the order in which people read them. */
export function convertService(
  name: string,
  service: ComposeMap,
  project: Pick<ComposeProject, 'top' | 'variables' | 'services'>,
): Converted {
  const program = convertProgram(service)
  const parts: readonly Converted[] = [
    convertImage(name, service),
    convertSize(service),
    program,
    convertEnvironment(service, project.variables),
    convertSecurity(service, program.fields['user']),
    convertSecrets(service),
    convertPorts(service),
    convertStorage(service, project.top),
    convertHealthcheck(service),
    convertRestart(service),
    convertUpdate(service),
    convertPlacement(service),
    { fields: {}, notes: leftOut(service) },
  ]
  const all: Record<string, unknown> = Object.assign(
    { kind: 'Workload', name },
    ...parts.map(({ fields }) => fields),
  )
  const mentioned = mentionedServices(all, project.services.keys())
  return {
    fields: Object.fromEntries(
      ORDER.filter((key) => all[key] !== undefined).map((key) => [key, all[key]]),
    ),
    notes: [...parts.flatMap(({ notes }) => notes), ...mentioned],
  }
}

const ORDER = (
  'kind name image replicas resources entrypoint command env user workingDir tmpfs readOnly ' +
  'security capAdd secrets ports volumes healthcheck restart update constraints spread ' +
  'stopSignal stopGracePeriod'
).split(' ')

function convertImage(name: string, service: ComposeMap): Converted {
  const image = textOf(service['image']) ?? ''
  const isBuilt = 'build' in service && service['build'] !== null
  if (parseImageReference(image).ok) {
    const why = `nothing is built here; build ${quote(image)} and push it before you sync`
    return { fields: { image }, notes: isBuilt ? [changed(['build'], why)] : [] }
  }
  const placeholder = `${REGISTRY_TO_FILL_IN}/${name}:latest`
  const instead = `write its name instead of ${placeholder}`
  const path = [isBuilt && image === '' ? 'build' : 'image']
  if (image !== '') {
    return {
      fields: { image: placeholder },
      notes: [mend(path, `${quote(image)} is no image; ${instead}`)],
    }
  }
  const why = isBuilt
    ? `nothing is built here; build it, push it to a registry, and ${instead}`
    : `it has no image; ${instead}`
  return { fields: { image: placeholder }, notes: [mend(path, why)] }
}
