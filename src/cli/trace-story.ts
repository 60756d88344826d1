import { readOrigin, type Origin } from '../sync/read-origin.ts'
import type { Cid, Did, Source } from '../model/records.ts'
import type { TracedContainer } from './find-container.ts'
import type { Reading } from './reading.ts'
import { replicasOf, type WorkloadView } from './workload-view.ts'

/**
 * How what runs relates to the record as it is now.
 * - `this`: made from exactly this record.
 * - `same`: from an earlier one that asked for the same container.
 * - `earlier`: from one that asked for another container.
 */
export type Version = 'this' | 'same' | 'earlier'

/** From a container, or a workload, back to where it came from. */
export interface TraceStory {
  readonly name: string
  readonly uri: string
  readonly owner: Did
  readonly ownerName: string
  /** The record as it is now. */
  readonly revision: Cid
  readonly image: string
  readonly container?: TracedContainer & { readonly machine: string; readonly version: Version }
  /** Where it was published from, as the owner says in her signed record. */
  readonly source?: Pick<Source, 'set' | 'repo' | 'revision' | 'dirty'> & {
    /** Path inside the repository, as far as it is known. */
    readonly file?: string
    readonly line?: number
  }
  /** Who changed the file last, by the local checkout. */
  readonly origin?: Origin
  /** Why that is not known. */
  readonly originProblem?: string
  readonly replicas: readonly {
    readonly machine: string
    readonly index: number
    readonly phase: string
    readonly version: Version
  }[]
}

/** Puts together what the records and the local checkout know. */
export async function traceWorkload(
  reading: Reading,
  workload: WorkloadView,
  about: {
    readonly container: TracedContainer | undefined
    readonly checkout: string
    readonly signal: AbortSignal
  },
): Promise<TraceStory> {
  const { names, owner } = reading
  const { container, checkout, signal } = about
  const version = container && versionOf(workload, container)
  const source = sourceOf(workload, version === 'earlier' ? container?.specHash : undefined)
  const found =
    source?.revision === undefined
      ? undefined
      : await readOrigin(checkout, { ...source, revision: source.revision }, signal)
  return {
    name: workload.name,
    uri: workload.uri,
    owner,
    ownerName: names.account(owner),
    revision: workload.cid,
    image: workload.record.image,
    ...(container && version
      ? { container: { ...container, machine: names.meshlet(container.meshletDid), version } }
      : {}),
    ...(source === undefined ? {} : { source }),
    ...(found?.ok === true ? { origin: found.origin } : {}),
    ...(found?.ok === false ? { originProblem: found.why } : {}),
    replicas: replicasOf(workload).map(({ meshletDid, index, phase, specHash }) => ({
      machine: names.meshlet(meshletDid),
      index,
      phase,
      version: versionOf(workload, { specHash, revision: observedBy(workload, meshletDid) }),
    })),
  }
}

function versionOf(
  workload: WorkloadView,
  what: { readonly specHash?: string | undefined; readonly revision?: Cid | undefined },
): Version {
  if (what.specHash !== undefined && what.specHash !== workload.specHash) return 'earlier'
  return what.revision === workload.cid ? 'this' : 'same'
}

function observedBy({ statuses }: WorkloadView, did: Did): Cid | undefined {
  return statuses.find(({ meshletDid }) => meshletDid === did)?.record.observedRevision
}

/**
 * Where the present record came from; or, of a container that was published earlier, the commit that
 * the history of the record has kept, whose files may have had other names.
 */
function sourceOf(
  { record }: WorkloadView,
  earlierSpec: string | undefined,
): TraceStory['source'] | undefined {
  const { source, rollout } = record
  if (source === undefined) return undefined
  const { set, repo, folder, path, line } = source
  const file = path === undefined ? undefined : [folder, path].filter(Boolean).join('/')
  const base = { set, ...(repo === undefined ? {} : { repo }), ...(file && { file }) }
  if (earlierSpec === undefined) {
    const { revision, dirty } = source
    return {
      ...base,
      ...(line === undefined ? {} : { line }),
      ...(revision === undefined ? {} : { revision }),
      ...(dirty === undefined ? {} : { dirty }),
    }
  }
  const kept = rollout?.history?.find(({ specHash }) => specHash === earlierSpec)
  if (kept?.commit === undefined) return base
  return {
    ...base,
    revision: kept.commit,
    ...(kept.dirty === undefined ? {} : { dirty: kept.dirty }),
  }
}
