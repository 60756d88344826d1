import { CommuneError } from '../model/errors.ts'
import { LABEL } from '../model/nsid.ts'
import { parseWorkloadUri } from '../model/workload-uri.ts'
import type { Cid, Did } from '../model/records.ts'
import type { EngineContainer } from '../ports/engine.ts'
import type { CommandContext } from './command-spec.ts'

const TIMEOUT_MS = 8_000

/** A container of the local engine that a meshlet made, as its labels tell. */
export interface TracedContainer {
  readonly id: string
  readonly name: string
  readonly state: string
  readonly meshletDid: Did
  readonly owner: Did
  readonly workload: string
  readonly replica: string | undefined
  /** Hash of what it runs, and the record that it was made from. */
  readonly specHash: string | undefined
  readonly revision: Cid | undefined
}

export type FoundContainer =
  | { readonly kind: 'ours'; readonly container: TracedContainer }
  | { readonly kind: 'foreign' | 'none' }
  | { readonly kind: 'silent'; readonly why: string }

/** Looks for a container on the engine of this machine; an engine that is silent is no failure. */
export async function findLocalContainer(
  { io, drivers }: CommandContext,
  nameOrId: string,
): Promise<FoundContainer> {
  const signal = AbortSignal.any([io.signal, AbortSignal.timeout(TIMEOUT_MS)])
  try {
    const engine = await drivers.createDockerEngine({
      dockerHost: io.env['DOCKER_HOST'],
      environment: io.env,
    })
    try {
      const found = await engine.findContainer(nameOrId, signal)
      if (found === undefined) return { kind: 'none' }
      const container = traced(found)
      return container === undefined ? { kind: 'foreign' } : { kind: 'ours', container }
    } finally {
      await engine.close()
    }
  } catch (error) {
    if (!(error instanceof CommuneError)) throw error
    return { kind: 'silent', why: error.message }
  }
}

function traced({ id, name, state, labels }: EngineContainer): TracedContainer | undefined {
  const about = parseWorkloadUri(labels[LABEL.workload] ?? '')
  const meshletDid = labels[LABEL.meshletDid]
  if (about === undefined || meshletDid === undefined) return undefined
  return {
    id,
    name,
    state,
    meshletDid: meshletDid as Did,
    owner: about.owner,
    workload: about.name,
    replica: labels[LABEL.replica],
    specHash: labels[LABEL.spec],
    revision: labels[LABEL.revision],
  }
}
